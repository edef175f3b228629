// Assembly: parts from code and from imported scenes, and looking them up by name.
#include "durasim/sim/assembly.hpp"

#include "durasim/core/error.hpp"
#include "durasim/geometry/mesh.hpp"

#include "sim/scene_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

using geometry::Problem;

Material resolve_material(const std::string& name) {
  if (const Material* found = find_material(name)) return *found;
  std::string known;
  for (const Material& m : material_table()) known += (known.empty() ? "" : ", ") + m.name;
  throw InvalidArgument(fmt::format("unknown material \"{}\"; known are: {}", name, known));
}

// Does `path` end with whole components equal to `name`?
bool ends_with_components(std::string_view path, std::string_view name) {
  return !name.empty() && path.ends_with(name) &&
         (path.size() == name.size() || path[path.size() - name.size() - 1] == '/');
}

template <class Match>
std::vector<std::size_t> indices_of(const std::deque<Part>& parts, const Match& match) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (match(parts[i])) indices.push_back(i);
  return indices;
}

// A part's own name or whole path first, else the end of one path. Names that code gave twice and
// the end of a path that repeats in its file are ambiguous.
std::size_t find_part(const std::deque<Part>& parts, std::string_view name) {
  std::vector<std::size_t> matches =
      indices_of(parts, [name](const Part& p) { return p.name == name || p.path == name; });
  if (matches.empty()) {
    matches = indices_of(parts, [name](const Part& p) {
      return ends_with_components(p.path, name) ||
             ends_with_components(without_number(p.path), name);
    });
  }
  if (matches.size() == 1) return matches[0];
  std::string names;
  const std::size_t shown =
      std::min<std::size_t>(20, matches.empty() ? parts.size() : matches.size());
  for (std::size_t i = 0; i < shown; ++i) {
    names +=
        fmt::format("{}\"{}\"", i == 0 ? "" : ", ", parts[matches.empty() ? i : matches[i]].name);
  }
  if (matches.empty()) {
    throw InvalidArgument(fmt::format("there is no part \"{}\"; the {} parts are {}{}", name,
                                      parts.size(), names, shown < parts.size() ? ", ..." : ""));
  }
  throw InvalidArgument(
      fmt::format("\"{}\" is not the name of one part: {} match: {}", name, matches.size(), names));
}

struct PathInFile {
  std::string unique;  // "/frame/screw#2"
  std::string leaf;    // "screw"
};

// The path without empty components, which are placeholders; `fallback` where the last one is
// empty.
std::string clean_path(std::string_view raw, const std::string& fallback) {
  std::string path;
  while (!raw.empty()) {
    raw.remove_prefix(raw.front() == '/' ? 1 : 0);
    const std::size_t end = std::min(raw.find('/'), raw.size());
    if (end != 0) {
      path += "/" + std::string(raw.substr(0, end));
    } else if (raw.empty()) {
      path += "/" + fallback;
    }
    raw.remove_prefix(end);
  }
  return path.empty() ? "/" + fallback : path;
}

// The path of every instance, with "#2", "#3", ... where it repeats.
std::vector<PathInFile> unique_paths(const geometry::ImportedScene& scene,
                                     const std::string& fallback) {
  std::vector<PathInFile> paths;
  std::map<std::string, int> uses;
  for (const auto& instance : scene.instances) {
    const std::string path = clean_path(instance.path, fallback);
    std::string unique = path;
    for (int n = ++uses[path]; n > 1; ++n) {
      unique = fmt::format("{}#{}", path, n);
      if (uses.emplace(unique, 1).second) break;
    }
    paths.push_back({std::move(unique), path.substr(path.rfind('/') + 1)});
  }
  return paths;
}

}  // namespace

std::string_view without_number(std::string_view path) {
  const std::size_t digits = path.find_last_not_of("0123456789") + 1;
  const bool numbered = digits > 1 && digits < path.size() && path[digits - 1] == '#';
  return numbered ? path.substr(0, digits - 1) : path;
}

Assembly::Assembly(std::string name) : name_(std::move(name)) {}

Part& Assembly::insert(std::string name, std::shared_ptr<const PartGeometry> geometry,
                       const PartOptions& options) {
  Part part;
  part.path = name;
  part.name = std::move(name);
  part.geometry = std::move(geometry);
  part.pose = options.pose;
  part.material = resolve_material(options.material);
  part.material.density_kg_m3 = options.density_kg_m3.value_or(part.material.density_kg_m3);
  part.material.friction = options.friction.value_or(part.material.friction);
  part.color = options.color;
  part.mobility = options.mobility;
  return parts_.emplace_back(std::move(part));
}

Part& Assembly::add(std::string name, const geometry::PrimitiveShape& shape,
                    const PartOptions& options) {
  auto made = std::make_shared<PartGeometry>();
  const geometry::Primitive primitive{shape, {}};
  made->primitive = primitive;
  made->properties = geometry::mass_properties(primitive);
  return insert(std::move(name), std::move(made), options);
}

