// The shapes of the two assemblies and where they stand.
#include "assembly_shapes.hpp"

#include "assembly_writer.hpp"

#include <BRepAdaptor_Curve.hxx>
#include <BRepAlgoAPI_Cut.hxx>
#include <BRepAlgoAPI_Fuse.hxx>
#include <BRepBuilderAPI_MakeFace.hxx>
#include <BRepBuilderAPI_MakePolygon.hxx>
#include <BRepFilletAPI_MakeFillet.hxx>
#include <BRepPrimAPI_MakeBox.hxx>
#include <BRepPrimAPI_MakeCone.hxx>
#include <BRepPrimAPI_MakeCylinder.hxx>
#include <BRepPrimAPI_MakePrism.hxx>
#include <BRepPrimAPI_MakeSphere.hxx>
#include <BRepPrimAPI_MakeTorus.hxx>
#include <TopExp_Explorer.hxx>
#include <TopoDS.hxx>
#include <gp.hxx>
#include <gp_Ax2.hxx>
#include <gp_Dir.hxx>
#include <gp_Lin.hxx>
#include <gp_Pnt.hxx>
#include <gp_Vec.hxx>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>

namespace examples {
namespace {

constexpr Color kSlate{0.25, 0.28, 0.34};
constexpr Color kWood{0.80, 0.60, 0.38};
constexpr Color kSteel{0.78, 0.80, 0.83};
constexpr double kSlopeDegrees = 14;
const gp_XYZ kChuteCentre{-60, 0, 78};  // of the chute's floor

// A box around the origin in x and y, standing on z = 0.
TopoDS_Shape block(double x, double y, double z) {
  return BRepPrimAPI_MakeBox(gp_Pnt(-x / 2, -y / 2, 0), gp_Pnt(x / 2, y / 2, z)).Shape();
}

TopoDS_Shape drill(const TopoDS_Shape& shape, const gp_XYZ& from, const gp_Dir& along,
                   double radius, double length) {
  return BRepAlgoAPI_Cut(
             shape, BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(from), along), radius, length).Shape())
      .Shape();
}

TopoDS_Shape rounded(const TopoDS_Shape& shape, double radius, bool only_upright = false) {
  BRepFilletAPI_MakeFillet fillet(shape);
  for (TopExp_Explorer it(shape, TopAbs_EDGE); it.More(); it.Next()) {
    const TopoDS_Edge edge = TopoDS::Edge(it.Current());
    const BRepAdaptor_Curve curve(edge);
    const bool upright = std::abs(curve.Line().Direction().Z()) > 0.99;
    if (upright || !only_upright) fillet.Add(radius, edge);
  }
  return fillet.Shape();
}

// The height of the chute's underside above x.
double underside(double x) {
  const double slope = kSlopeDegrees * std::numbers::pi / 180;
  return kChuteCentre.Z() - (x - kChuteCentre.X()) * std::tan(slope) - 3 / std::cos(slope);
}

// A pillar at x whose top follows the chute, a hair below it.
TopoDS_Shape support(double x) {
  constexpr double kGap = 0.1;
  constexpr double kHalf = 6;
  BRepBuilderAPI_MakePolygon outline;
  for (const gp_Pnt& p : {gp_Pnt(-kHalf, -24, 0), gp_Pnt(kHalf, -24, 0),
                          gp_Pnt(kHalf, -24, underside(x + kHalf) - 12 - kGap),
                          gp_Pnt(-kHalf, -24, underside(x - kHalf) - 12 - kGap)})
    outline.Add(p);
  outline.Close();
  return BRepPrimAPI_MakePrism(BRepBuilderAPI_MakeFace(outline.Wire()).Face(), gp_Vec(0, 48, 0))
      .Shape();
}

void add_chute(AssemblyWriter& out, const TDF_Label& frame) {
  const TDF_Label chute = out.assembly("chute");
  out.place(chute, out.part(block(200, 46, 6), "chute_floor", kWood), placed({0, 0, -3}), "floor");
  const TDF_Label rail = out.part(block(200, 4, 16), "chute_rail", kWood);
  out.place(chute, rail, placed({0, 25.1, -3}), "rail_left");
  out.place(chute, rail, placed({0, -25.1, -3}), "rail_right");
  out.place(frame, chute, placed(kChuteCentre, {0, 1, 0}, kSlopeDegrees), "chute");
}

TDF_Label make_frame(AssemblyWriter& out) {
  const TDF_Label frame = out.assembly("frame");
  out.place(frame, out.part(rounded(block(480, 240, 12), 12, true), "base", kSlate),
            placed({40, 0, 0}), "base");
  const TDF_Label long_rim = out.part(block(440, 6, 14), "rim_long", kWood);
  const TDF_Label short_rim = out.part(block(6, 200, 14), "rim_short", kWood);
  out.place(frame, long_rim, placed({40, 110, 12}), "rim_back");
  out.place(frame, long_rim, placed({40, -110, 12}), "rim_front");
  out.place(frame, short_rim, placed({-170, 0, 12}), "rim_left");
  out.place(frame, short_rim, placed({250, 0, 12}), "rim_right");
  out.place(frame, out.part(support(-140), "support_high", kSlate), placed({-140, 0, 12}),
            "support_high");
  out.place(frame, out.part(support(20), "support_low", kSlate), placed({20, 0, 12}),
            "support_low");
  add_chute(out, frame);
  return frame;
}

