// Encoding and validating the import message. Layout: magic, version, unit, problems, shapes,
// instances.
#include "durasim/geometry/message.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

namespace durasim::inline v0::geometry {
namespace {

constexpr std::uint32_t kMagic = 0x53475344;  // "DSGS"
constexpr std::uint32_t kVersion = 1;

class SceneWriter {
 public:
  explicit SceneWriter(std::size_t max_bytes) : out_(max_bytes) {}

  Bytes write(const ImportedScene& scene) {
    out_.u32(kMagic);
    out_.u32(kVersion);
    out_.text(scene.unit);
    out_.f64(scene.metres_per_unit);
    out_.u32(static_cast<std::uint32_t>(scene.problems.size()));
    for (const Problem& p : scene.problems) write(p);
    out_.u32(static_cast<std::uint32_t>(scene.shapes.size()));
    for (const ImportedShape& s : scene.shapes) write(s);
    out_.u32(static_cast<std::uint32_t>(scene.instances.size()));
    for (const ImportedInstance& i : scene.instances) write(i);
    return out_.take();
  }

 private:
  void write(const Problem& p) {
    out_.u8(static_cast<std::uint8_t>(p.severity));
    out_.text(p.part);
    out_.text(to_string(p.code));
    out_.text(p.message);
  }
  void write(const Vec3& v) {
    for (const double c : {v.x, v.y, v.z}) out_.f64(c);
  }
  void write(const Pose& p) {
    write(p.position_m);
    for (const double c : {p.orientation.w, p.orientation.x, p.orientation.y, p.orientation.z})
      out_.f64(c);
  }
  void write(const std::optional<Rgba>& color) {
    out_.u8(color.has_value() ? 1 : 0);
    if (!color) return;
    for (const float c : {color->r, color->g, color->b, color->a}) out_.f64(c);
  }
  void write(const std::optional<Primitive>& primitive) {
    out_.u8(primitive ? static_cast<std::uint8_t>(primitive->shape.index() + 1) : 0);
    if (!primitive) return;
    write(primitive->pose);
    if (const auto* b = std::get_if<BoxShape>(&primitive->shape)) write(b->half_extents_m);
    if (const auto* c = std::get_if<CylinderShape>(&primitive->shape))
      write(Vec3{c->radius_m, c->half_length_m, 0});
    if (const auto* s = std::get_if<SphereShape>(&primitive->shape)) write(Vec3{s->radius_m, 0, 0});
  }
  void write(const ImportedShape& s) {
    out_.text(s.name);
    out_.f64(s.properties.volume_m3);
    write(s.properties.com_m);
    const SymMat3& m = s.properties.unit_inertia_m5;
    for (const double c : {m.xx, m.yy, m.zz, m.xy, m.xz, m.yz}) out_.f64(c);
    out_.f64(s.properties.relative_error);
    write(s.primitive);
    write(s.color);
    out_.u8(s.density_kg_m3.has_value() ? 1 : 0);
    out_.f64(s.density_kg_m3.value_or(0));
    out_.text(s.material);
    static_assert(sizeof(Vec3) == 3 * sizeof(double));
    out_.f64_array(
        {reinterpret_cast<const double*>(s.mesh.vertices_m.data()), 3 * s.mesh.vertices_m.size()});
    out_.u32_array({reinterpret_cast<const std::uint32_t*>(s.mesh.triangles.data()),
                    3 * s.mesh.triangles.size()});
  }
  void write(const ImportedInstance& i) {
    out_.u32(i.shape);
    out_.text(i.path);
    write(i.pose);
    write(i.color);
  }

  ByteWriter out_;
};

class SceneReader {
 public:
  SceneReader(ByteView bytes, const SceneLimits& limits) : in_(bytes), limits_(limits) {}

  ImportedScene read() {
    if (in_.u32() != kMagic || in_.u32() != kVersion)
      throw FormatError("not a geometry message of this version");
    ImportedScene scene;
    scene.unit = in_.text(64);
    scene.metres_per_unit = number("metres per unit");
    if (!(scene.metres_per_unit > 0))
      throw FormatError("geometry message: metres per unit must be positive");
    scene.problems.resize(in_.count(13));
    for (Problem& p : scene.problems) p = problem();
    scene.shapes.resize(bounded(in_.count(100), limits_.max_shapes, "shapes"));
    for (ImportedShape& s : scene.shapes) s = shape();
    scene.instances.resize(bounded(in_.count(60), limits_.max_instances, "instances"));
    for (ImportedInstance& i : scene.instances) i = instance(scene.shapes.size());
    const auto has_volume = [](const ImportedShape& s) { return s.properties.volume_m3 > 0; };
    if (!has_errors(scene.problems) &&
        !std::all_of(scene.shapes.begin(), scene.shapes.end(), has_volume)) {
      throw FormatError("geometry message: a volume is not positive");
    }
    if (!in_.at_end()) throw FormatError("geometry message: bytes are left after its end");
    return scene;
  }

