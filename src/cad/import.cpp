// From STEP bytes to a scene: read, flatten the tree, compute every distinct solid, place
// instances.
#include "durasim/cad/import.hpp"

#include "durasim/core/error.hpp"

#include "cad/document.hpp"
#include "cad/occt_session.hpp"
#include "cad/parallel.hpp"
#include "cad/part.hpp"
#include "cad/step_file.hpp"

#include <BRepBuilderAPI_Transform.hxx>
#include <fmt/format.h>
#include <gp_Quaternion.hxx>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace durasim::inline v0::cad {
namespace {

using geometry::ProblemCode;
using geometry::Severity;

constexpr double kMetresPerUnit = 1e-3;  // StepFile reads everything as millimetres

geometry::Pose pose_of(const gp_Trsf& placement) {
  const gp_Quaternion q = placement.GetRotation();
  const double n = std::sqrt(q.X() * q.X() + q.Y() * q.Y() + q.Z() * q.Z() + q.W() * q.W());
  const gp_XYZ& t = placement.TranslationPart();
  return {{kMetresPerUnit * t.X(), kMetresPerUnit * t.Y(), kMetresPerUnit * t.Z()},
          {q.W() / n, q.X() / n, q.Y() / n, q.Z() / n}};
}

bool is_rigid(const gp_Trsf& placement) {
  return !placement.IsNegative() && std::abs(placement.ScaleFactor() - 1) <= 1e-9;
}

// A pose cannot mirror or scale, so an instance that does gets a solid of its own.
void bake_placements(Document& document) {
  for (Occurrence& occurrence : document.occurrences) {
    if (is_rigid(occurrence.placement)) continue;
    DocumentSolid baked = document.solids[occurrence.solid];
    baked.shape = BRepBuilderAPI_Transform(baked.shape, occurrence.placement, true).Shape();
    baked.path = occurrence.path;
    occurrence.solid = document.solids.size();
    occurrence.placement = gp_Trsf();
    document.solids.push_back(std::move(baked));
  }
}

// Ascending. A solid whose every occurrence was baked is not needed any more.
std::vector<std::size_t> used_solids(const Document& document) {
  std::vector<std::size_t> used;
  used.reserve(document.occurrences.size());
  for (const Occurrence& occurrence : document.occurrences) used.push_back(occurrence.solid);
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return used;
}

void describe_material(const DocumentSolid& solid, geometry::ImportedScene& scene,
                       geometry::ImportedShape& shape) {
  shape.material = clean_name(solid.material.name);
  shape.density_kg_m3 = solid.material.density_kg_m3;
  if (solid.material.density_not_understood && !shape.density_kg_m3) {
    scene.problems.push_back({Severity::Warning, solid.path, ProblemCode::BadMaterial,
                              "the density in the file is not a positive mass per volume and is "
                              "ignored"});
  }
}

void compute_solids(const Document& document, const StepOptions& options,
                    geometry::ImportedScene& scene) {
  const std::vector<std::size_t> used = used_solids(document);
  std::vector<std::uint32_t> index(document.solids.size());  // of a solid among the used ones
  std::vector<TopoDS_Shape> shapes;
  std::vector<const DocumentSolid*> sources;
  for (const std::size_t solid : used) {
    index[solid] = static_cast<std::uint32_t>(shapes.size());
    shapes.push_back(document.solids[solid].shape);
    sources.push_back(&document.solids[solid]);
  }
  std::vector<PartResult> results(shapes.size());
  for_each_shape(shapes, [&](std::size_t i) {
    results[i] = compute_part(shapes[i], sources[i]->path, kMetresPerUnit, options.tessellation);
  });
  std::size_t triangles = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    geometry::ImportedShape& shape = results[i].shape;
    triangles += shape.mesh.triangles.size();
    shape.name = sources[i]->name;
    shape.color = sources[i]->color;
    describe_material(*sources[i], scene, shape);
    scene.shapes.push_back(std::move(shape));
    std::move(results[i].problems.begin(), results[i].problems.end(),
              std::back_inserter(scene.problems));
  }
  if (triangles > options.limits.max_triangles) {
    throw LimitError(fmt::format("the file has {} triangles, more than the limit of {}", triangles,
                                 options.limits.max_triangles));
  }
  for (const Occurrence& occurrence : document.occurrences) {
    scene.instances.push_back({.shape = index[occurrence.solid],
                               .path = occurrence.path,
                               .pose = pose_of(occurrence.placement),
                               .color = occurrence.color});
  }
}

void report_emptiness(const StepFile& file, geometry::ImportedScene& scene) {
  for (const std::string& product : file.product_names()) {
    scene.problems.push_back({Severity::Error, clean_name(product), ProblemCode::NoSolid,
                              "the product has no geometry that can be read; export it as a solid "
                              "body"});
  }
  if (scene.problems.empty()) {
    scene.problems.push_back({Severity::Error, "", ProblemCode::EmptyAssembly,
                              "the file holds no part; export it as a solid body"});
  }
}

// What is wrong with the file as a whole, beside what is wrong with single parts.
void report_file(const StepFile& file, bool unit_is_known, geometry::ImportedScene& scene) {
  if (!unit_is_known) {
    scene.problems.push_back({Severity::Warning, "", ProblemCode::UnitRequired,
                              "the file states no length unit; millimetres are assumed"});
  }
  if (const std::size_t damaged = file.damaged_entities(); damaged > 0) {
    scene.problems.push_back(
        {Severity::Warning, "", ProblemCode::UnreadableFile,
         fmt::format("{} entities of the file are damaged or refer to others that are not there, "
                     "and were not used; compare the parts and volumes with your CAD program",
                     damaged)});
  }
  for (const std::string& solid : file.lost_solids()) {
    scene.problems.push_back({Severity::Error, solid, ProblemCode::NoSolid,
                              "this solid of the file cannot be read; repair it and export it "
                              "again"});
  }
  for (const std::string& item : file.distorted_items()) {
    scene.problems.push_back({Severity::Error, item, ProblemCode::NotRepresented,
                              "it is placed mirrored or scaled, which cannot be read; export the "
                              "mirrored or scaled part as a part of its own"});
  }
  for (const std::string& name : file.external_files()) {
    scene.problems.push_back({Severity::Warning, clean_name(name), ProblemCode::NotRepresented,
                              "a part of the assembly lies in this other file, which is not read; "
                              "export the assembly as one file"});
  }
}

geometry::ImportedScene read_scene(ByteView bytes, const StepOptions& options) {
  StepFile file(bytes);
  geometry::ImportedScene scene;
  const auto unit = file.unit();
  scene.unit = unit ? unit->name : "mm";
  scene.metres_per_unit = unit ? unit->metres : 1e-3;
  Document document;
  const bool has_shapes = file.transfer();
  if (has_shapes) document = read_document(file, options.limits);
  report_file(file, unit.has_value() || !has_shapes, scene);
  std::move(document.problems.begin(), document.problems.end(), std::back_inserter(scene.problems));
  bake_placements(document);
  compute_solids(document, options, scene);
  if (scene.instances.empty() && !geometry::has_errors(scene.problems))
    report_emptiness(file, scene);
  return scene;
}

}  // namespace

geometry::ImportedScene import_step(ByteView bytes, const StepOptions& options) {
  check_options(options.tessellation);
  const ExclusiveSession session;
  return translate_failures("OpenCASCADE cannot read the STEP file",
                            [&] { return read_scene(bytes, options); });
}

}  // namespace durasim::inline v0::cad