TDF_Label make_balls(AssemblyWriter& out) {
  const TDF_Label balls = out.assembly("balls");
  const gp_Trsf chute = placed(kChuteCentre, {0, 1, 0}, kSlopeDegrees);
  const std::array<double, 4> radii{11, 9, 11, 8};
  const TDF_Label big =
      out.part(BRepPrimAPI_MakeSphere(11).Shape(), "ball_22", kSteel, "steel", 7.85);
  for (std::size_t i = 0; i < radii.size(); ++i) {
    const std::string name = "ball_" + std::to_string(i + 1);
    const TDF_Label ball = radii[i] == 11 ? big
                                          : out.part(BRepPrimAPI_MakeSphere(radii[i]).Shape(), name,
                                                     kSteel, "steel", 7.85);
    gp_XYZ position(-84 + 28.0 * static_cast<double>(i), i % 2 == 0 ? 8 : -8, 3 + radii[i]);
    chute.Transforms(position);
    out.place(balls, ball, placed(position), name);
  }
  return balls;
}

TDF_Label make_dominoes(AssemblyWriter& out) {
  const TDF_Label dominoes = out.assembly("dominoes");
  const std::array<Color, 5> colors{Color{0.85, 0.26, 0.24},
                                    {0.93, 0.60, 0.20},
                                    {0.96, 0.83, 0.30},
                                    {0.36, 0.68, 0.37},
                                    {0.24, 0.48, 0.76}};
  for (std::size_t i = 0; i < colors.size(); ++i) {
    const std::string name = "domino_" + std::to_string(i + 1);
    out.place(dominoes, out.part(block(8, 36, 52), name, colors[i], "beech", 0.72),
              placed({122 + 24.0 * static_cast<double>(i), 0, 12}), name);
  }
  return dominoes;
}

TDF_Label make_blocks(AssemblyWriter& out) {
  const TDF_Label blocks = out.assembly("blocks");
  const Color teal{0.16, 0.56, 0.56};
  const Color violet{0.50, 0.36, 0.66};
  const TDF_Label cube = out.part(block(26, 26, 26), "cube", violet);
  out.place(blocks, cube, placed({-60, 70, 40}, {1, 1, 0}, 25), "cube_1");
  out.place(blocks, cube, placed({-56, 72, 90}, {0, 1, 1}, 50), "cube_2");
  out.place(blocks, out.part(rounded(block(40, 30, 18), 4), "soap", violet),
            placed({60, 70, 50}, {1, 0, 0}, 15), "soap");
  const TDF_Label rod = out.part(BRepPrimAPI_MakeCylinder(9, 50).Shape(), "rod", teal);
  out.place(blocks, rod, placed({-90, -60, 40}, {1, 0, 0}, 80), "rod_1");
  out.place(blocks, rod, placed({-40, -60, 60}, {0, 1, 0}, 60), "rod_2");
  out.place(blocks, out.part(BRepPrimAPI_MakeTorus(18, 6).Shape(), "ring", kSteel, "steel", 7.85),
            placed({60, -70, 60}, {1, 0, 0}, 20), "ring");
  return blocks;
}

TopoDS_Shape plate(double x, double y, double z, double radius, int holes) {
  TopoDS_Shape shape = rounded(block(x, y, z), radius);
  const double hole = std::min(x / (holes + 1), y) / 4;
  for (int i = 1; i <= holes; ++i)
    shape = drill(shape, {-x / 2 + x * i / (holes + 1), 0, -1}, gp::DZ(), hole, z + 2);
  return shape;
}

TopoDS_Shape flange(double radius, double height) {
  constexpr int kBolts = 6;
  TopoDS_Shape shape = BRepAlgoAPI_Fuse(BRepPrimAPI_MakeCylinder(radius, height).Shape(),
                                        BRepPrimAPI_MakeCylinder(0.5 * radius, 3 * height).Shape())
                           .Shape();
  shape = drill(shape, {0, 0, -1}, gp::DZ(), 0.3 * radius, 5 * height);
  for (int i = 0; i < kBolts; ++i) {
    const double angle = 2 * std::numbers::pi * i / kBolts;
    shape = drill(shape, {0.75 * radius * std::cos(angle), 0.75 * radius * std::sin(angle), -1},
                  gp::DZ(), 0.08 * radius, 5 * height);
  }
  return shape;
}