 private:
  static std::size_t bounded(std::size_t n, std::size_t limit, std::string_view what) {
    if (n > limit)
      throw LimitError(
          fmt::format("the file has {} {}, more than the limit of {}", n, what, limit));
    return n;
  }
  double number(std::string_view what) {
    const double value = in_.f64();
    if (!std::isfinite(value))
      throw FormatError(fmt::format("geometry message: {} is not finite", what));
    return value;
  }
  bool flag() {
    const std::uint8_t value = in_.u8();
    if (value > 1) throw FormatError("geometry message: a flag is neither 0 nor 1");
    return value == 1;
  }
  Vec3 vector(std::string_view what) {
    const double x = number(what);
    const double y = number(what);
    return {x, y, number(what)};
  }
  Pose pose() {
    Pose p;
    p.position_m = vector("a position");
    for (double* c : {&p.orientation.w, &p.orientation.x, &p.orientation.y, &p.orientation.z})
      *c = number("a rotation");
    const Quat& q = p.orientation;
    if (std::abs(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z - 1) > 1e-9) {
      throw FormatError("geometry message: a rotation is not a unit quaternion");
    }
    return p;
  }
  std::optional<Rgba> color() {
    if (!flag()) return std::nullopt;
    Rgba c;
    for (float* channel : {&c.r, &c.g, &c.b, &c.a}) {
      const double value = number("a colour");
      if (value < 0 || value > 1) throw FormatError("geometry message: a colour is outside 0..1");
      *channel = static_cast<float>(value);
    }
    return c;
  }
  std::optional<Primitive> primitive() {
    const std::uint8_t kind = in_.u8();
    if (kind == 0) return std::nullopt;
    if (kind > 3) throw FormatError("geometry message: unknown primitive");
    Primitive result;
    result.pose = pose();
    const Vec3 size = vector("a size");
    const bool positive = size.x > 0 && (kind == 3 || size.y > 0) && (kind != 1 || size.z > 0);
    if (!positive) throw FormatError("geometry message: a primitive's size is not positive");
    if (kind == 1)
      result.shape = BoxShape{size};
    else if (kind == 2)
      result.shape = CylinderShape{size.x, size.y};
    else
      result.shape = SphereShape{size.x};
    return result;
  }
  Problem problem() {
    Problem p;
    const std::uint8_t severity = in_.u8();
    if (severity > 1) throw FormatError("geometry message: unknown severity");
    p.severity = static_cast<Severity>(severity);
    p.part = in_.text();
    const std::string code = in_.text(64);
    const auto parsed = parse_problem_code(code);
    if (!parsed)
      throw FormatError(
          fmt::format("geometry message: unknown problem code of {} bytes", code.size()));
    p.code = *parsed;
    p.message = in_.text();
    return p;
  }
  TriangleMesh mesh() {
    TriangleMesh result;
    const std::vector<double> xyz = in_.f64_array();
    const std::vector<std::uint32_t> indices = in_.u32_array();
    if (xyz.size() % 3 != 0 || indices.size() % 3 != 0)
      throw FormatError("geometry message: a mesh is cut off");
    triangles_ += indices.size() / 3;
    bounded(triangles_, limits_.max_triangles, "triangles");
    result.vertices_m.resize(xyz.size() / 3);
    for (std::size_t i = 0; i < result.vertices_m.size(); ++i) {
      result.vertices_m[i] = {xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]};
      if (!is_finite(result.vertices_m[i]))
        throw FormatError("geometry message: a vertex is not finite");
    }
    result.triangles.resize(indices.size() / 3);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (indices[i] >= result.vertices_m.size())
        throw FormatError("geometry message: a triangle has no vertex");
      result.triangles[i / 3][i % 3] = indices[i];
    }
    return result;
  }
  ImportedShape shape() {
    ImportedShape s;
    s.name = in_.text();
    s.properties.volume_m3 = number("a volume");
    s.properties.com_m = vector("a centre of mass");
    SymMat3& m = s.properties.unit_inertia_m5;
    for (double* c : {&m.xx, &m.yy, &m.zz, &m.xy, &m.xz, &m.yz}) *c = number("an inertia");
    s.properties.relative_error = number("an error estimate");
    s.primitive = primitive();
    s.color = color();
    const bool has_density = flag();
    const double density = number("a density");
    if (has_density) s.density_kg_m3 = density;
    s.material = in_.text();
    s.mesh = mesh();
    return s;
  }
  ImportedInstance instance(std::size_t shape_count) {
    ImportedInstance i;
    i.shape = in_.u32();
    if (i.shape >= shape_count) throw FormatError("geometry message: an instance has no shape");
    i.path = in_.text();
    i.pose = pose();
    i.color = color();
    return i;
  }

  ByteReader in_;
  SceneLimits limits_;
  std::size_t triangles_ = 0;
};

}  // namespace

Bytes encode_scene(const ImportedScene& scene, const SceneLimits& limits) {
  return SceneWriter(limits.max_message_bytes).write(scene);
}

ImportedScene decode_scene(ByteView message, const SceneLimits& limits) {
  if (message.size() > limits.max_message_bytes) {
    throw LimitError(fmt::format("geometry message of {} bytes is over the limit of {}",
                                 message.size(), limits.max_message_bytes));
  }
  return SceneReader(message, limits).read();
}

}  // namespace durasim::inline v0::geometry
