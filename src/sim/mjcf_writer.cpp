// Plan to MJCF text and mesh files. Numbers are written with the fewest digits that read back to
// the same double, so the same plan gives the same bytes and loses nothing.
#include "sim/scene_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>

namespace durasim::inline v0::sim {
namespace {

using geometry::Pose;
using geometry::Quat;
using geometry::SymMat3;
using geometry::TriangleMesh;
using geometry::Vec3;

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string text(const Vec3& v) {
  return fmt::format("{} {} {}", v.x, v.y, v.z);
}
std::string text(const Quat& q) {
  return fmt::format("{} {} {} {}", q.w, q.x, q.y, q.z);
}
std::string text(const geometry::Rgba& c) {
  return fmt::format("{} {} {} {}", c.r, c.g, c.b, c.a);
}
std::string pose_attributes(const Pose& p) {
  return fmt::format("pos=\"{}\" quat=\"{}\"", text(p.position_m), text(p.orientation));
}

// MuJoCo's binary mesh: four counts, then float vertices and int faces.
Bytes msh_bytes(const TriangleMesh& mesh) {
  const std::array<std::int32_t, 4> counts{static_cast<std::int32_t>(mesh.vertices_m.size()), 0, 0,
                                           static_cast<std::int32_t>(mesh.triangles.size())};
  std::vector<float> xyz;
  xyz.reserve(3 * mesh.vertices_m.size());
  for (const Vec3& v : mesh.vertices_m) {
    for (const double c : {v.x, v.y, v.z}) xyz.push_back(static_cast<float>(c));
  }
  Bytes bytes(sizeof counts + 4 * xyz.size() + 12 * mesh.triangles.size());
  std::memcpy(bytes.data(), counts.data(), sizeof counts);
  if (!xyz.empty()) std::memcpy(bytes.data() + sizeof counts, xyz.data(), 4 * xyz.size());
  if (!mesh.triangles.empty()) {
    std::memcpy(bytes.data() + sizeof counts + 4 * xyz.size(), mesh.triangles.data(),
                12 * mesh.triangles.size());
  }
  return bytes;
}

// Mass properties of a part in the frame in which it stands at `pose`.
Inertial inertial(const Part& part, const Pose& pose) {
  const geometry::MassProperties& m = part.geometry->properties;
  return {m.volume_m3 * part.material.density_kg_m3, transform(pose, m.com_m),
          part.material.density_kg_m3 * rotate(pose.orientation, m.unit_inertia_m5)};
}

class Writer {
 public:
  Writer(const ScenePlan& plan, bool collision_only)
      : plan_(plan), collision_only_(collision_only) {}

  MjcfSource write() {
    line(R"(<mujoco model="{}">)", escape(plan_.name));
    write_options();
    write_assets();
    line("  <worldbody>");
    if (!collision_only_) write_scenery();
    if (plan_.options.floor.present) write_floor();
    if (plan_.options.rigid)
      write_rigid_body();
    else
      for (std::size_t i = 0; i < plan_.parts.size(); ++i) write_body(i);
    line("  </worldbody>");
    if (!collision_only_) write_contact();
    line("</mujoco>");
    source_.xml = std::move(xml_);
    return std::move(source_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(xml_), format, std::forward<Args>(args)...);
    xml_ += '\n';
  }

  void write_options() {
    const SceneOptions& o = plan_.options;
    const ContactNumbers& c = plan_.contact;
    line(R"(  <compiler angle="radian" autolimits="true"/>)");
    line(
        R"(  <option timestep="{}" gravity="0 0 {}" integrator="{}" cone="elliptic" impratio="10">)",
        c.timestep_s, -o.gravity_m_s2, o.integrator);
    line(R"(    <flag speculative="{}"/>)",
         o.speculative_contacts && !collision_only_ ? "enable" : "disable");
    line("  </option>");
    line("  <default>");
    line(R"(    <geom solref="{} 1" solimp="0.9 0.95 {} 0.5 2" condim="3"/>)", c.time_constant_s,
         c.width_m);
    // Pairs do not take these from their geoms.
    line(R"(    <pair solref="{} 1" solimp="0.9 0.95 {} 0.5 2" condim="3"/>)", c.time_constant_s,
         c.width_m);
    line(
        R"(    <default class="visual"><geom type="mesh" contype="0" conaffinity="0" group="2"/></default>)");
    line(R"(    <default class="collision"><geom type="mesh" group="3"/></default>)");
    line("  </default>");
    if (collision_only_) return;
    const Vec3 size = plan_.bounds_m.size();
    line(R"(  <statistic center="{}" extent="{}"/>)", text(plan_.bounds_m.centre()),
         std::max(1e-4, norm(size)));
    line("  <visual>");
    line(
        R"(    <headlight ambient="0.38 0.38 0.40" diffuse="0.35 0.35 0.35" specular="0.1 0.1 0.1"/>)");
    line(R"(    <map znear="0.01" zfar="60" shadowclip="2" shadowscale="0.8"/>)");
    line(R"(    <global offwidth="1920" offheight="1080" fovy="40"/>)");
    line("  </visual>");
  }

