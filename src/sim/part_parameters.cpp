// Numbers to primitives. Every problem of every part is reported, not only the first.
#include "durasim/sim/part_parameters.hpp"

#include "durasim/core/convert_json.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/json.hpp"
#include "durasim/core/units.hpp"
#include "durasim/sim/material.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

using geometry::ProblemCode;

class SceneOfParameters {
 public:
  SceneOfParameters(const AssemblyParameters& parameters, const std::string& name)
      : parameters_(parameters), name_(name) {}

  geometry::ImportedScene make() && {
    read_unit();
    for (std::size_t i = 0; i < parameters_.parts.size(); ++i) add(parameters_.parts[i], i);
    return std::move(scene_);
  }

 private:
  void read_unit() {
    const std::optional<LengthUnit> unit = parse_length_unit(parameters_.unit);
    if (!unit) {
      report(name_, ProblemCode::UnitRequired,
             fmt::format("\"unit\" is \"{}\"; write mm, cm, m, in, ft or um", parameters_.unit));
    }
    scene_.metres_per_unit = metres_per(unit.value_or(LengthUnit::Metre));
    scene_.unit = to_string(unit.value_or(LengthUnit::Metre));
  }

  void add(const PartParameters& part, std::size_t index) {
    const std::string label = part.name.empty() ? fmt::format("parts[{}]", index) : part.name;
    geometry::ImportedShape shape{
        .name = part.name, .density_kg_m3 = part.density_kg_m3, .material = part.material};
    if (!part.material.empty() && find_material(part.material) == nullptr) {
      report(label, ProblemCode::BadMaterial,
             fmt::format("unknown material \"{}\"", part.material));
    }
    const std::optional<geometry::Pose> pose = pose_of(part, label);
    const std::optional<geometry::PrimitiveShape> primitive = shape_of(part, label);
    if (!pose || !primitive) return;
    shape.primitive = geometry::Primitive{*primitive, {}};
    shape.properties = geometry::mass_properties(*shape.primitive);
    scene_.instances.push_back({.shape = static_cast<std::uint32_t>(scene_.shapes.size()),
                                .path = "/" + part.name,
                                .pose = *pose});
    scene_.shapes.push_back(std::move(shape));
  }

  std::optional<geometry::PrimitiveShape> shape_of(const PartParameters& part,
                                                   const std::string& label) {
    const int shapes =
        int{part.box.has_value()} + int{part.cylinder.has_value()} + int{part.sphere.has_value()};
    if (shapes != 1) {
      report(label, ProblemCode::BadShape,
             "a part needs one of \"box\", \"cylinder\" and \"sphere\"");
      return std::nullopt;
    }
    const double unit = scene_.metres_per_unit;
    if (part.box && is_size(part.box->size.x, "size.x", label) &&
        is_size(part.box->size.y, "size.y", label) && is_size(part.box->size.z, "size.z", label)) {
      return geometry::BoxShape{0.5 * unit * part.box->size};
    }
    if (part.cylinder && is_size(part.cylinder->radius, "radius", label) &&
        is_size(part.cylinder->length, "length", label)) {
      return geometry::CylinderShape{unit * part.cylinder->radius,
                                     0.5 * unit * part.cylinder->length};
    }
    if (part.sphere && is_size(part.sphere->radius, "radius", label))
      return geometry::SphereShape{unit * part.sphere->radius};
    return std::nullopt;
  }

  std::optional<geometry::Pose> pose_of(const PartParameters& part, const std::string& label) {
    const OrientationParameters q = part.orientation.value_or(OrientationParameters{.w = 1});
    const double length = std::hypot(std::hypot(q.w, q.x), std::hypot(q.y, q.z));
    if (!std::isnormal(length) || !is_finite(part.position)) {
      report(label, ProblemCode::NotFinite,
             "its position or orientation is not finite, or its orientation is zero");
      return std::nullopt;
    }
    return geometry::Pose{scene_.metres_per_unit * part.position,
                          {q.w / length, q.x / length, q.y / length, q.z / length}};
  }

  bool is_size(double value, std::string_view what, const std::string& label) {
    // In metres, because that is what must not be rounded to nothing.
    if (value > 0 && std::isfinite(value) && scene_.metres_per_unit * value > 0) return true;
    report(label, ProblemCode::BadShape,
           fmt::format("\"{}\" is {}; it must be positive and finite", what, value));
    return false;
  }

  void report(std::string part, ProblemCode code, std::string message) {
    scene_.problems.push_back(
        {geometry::Severity::Error, std::move(part), code, std::move(message)});
  }

  const AssemblyParameters& parameters_;
  const std::string& name_;
  geometry::ImportedScene scene_;
};

template <class T>
void refuse_unknown(JsonReader& reader);

template <class T, template <class...> class L, class... Member>
void refuse_unknown_members(JsonReader& reader, L<Member...> /*members*/) {
  for (reader.begin_object(); reader.next_member();) {
    const auto is_read_as = [&reader]<class M>(M /*member*/) {
      if (reader.key() != M::name) return false;
      refuse_unknown<std::remove_cvref_t<decltype(std::declval<T&>().*M::pointer)>>(reader);
      return true;
    };
    if (!(is_read_as(Member{}) || ...)) {
      std::string known;
      ((known += (known.empty() ? "" : ", ") + std::string(Member::name)), ...);
      reader.fail("there is no such member; there are " + known);
    }
  }
}

// What a file says in a member of another name would be lost without a word. The reader of payloads
// passes over it, since a payload may be of a newer version.
template <class T>
void refuse_unknown(JsonReader& reader) {
  if constexpr (detail::kIsOptional<T>) {
    reader.peek() == JsonKind::Null ? reader.null()
                                    : refuse_unknown<typename T::value_type>(reader);
  } else if constexpr (detail::kIsVector<T>) {
    for (reader.begin_array(); reader.next_element();)
      refuse_unknown<typename T::value_type>(reader);
  } else if constexpr (detail::DescribedStruct<T>) {
    refuse_unknown_members<T>(reader, decltype(detail::all_members<T>()){});
  } else {
    reader.skip();
  }
}

}  // namespace

AssemblyParameters parse_parameters(ByteView json) {
  if (json.size() > kMaxParameterBytes) {
    throw LimitError(
        fmt::format("part parameters of {} bytes are over the limit of {}; write STEP or MJCF",
                    json.size(), kMaxParameterBytes));
  }
  AssemblyParameters parameters;
  JsonReader reader(as_text(json));
  read_json(reader, parameters);
  reader.end();
  JsonReader again(as_text(json));
  refuse_unknown<AssemblyParameters>(again);
  return parameters;
}

geometry::ImportedScene scene_of(const AssemblyParameters& parameters, const std::string& name,
                                 const geometry::SceneLimits& limits) {
  if (const std::size_t most = std::min(limits.max_shapes, limits.max_instances);
      parameters.parts.size() > most) {
    throw LimitError(
        fmt::format("there are {} parts; the limit is {}", parameters.parts.size(), most));
  }
  return SceneOfParameters(parameters, name).make();
}

}  // namespace durasim::inline v0::sim