Part& Assembly::add_box(std::string name, const geometry::Vec3& size_m,
                        const PartOptions& options) {
  return add(std::move(name), geometry::BoxShape{0.5 * size_m}, options);
}

Part& Assembly::add_cylinder(std::string name, double radius_m, double length_m,
                             const PartOptions& options) {
  return add(std::move(name), geometry::CylinderShape{radius_m, 0.5 * length_m}, options);
}

Part& Assembly::add_sphere(std::string name, double radius_m, const PartOptions& options) {
  return add(std::move(name), geometry::SphereShape{radius_m}, options);
}

Part& Assembly::add(std::string name, const geometry::ImportedShape& shape,
                    const PartOptions& options) {
  auto made = std::make_shared<PartGeometry>();
  made->mesh = shape.mesh;
  made->properties = shape.properties;
  made->primitive = shape.primitive;
  PartOptions chosen = options;
  if (!chosen.density_kg_m3) chosen.density_kg_m3 = shape.density_kg_m3;
  if (!chosen.color) chosen.color = shape.color;
  return insert(std::move(name), std::move(made), chosen);
}

Part& Assembly::add(std::string name, const geometry::TriangleMesh& mesh,
                    const PartOptions& options) {
  auto made = std::make_shared<PartGeometry>();
  if (auto problem = geometry::check_indices(mesh, name)) {
    problems_.push_back(*std::move(problem));
    return insert(std::move(name), std::move(made), options);
  }
  made->mesh = geometry::weld(mesh);
  const std::vector<Problem> problems = geometry::check_solid(made->mesh, name);
  problems_.insert(problems_.end(), problems.begin(), problems.end());
  if (problems.empty()) made->properties = geometry::mass_properties(made->mesh);
  return insert(std::move(name), std::move(made), options);
}

void Assembly::add_zone(Zone zone) {
  zones_.push_back(std::move(zone));
}

Part& Assembly::part(std::string_view name) {
  return parts_[find_part(parts_, name)];
}
const Part& Assembly::part(std::string_view name) const {
  return parts_[find_part(parts_, name)];
}

std::vector<const Part*> Assembly::select(std::string_view name) const {
  std::vector<const Part*> below;
  for (const Part& p : parts_) {
    for (std::size_t end = p.path.find('/', 1); end != std::string::npos;
         end = p.path.find('/', end + 1)) {
      if (ends_with_components(std::string_view(p.path).substr(0, end), name)) {
        below.push_back(&p);
        break;
      }
    }
  }
  const bool is_part = std::any_of(parts_.begin(), parts_.end(),
                                   [&](const Part& p) { return p.name == name || p.path == name; });
  if (is_part || below.empty()) return {&part(name)};
  return below;
}

void Assembly::add_problem(Problem problem) {
  problems_.push_back(std::move(problem));
}

void Assembly::set_input_sha256(std::string sha256) {
  input_sha256_ = std::move(sha256);
}

Assembly Assembly::from_scene(const geometry::ImportedScene& scene,
                              const std::string& fallback_name, const std::string& material) {
  Assembly assembly(fallback_name);
  assembly.unit_ = scene.unit;
  assembly.metres_per_unit_ = scene.metres_per_unit;
  assembly.problems_ = scene.problems;
  std::vector<std::shared_ptr<const PartGeometry>> shapes;
  shapes.reserve(scene.shapes.size());
  for (const auto& shape : scene.shapes) {
    shapes.push_back(std::make_shared<PartGeometry>(PartGeometry{
        .mesh = shape.mesh, .properties = shape.properties, .primitive = shape.primitive}));
  }
  const std::vector<PathInFile> paths = unique_paths(scene, fallback_name);
  std::map<std::string, int> leaf_uses;
  for (const PathInFile& path : paths) ++leaf_uses[path.leaf];
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const geometry::ImportedInstance& instance = scene.instances[i];
    const auto& [path, leaf] = paths[i];
    if (instance.shape >= scene.shapes.size()) {
      assembly.add_problem({.part = path,
                            .code = geometry::ProblemCode::BadShape,
                            .message = fmt::format("it has the shape {}, and there are {}",
                                                   instance.shape, scene.shapes.size())});
      continue;
    }
    const geometry::ImportedShape& shape = scene.shapes[instance.shape];
    PartOptions options{.pose = instance.pose, .material = material};
    // The file's own material decides first: by its density, and by its name where the table knows
    // it.
    if (find_material(shape.material) != nullptr) options.material = shape.material;
    options.density_kg_m3 = shape.density_kg_m3;
    options.color = instance.color ? instance.color : shape.color;
    // A short name where it is unique, else the instance's whole path.
    const bool short_name = leaf_uses[leaf] == 1 && !is_reserved_name(leaf);
    Part& part = assembly.insert(short_name ? leaf : path, shapes[instance.shape], options);
    part.path = path;
  }
  return assembly;
}

}  // namespace durasim::inline v0::sim