  void write_assets() {
    line("  <asset>");
    if (!collision_only_) {
      line(
          R"(    <texture name="sky" type="skybox" builtin="gradient" rgb1="0.96 0.97 0.99" rgb2="0.62 0.72 0.84" width="64" height="384"/>)");
      line(
          R"(    <texture name="grid" type="2d" builtin="checker" rgb1="0.80 0.82 0.84" rgb2="0.74 0.76 0.79" width="128" height="128"/>)");
      // Checker squares of about a tenth of the scene, in a round number of millimetres.
      const double cell =
          std::pow(10.0, std::round(std::log10(std::max(1e-4, norm(plan_.bounds_m.size()) / 8))));
      line(
          R"(    <material name="floor" texture="grid" texuniform="true" texrepeat="{0} {0}" reflectance="0"/>)",
          0.5 / cell);
    }
    for (std::size_t s = 0; s < plan_.shapes.size(); ++s) {
      const auto& hulls = plan_.collision[s].hulls;
      for (std::size_t k = 0; k < hulls.size(); ++k) {
        add_mesh(hull_name(s, k), hulls[k],
                 fmt::format(R"( maxhullvert="{}")", plan_.options.max_hull_vertices));
      }
      if (!collision_only_ && !plan_.shapes[s]->primitive)
        add_mesh(fmt::format("shape{}", s), plan_.shapes[s]->mesh, "");
    }
    line("  </asset>");
  }

  static std::string hull_name(std::size_t shape, std::size_t k) {
    return fmt::format("hull{}_{}", shape, k);
  }

  // inertia="shell" because flat and tiny meshes load with it; mass comes from <inertial> in any
  // case.
  void add_mesh(const std::string& name, const TriangleMesh& mesh, std::string_view more) {
    line(R"(    <mesh name="{0}" file="{0}.msh" inertia="shell"{1}/>)", name, more);
    source_.assets.emplace(name + ".msh", msh_bytes(mesh));
  }

  void write_scenery() {
    const geometry::Box& b = plan_.bounds_m;
    const double r = std::max(1e-4, 0.5 * norm(b.size()));
    const Vec3 c = b.centre();
    line(
        R"(    <light name="key" type="directional" pos="{}" dir="0.45 0.65 -1" diffuse="0.6 0.6 0.58" specular="0.2 0.2 0.2" castshadow="true"/>)",
        text(c + Vec3{-0.45 * 3 * r, -0.65 * 3 * r, 3 * r}));
    // A look from the front right, 25 degrees down, that holds the sphere around all parts (fovy 40
    // degrees).
    const double azimuth = 2.2, elevation = 0.44;
    const Vec3 back{-std::cos(azimuth) * std::cos(elevation),
                    -std::sin(azimuth) * std::cos(elevation), std::sin(elevation)};
    const Vec3 right{-back.y / std::cos(elevation), back.x / std::cos(elevation), 0};
    const Vec3 camera_up = cross(back, right);
    line(R"(    <camera name="overview" pos="{}" xyaxes="{} {}"/>)",
         text(c + (1.1 * r / std::sin(0.349)) * back), text(right), text(camera_up));
    for (const Zone& z : plan_.zones) write_zone(z);
  }

  void write_zone(const Zone& zone) {
    std::string_view rgba = "0.5 0.5 0.5 0.15";
    if (zone.kind == ZoneKind::Goal) rgba = "0.2 0.8 0.3 0.3";
    if (zone.kind == ZoneKind::Forbid) rgba = "0.9 0.2 0.2 0.3";
    if (zone.kind == ZoneKind::Bounds)
      return;  // it surrounds everything: drawn, it would hide the scene
    line(R"(    <site name="zone_{}" type="box" pos="{}" size="{}" rgba="{}"/>)", escape(zone.name),
         text(zone.box_m.centre()), text(0.5 * zone.box_m.size()), rgba);
  }

  void write_floor() {
    const Vec3 c = plan_.bounds_m.centre();
    line(
        R"(    <geom name="{}" type="plane" pos="{}" size="0 0 1" friction="{} 0.005 0.0001"{}{}/>)",
        kFloorGeom, text(Vec3{c.x, c.y, plan_.floor_m}), plan_.floor_material.friction,
        plan_.friction_by_priority ? R"( priority="-1")" : "",
        collision_only_ ? "" : R"( material="floor")");
  }