TopoDS_Shape bracket(double size, double thickness) {
  TopoDS_Shape shape = BRepAlgoAPI_Fuse(BRepPrimAPI_MakeBox(size, 0.6 * size, thickness).Shape(),
                                        BRepPrimAPI_MakeBox(thickness, 0.6 * size, size).Shape())
                           .Shape();
  shape = drill(shape, {0.6 * size, 0.3 * size, -1}, gp::DZ(), 0.1 * size, thickness + 2);
  return drill(shape, {-1, 0.3 * size, 0.6 * size}, gp::DX(), 0.1 * size, thickness + 2);
}

TopoDS_Shape shaft(double radius, double length) {
  const gp_Ax2 tip(gp_Pnt(0, 0, length), gp::DZ());
  const TopoDS_Shape shape =
      BRepAlgoAPI_Fuse(BRepPrimAPI_MakeCylinder(radius, length).Shape(),
                       BRepPrimAPI_MakeCone(tip, radius, 0.4 * radius, 2 * radius).Shape())
          .Shape();
  const TopoDS_Shape keyway = BRepPrimAPI_MakeBox(gp_Pnt(0.7 * radius, -0.2 * radius, 0.2 * length),
                                                  gp_Pnt(2 * radius, 0.2 * radius, 0.6 * length))
                                  .Shape();
  return BRepAlgoAPI_Cut(shape, keyway).Shape();
}

TopoDS_Shape knob(double radius) {
  const TopoDS_Shape half_space =
      BRepPrimAPI_MakeBox(gp_Pnt(0.6 * radius, -2 * radius, -2 * radius),
                          gp_Pnt(2 * radius, 2 * radius, 2 * radius))
          .Shape();
  return BRepAlgoAPI_Cut(BRepPrimAPI_MakeSphere(radius).Shape(), half_space).Shape();
}

// Numbers that are the same with every standard library (its distributions are not).
class Dice {
 public:
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11U) * 0x1p-53;
  }

 private:
  std::mt19937_64 engine_{7};
};

TopoDS_Shape field_shape(std::size_t kind, Dice& dice, std::string& name) {
  constexpr std::array<const char*, 7> kNames{"plate", "flange", "bracket", "shaft",
                                              "knob",  "ring",   "block"};
  name = kNames[kind % kNames.size()];
  const double a = dice.between(0, 1);
  const double b = dice.between(0, 1);
  switch (kind % kNames.size()) {
    case 0:
      return plate(40 + 40 * a, 30 + 30 * b, 8 + 4 * a, 2, 3);
    case 1:
      return flange(20 + 20 * a, 5 + 4 * b);
    case 2:
      return bracket(30 + 30 * a, 3 + 3 * b);
    case 3:
      return shaft(4 + 4 * a, 40 + 50 * b);
    case 4:
      return knob(8 + 12 * a);
    case 5:
      return BRepPrimAPI_MakeTorus(15 + 10 * a, 2 + 4 * b).Shape();
    default:
      return plate(20 + 20 * a, 20 + 20 * b, 10 + 6 * a, 1, 1);
  }
}

}  // namespace

WrittenAssembly write_marble_run(const std::string& path) {
  AssemblyWriter out;
  const TDF_Label root = out.assembly("marble_run");
  out.place(root, make_frame(out), gp_Trsf(), "frame");
  out.place(root, make_balls(out), gp_Trsf(), "balls");
  out.place(root, make_dominoes(out), gp_Trsf(), "dominoes");
  out.place(root, make_blocks(out), gp_Trsf(), "blocks");
  out.write(path);
  return {.instances = out.placed_parts(), .shapes = out.parts()};
}

WrittenAssembly write_part_field(const std::string& path, std::size_t parts) {
  constexpr std::size_t kGroup = 10;
  constexpr double kPitch = 160;
  AssemblyWriter out;
  Dice dice;
  const TDF_Label root = out.assembly("field");
  TDF_Label group;
  TDF_Label part;
  for (std::size_t i = 0; i < parts; ++i) {
    if (i % kGroup == 0) {
      const std::size_t row = i / kGroup;
      const std::string name = "row_" + std::to_string(row + 1);
      group = out.assembly(name);
      out.place(root, group, placed({0, kPitch * static_cast<double>(row), 0}), name);
    }
    if (i % 4 != 3) {  // every fourth is a second instance of the one before
      std::string name;
      const TopoDS_Shape shape = field_shape(i, dice, name);
      part = out.part(shape, name + "_" + std::to_string(i + 1),
                      {dice.between(0, 1), dice.between(0, 1), dice.between(0, 1)});
    }
    const gp_XYZ axis(dice.between(-1, 1), dice.between(-1, 1), dice.between(0.1, 1));
    out.place(
        group, part,
        placed({kPitch * static_cast<double>(i % kGroup), 0, 100}, axis, dice.between(0, 170)),
        "part_" + std::to_string(i + 1));
  }
  out.write(path);
  return {.instances = out.placed_parts(), .shapes = out.parts()};
}

}  // namespace examples