  void write_inertial(const Inertial& i) {
    const SymMat3& m = i.inertia_kg_m2;
    line(R"(      <inertial pos="{}" mass="{}" fullinertia="{} {} {} {} {} {}"/>)", text(i.com_m),
         i.mass_kg, m.xx, m.yy, m.zz, m.xy, m.xz, m.yz);
  }

  void write_body(std::size_t index) {
    const PlannedPart& p = plan_.parts[index];
    line(R"(    <body name="{}" {}>)", escape(p.part->name), pose_attributes(p.pose));
    if (!p.fixed) {
      line("      <freejoint/>");
      write_inertial(inertial(*p.part, {}));
    }
    write_geoms(index, {});
    line("    </body>");
  }

  void write_rigid_body() {
    // The body's frame is the world's at the start, so that the parts keep their own coordinates.
    line(R"(    <body name="{}">)", kRigidBody);
    line("      <freejoint/>");
    write_inertial(combined_inertial(plan_));
    for (std::size_t i = 0; i < plan_.parts.size(); ++i) write_geoms(i, plan_.parts[i].pose);
    line("    </body>");
  }

  void write_geoms(std::size_t index, const Pose& pose) {
    const PlannedPart& planned = plan_.parts[index];
    const Part& part = *planned.part;
    const PartGeometry& g = *plan_.shapes[planned.shape];
    const std::string color = text(part.color.value_or(part.material.color));
    const std::string friction = fmt::format("{} 0.005 0.0001", part.material.friction);
    const std::string drawn =
        g.primitive ? fmt::format("{} {}", primitive_attributes(*g.primitive),
                                  pose_attributes(pose * g.primitive->pose))
                    : fmt::format(R"(mesh="shape{}" {})", planned.shape, pose_attributes(pose));
    if (plan_.collision[planned.shape].hulls.empty()) {  // it collides as what is drawn
      line(R"(      <geom name="{}" {} rgba="{}" friction="{}" group="2"/>)", escape(part.name),
           drawn, color, friction);
      return;
    }
    if (!collision_only_) line(R"(      <geom class="visual" {} rgba="{}"/>)", drawn, color);
    const std::vector<std::string> names = collision_geom_names(plan_, index);
    for (std::size_t k = 0; k < names.size(); ++k) {
      line(R"(      <geom class="collision" name="{}" mesh="{}" {} rgba="{}" friction="{}"/>)",
           escape(names[k]), hull_name(planned.shape, k), pose_attributes(pose), color, friction);
    }
  }

  static std::string primitive_attributes(const geometry::Primitive& primitive) {
    if (const auto* b = std::get_if<geometry::BoxShape>(&primitive.shape)) {
      return fmt::format(R"(type="box" size="{}")", text(b->half_extents_m));
    }
    if (const auto* c = std::get_if<geometry::CylinderShape>(&primitive.shape)) {
      return fmt::format(R"(type="cylinder" size="{} {}")", c->radius_m, c->half_length_m);
    }
    return fmt::format(R"(type="sphere" size="{}")",
                       std::get<geometry::SphereShape>(primitive.shape).radius_m);
  }

  void write_contact() {
    if (plan_.excluded.empty() && plan_.friction_pairs.empty()) return;
    line("  <contact>");
    for (const auto& [a, b] : plan_.excluded) {
      line(R"(    <exclude body1="{}" body2="{}"/>)", escape(plan_.parts[a].part->name),
           escape(plan_.parts[b].part->name));
    }
    for (const FrictionPair& p : plan_.friction_pairs) {
      line(R"(    <pair geom1="{0}" geom2="{1}" friction="{2} {2} 0.005 0.0001 0.0001"/>)",
           escape(p.geom1), escape(p.geom2), p.friction);
    }
    line("  </contact>");
  }

  const ScenePlan& plan_;
  bool collision_only_;
  std::string xml_;
  MjcfSource source_;
};

}  // namespace

Inertial combined_inertial(const ScenePlan& plan) {
  Inertial sum;
  for (const PlannedPart& p : plan.parts) {
    const Inertial i = inertial(*p.part, p.pose);
    sum.mass_kg += i.mass_kg;
    sum.com_m = sum.com_m + i.mass_kg * i.com_m;
  }
  sum.com_m = (1 / sum.mass_kg) * sum.com_m;
  for (const PlannedPart& p : plan.parts) {
    const Inertial i = inertial(*p.part, p.pose);
    sum.inertia_kg_m2 = sum.inertia_kg_m2 + i.inertia_kg_m2 +
                        i.mass_kg * geometry::point_inertia(i.com_m - sum.com_m);
  }
  return sum;
}

MjcfSource write_mjcf(const ScenePlan& plan) {
  return Writer(plan, false).write();
}
MjcfSource write_collision_mjcf(const ScenePlan& plan) {
  return Writer(plan, true).write();
}

}  // namespace durasim::inline v0::sim
