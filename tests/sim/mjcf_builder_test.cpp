// The builder: exact masses in the model, numbers by size, problems by part name, the same bytes
// twice.
#include "durasim/sim/mjcf_builder.hpp"

#include "durasim/core/error.hpp"
#include "durasim/geometry/mesh.hpp"
#include "durasim/sim/result.hpp"

#include "geometry/meshes.hpp"
#include "sim/arrays.hpp"

#include <doctest/doctest.h>
#include <mujoco/mujoco.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace durasim;
using namespace durasim::sim;
using geometry::ProblemCode;
using geometry::Vec3;

namespace {

BuiltScene build(const Assembly& assembly, const SceneOptions& options = {}) {
  return MjcfBuilder(options).build(assembly);
}

const geometry::Problem* find(const BuiltScene& scene, ProblemCode code) {
  const auto it = std::find_if(scene.problems.begin(), scene.problems.end(),
                               [&](const geometry::Problem& p) { return p.code == code; });
  return it == scene.problems.end() ? nullptr : &*it;
}

void check_error(const BuiltScene& scene, ProblemCode code, const std::string& part) {
  CAPTURE(to_string(code));
  const geometry::Problem* problem = find(scene, code);
  REQUIRE(problem != nullptr);
  CHECK(problem->part == part);
  CHECK(problem->severity == geometry::Severity::Error);
  CHECK(problem->message.size() > 20);
  CHECK_FALSE(scene.ok());
  CHECK(scene.source.xml.empty());
}

}  // namespace

TEST_CASE("M1 a 10 mm cube of steel weighs 7.85 g, and one read as metres gets a warning") {
  Assembly a;
  a.add_box("cube", {0.01, 0.01, 0.01}, {.material = "steel"});
  const BuiltScene scene = build(a);
  REQUIRE(scene.ok());
  const auto model = Model::compile(scene.source);
  const int body = mj_name2id(model->get(), mjOBJ_BODY, "cube");
  CHECK(model->get()->body_mass[body] == doctest::Approx(0.00785).epsilon(1e-12));
  Assembly big;
  big.add_box("cube", {10, 10, 10}, {.density_kg_m3 = 1000});
  const BuiltScene warned = build(big);
  REQUIRE(find(warned, ProblemCode::ImplausibleMass) != nullptr);
  CHECK(find(warned, ProblemCode::ImplausibleMass)->message.find("1000 t") != std::string::npos);
  CHECK(warned.ok());
}

TEST_CASE("M2 M3 a turned L-shaped part off its origin stays where CAD puts it") {
  Assembly a;
  const geometry::TriangleMesh mesh = testing_meshes::l_profile(0.08, 0.01, 0.03);
  const geometry::Pose pose{{0.3, -0.2, 0.5}, geometry::rotation_from_z({1, 2, 0.5})};
  a.add("angle", mesh, {.pose = pose});
  const BuiltScene scene = build(a);
  REQUIRE(scene.ok());
  const auto model = Model::compile(scene.source);
  const mjModel* m = model->get();
  mjData* d = mj_makeData(m);
  mj_forward(m, d);
  // Every vertex of the drawn mesh stands where the pose puts it.
  int visual = -1;
  for (int g = 0; g < m->ngeom; ++g) {
    if (m->geom_type[g] == mjGEOM_MESH && m->geom_contype[g] == 0) visual = g;
  }
  REQUIRE(visual >= 0);
  const int id = m->geom_dataid[visual];
  REQUIRE(m->mesh_vertnum[id] == 12);
  double worst = 0;
  for (const Vec3& corner : mesh.vertices_m) {
    const Vec3 expected = transform(pose, corner);
    double nearest = 1;
    for (int i = 0; i < m->mesh_vertnum[id]; ++i) {
      const float* v = m->mesh_vert + at(m->mesh_vertadr[id] + i, 3);
      const mjtNum local[3] = {v[0], v[1], v[2]};
      mjtNum world[3];
      mju_mulMatVec3(world, d->geom_xmat + at(visual, 9), local);
      mju_addTo3(world, d->geom_xpos + at(visual, 3));
      nearest = std::min(nearest, norm(Vec3{world[0], world[1], world[2]} - expected));
    }
    worst = std::max(worst, nearest);
  }
  CHECK(worst < 1e-7);
  const int body = mj_name2id(m, mjOBJ_BODY, "angle");
  const Vec3 com = transform(pose, geometry::mass_properties(mesh).com_m);
  CHECK(std::abs(d->xipos[at(body, 3)] - com.x) < 1e-12);
  CHECK(std::abs(d->xipos[at(body, 3) + 2] - com.z) < 1e-12);
  mj_deleteData(d);
}

TEST_CASE("M4 density and friction arrive in the model") {
  Assembly a;
  a.add_box("slider", {0.02, 0.02, 0.02}, {.material = "ptfe"});
  a.add_box("block", {0.02, 0.02, 0.02},
            {.pose = {{0.1, 0, 0}, {}}, .density_kg_m3 = 5000, .friction = 0.9});
  const BuiltScene scene = build(a);
  REQUIRE(scene.ok());
  const auto model = Model::compile(scene.source);
  const mjModel* m = model->get();
  CHECK(m->body_mass[mj_name2id(m, mjOBJ_BODY, "slider")] == doctest::Approx(2200 * 8e-6));
  CHECK(m->body_mass[mj_name2id(m, mjOBJ_BODY, "block")] == doctest::Approx(5000 * 8e-6));
  CHECK(m->geom_friction[at(mj_name2id(m, mjOBJ_GEOM, "block"), 3)] == 0.9);
  // The rougher floor would win; the pair brings the geometric mean.
  mjData* d = mj_makeData(m);
  mj_forward(m, d);
  double slider_mu = -1;
  for (int i = 0; i < d->ncon; ++i) {
    const int floor = mj_name2id(m, mjOBJ_GEOM, "floor");
    const int geom = mj_name2id(m, mjOBJ_GEOM, "slider");
    const mjContact& c = d->contact[i];
    if (std::max(c.geom[0], c.geom[1]) == std::max(floor, geom) &&
        std::min(c.geom[0], c.geom[1]) == std::min(floor, geom)) {
      slider_mu = c.friction[0];
      CHECK(c.solref[0] == 0.004);  // a pair takes the scene's contact numbers, not MuJoCo's 0.02
      CHECK(c.solimp[2] == 0.001);
    }
  }
  CHECK(slider_mu == doctest::Approx(std::sqrt(0.04 * 0.7)));
  mj_deleteData(d);
}

TEST_CASE("M5 a concave part is reported with the volume of its hull, and can be refused") {
  Assembly a;
  a.add("angle", testing_meshes::l_profile(0.08, 0.01, 0.03));
  const BuiltScene scene = build(a);
  REQUIRE(scene.ok());
  REQUIRE(scene.parts.size() == 1);
  CHECK(scene.parts[0].collision == "hull");
  // Hull: the pentagon of the L; area = t a + t (a - t) + (a - t)^2 / 2.
  const double t = 0.01, arm = 0.08;
  const double hull = arm * arm - (arm - t) * (arm - t) / 2;
  CHECK(scene.parts[0].collision_volume_ratio ==
        doctest::Approx(hull / (t * arm + t * (arm - t))).epsilon(1e-5));
  CHECK(find(scene, ProblemCode::ConcaveAsHull) != nullptr);
  check_error(build(a, {.require_exact_collision = true}), ProblemCode::ConcaveAsHull, "angle");
}

TEST_CASE("given convex meshes replace the hull") {
  Assembly a;
  Part& part = a.add("angle", testing_meshes::l_profile(0.08, 0.01, 0.03));
  auto geometry = std::make_shared<PartGeometry>(*part.geometry);
  geometry->collision_meshes = {testing_meshes::box({0, 0, 0}, {0.08, 0.03, 0.01}),
                                testing_meshes::box({0, 0, 0.01}, {0.01, 0.03, 0.08})};
  part.geometry = geometry;
  const BuiltScene scene = build(a, {.require_exact_collision = true});
  REQUIRE(scene.ok());
  CHECK(scene.parts[0].collision == "given");
  CHECK(scene.parts[0].collision_volume_ratio == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("M6 fixed parts have no joint, free ones have one, and rigid moves all as one body") {
  Assembly a;
  a.add_box("base", {0.1, 0.1, 0.01}, {.mobility = Mobility::Fixed});
  a.add_box("top", {0.02, 0.02, 0.02}, {.pose = {{0, 0, 0.015}, {}}});
  CHECK(Model::compile(build(a).source)->get()->njnt == 1);
  CHECK(Model::compile(build(a, {.fixed = {"top"}}).source)->get()->njnt == 0);
  CHECK_THROWS_AS(build(a, {.fixed = {"lid"}}), InvalidArgument);
  check_error(build(a, {.rigid = true}), ProblemCode::BadOption, "");
  a.part("base").mobility = Mobility::Free;
  const auto model = Model::compile(build(a, {.rigid = true}).source);
  const mjModel* m = model->get();
  REQUIRE(m->nbody == 2);
  const double base = 0.1 * 0.1 * 0.01 * 2700, top = 8e-6 * 2700;
  CHECK(m->body_mass[1] == doctest::Approx(base + top).epsilon(1e-12));
  CHECK(m->body_ipos[5] == doctest::Approx(0.015 * top / (base + top)).epsilon(1e-12));
}

TEST_CASE("M10 duplicate, empty and reserved names in code are refused") {
  Assembly a;
  a.add_sphere("ball", 0.01);
  a.add_sphere("ball", 0.01, {.pose = {{1, 0, 0}, {}}});
  check_error(build(a), ProblemCode::DuplicateName, "ball");
  Assembly b;
  b.add_sphere("floor", 0.01);
  check_error(build(b), ProblemCode::ReservedName, "floor");
  Assembly c;
  c.add_sphere("", 0.01);
  check_error(build(c), ProblemCode::ReservedName, "");
}

TEST_CASE("names with XML's own characters survive") {
  Assembly a;
  a.add_sphere("a<b> & \"c\"", 0.01);
  const auto model = Model::compile(build(a).source);
  CHECK(mj_name2id(model->get(), mjOBJ_BODY, "a<b> & \"c\"") == 1);
}

TEST_CASE("all problems are reported at once, by part") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Assembly a;
  a.add_box("flat", {0.1, 0.1, 0});
  a.add_sphere("negative", -1);
  a.add_sphere("lost", 0.01, {.pose = {{nan, 0, 0}, {}}});
  a.add_sphere("weightless", 0.01, {.density_kg_m3 = 0});
  a.add_box("speck", {1e-4, 1e-4, 1e-4});
  a.add_sphere("twisted", 0.01, {.pose = {{}, {2, 0, 0, 0}}});
  const BuiltScene scene = build(a);
  check_error(scene, ProblemCode::ZeroVolume, "flat");
  check_error(scene, ProblemCode::BadShape, "negative");
  check_error(scene, ProblemCode::NotFinite, "lost");
  check_error(scene, ProblemCode::BadMaterial, "weightless");
  check_error(scene, ProblemCode::PartTooSmall, "speck");
  check_error(build(Assembly()), ProblemCode::EmptyAssembly, "");
}

TEST_CASE("zones are checked before the run") {
  Assembly a;
  a.add_sphere("ball", 0.01, {.pose = {{0, 0, 0.1}, {}}});
  const auto zone = [](ZoneKind kind, const char* name, Vec3 min, Vec3 max) {
    return Zone{kind, name, {min, max}};
  };
  check_error(build(a, {.zones = {zone(ZoneKind::Goal, "g", {1, 0, 0}, {0, 1, 1})}}),
              ProblemCode::BadZone, "g");
  check_error(build(a, {.zones = {zone(ZoneKind::Goal, "g", {0, 0, 0}, {1, 1, 1}),
                                  zone(ZoneKind::Forbid, "f", {0.5, 0, 0}, {2, 1, 1})}}),
              ProblemCode::BadZone, "g");
  check_error(build(a, {.zones = {zone(ZoneKind::Build, "b", {-1, -1, 0.095}, {1, 1, 1})}}),
              ProblemCode::BadZone, "ball");
  check_error(build(a, {.zones = {zone(ZoneKind::Start, "s", {0.5, 0.5, 0}, {1, 1, 1})}}),
              ProblemCode::BadZone, "ball");
  CHECK(build(a, {.zones = {zone(ZoneKind::Build, "b", {-1, -1, 0}, {1, 1, 1})}}).ok());
}

TEST_CASE("the numbers of the scene follow the smallest free part") {
  Assembly a;
  a.add_box("cube", {0.01, 0.01, 0.01});
  CHECK(build(a).timestep_s == doctest::Approx(0.002));
  a.add_box("chip", {0.005, 0.005, 0.001}, {.pose = {{0.1, 0, 0}, {}}});
  const BuiltScene scene = build(a);
  CHECK(scene.timestep_s == doctest::Approx(0.002 * std::sqrt(0.1)));
  const auto model = Model::compile(scene.source);
  const mjModel* m = model->get();
  CHECK(m->opt.timestep == doctest::Approx(0.002 * std::sqrt(0.1)));
  CHECK(m->opt.integrator == mjINT_IMPLICITFAST);
  CHECK(m->opt.cone == mjCONE_ELLIPTIC);
  CHECK(m->opt.impratio == 10);
  CHECK(m->geom_solref[0] == 0.004);
  CHECK(m->geom_solimp[2] == doctest::Approx(1e-4));
  CHECK(std::any_of(scene.notes.begin(), scene.notes.end(),
                    [](const std::string& n) { return n.find("chip") != std::string::npos; }));
  check_error(build(a, {.integrator = "RK4"}), ProblemCode::BadOption, "");
}

TEST_CASE("the floor lies under the lowest point, and up can be another axis") {
  Assembly a;
  a.add_box("bar", {0.01, 0.04, 0.02}, {.pose = {{0, 0.5, 0}, {}}});
  const auto z_up = Model::compile(build(a).source);
  CHECK(z_up->get()->geom_pos[2] == doctest::Approx(-0.01));
  const auto y_up = Model::compile(build(a, {.up = Axis::Y}).source);
  CHECK(y_up->get()->geom_pos[2] == doctest::Approx(0.48));
  CHECK(mj_name2id(Model::compile(build(a, {.floor = {.present = false}}).source)->get(),
                   mjOBJ_GEOM, "floor") == -1);
}

TEST_CASE("overlapping parts are excluded, kept or refused, with the depth") {
  Assembly a;
  a.add_box("plate", {0.1, 0.1, 0.01}, {.mobility = Mobility::Fixed});
  a.add_cylinder("pin", 0.003, 0.03);
  const BuiltScene excluded = build(a);
  REQUIRE(excluded.ok());
  REQUIRE(find(excluded, ProblemCode::OverlapAtStart) != nullptr);
  CHECK(find(excluded, ProblemCode::OverlapAtStart)->message.find("mm") != std::string::npos);
  CHECK(Model::compile(excluded.source)->get()->nexclude == 1);
  const BuiltScene kept = build(a, {.overlap = OverlapPolicy::Keep});
  CHECK(find(kept, ProblemCode::OverlapAtStart) != nullptr);
  CHECK(Model::compile(kept.source)->get()->nexclude == 0);
  check_error(build(a, {.overlap = OverlapPolicy::Error}), ProblemCode::OverlapAtStart, "plate");
}

TEST_CASE("parts that only touch do not overlap") {
  Assembly a;
  a.add_box("lower", {0.1, 0.1, 0.01});
  a.add_box("upper", {0.05, 0.05, 0.01}, {.pose = {{0, 0, 0.01}, {}}});
  CHECK(build(a).problems.empty());
}

TEST_CASE("instances share one mesh, and the same input gives the same bytes") {
  Assembly a;
  Part& first = a.add("a", testing_meshes::l_profile(0.08, 0.01, 0.03));
  for (int i = 0; i < 5; ++i) {
    Part copy = first;
    copy.name = copy.path = "copy" + std::to_string(i);
    copy.pose.position_m = {0.2 * (i + 1), 0, 0};
    a.parts().push_back(copy);
  }
  const BuiltScene once = build(a);
  const BuiltScene twice = build(a);
  REQUIRE(once.ok());
  CHECK(once.source.assets.size() == 2);  // the drawn mesh and its hull
  CHECK(once.source.xml == twice.source.xml);
  CHECK(once.source.assets == twice.source.assets);
}

TEST_CASE("frictions that differ from the floor's alone are exact, and none is the worst") {
  Assembly a;
  for (int i = 0; i < 6; ++i) {
    a.add_box("b" + std::to_string(i), {0.02, 0.02, 0.02},
              {.pose = {{0.1 * i, 0, 0}, {}}, .friction = 0.05});
  }
  const BuiltScene scene = build(a, {.max_friction_pairs = 5});
  REQUIRE(find(scene, ProblemCode::FrictionApproximated) != nullptr);
  const std::string& message = find(scene, ProblemCode::FrictionApproximated)->message;
  CHECK(message.starts_with("6 pairs of parts"));
  CHECK(message.find("worst") == std::string::npos);
}

TEST_CASE(
    "many different frictions are approximated with a warning, and the floor does not dominate") {
  Assembly a;
  for (int i = 0; i < 6; ++i) {
    a.add_box("b" + std::to_string(i), {0.02, 0.02, 0.02},
              {.pose = {{0.1 * i, 0, 0}, {}}, .friction = 0.1 + 0.1 * i});
  }
  const BuiltScene scene = build(a, {.max_friction_pairs = 5});
  REQUIRE(find(scene, ProblemCode::FrictionApproximated) != nullptr);
  const std::string& message = find(scene, ProblemCode::FrictionApproximated)->message;
  CHECK(message.starts_with("21 pairs of parts"));
  CHECK(message.find("(worst: \"b0\" on \"b5\"") != std::string::npos);
  const auto model = Model::compile(scene.source);
  CHECK(model->get()->npair == 0);
  CHECK(model->get()->geom_priority[mj_name2id(model->get(), mjOBJ_GEOM, "floor")] == -1);
}

TEST_CASE("a part's own friction is that of its contact, also where the table has the pair") {
  Assembly a;
  a.add_box("pad", {0.02, 0.02, 0.02}, {.material = "rubber", .friction = 0.05});
  const auto model = Model::compile(build(a).source);  // on the floor of concrete
  REQUIRE(model->get()->npair == 1);
  CHECK(model->get()->pair_friction[0] == doctest::Approx(std::sqrt(0.05 * 0.7)));
}

TEST_CASE("given convex meshes replace a primitive, which is drawn all the same") {
  Assembly a;
  Part& part = a.add_box("b", {0.02, 0.02, 0.02}, {.material = "ptfe"});
  auto geometry = std::make_shared<PartGeometry>(*part.geometry);
  geometry->collision_meshes = {testing_meshes::box({-0.01, -0.01, -0.01}, {0, 0.01, 0.01}),
                                testing_meshes::box({0, -0.01, -0.01}, {0.005, 0.01, 0.01})};
  part.geometry = geometry;
  const BuiltScene scene = build(a);
  REQUIRE(scene.ok());
  CHECK(scene.parts[0].collision == "given");
  CHECK(scene.parts[0].collision_volume_ratio == doctest::Approx(0.75).epsilon(1e-6));
  const auto model = Model::compile(scene.source);
  const mjModel* m = model->get();
  CHECK(m->npair == 2);  // both slide on the floor as the part does
  int drawn = 0;
  int colliding = 0;
  for (int g = 0; g < m->ngeom; ++g) {
    if (m->geom_bodyid[g] == 0) continue;  // the floor
    const bool collides = m->geom_contype[g] != 0;
    CHECK(m->geom_type[g] == (collides ? mjGEOM_MESH : mjGEOM_BOX));
    ++(collides ? colliding : drawn);
  }
  CHECK(drawn == 1);
  CHECK(colliding == 2);
  CHECK(m->body_mass[1] == doctest::Approx(2200 * 8e-6));
}

TEST_CASE("names of zones are printable, and each is there once") {
  Assembly a;
  a.add_sphere("ball", 0.01);
  const geometry::Box far{{1, 1, 1}, {2, 2, 2}};
  const Zone x{ZoneKind::Forbid, "x", far};
  check_error(build(a, {.zones = {x, x}}), ProblemCode::BadZone, "x");
  check_error(build(a, {.zones = {{ZoneKind::Forbid, "a\nb", far}}}), ProblemCode::BadZone, "a\nb");
  check_error(build(a, {.zones = {{ZoneKind::Forbid, "caf\xE9", far}}}), ProblemCode::BadZone,
              "caf\xE9");
  CHECK(build(a, {.zones = {x, {ZoneKind::Forbid, "y", far}}}).ok());
}

TEST_CASE("a speck of a rigid body needs no inertia of its own, the body needs one") {
  Assembly a;
  a.add_box("speck", {1e-4, 1e-4, 1e-4});
  check_error(build(a), ProblemCode::PartTooSmall, "speck");
  check_error(build(a, {.rigid = true}), ProblemCode::PartTooSmall, "assembly");
  a.add_box("body", {0.01, 0.01, 0.01}, {.pose = {{0, 0, 0.00505}, {}}});
  const BuiltScene scene = build(a, {.rigid = true});
  REQUIRE(scene.ok());
  CHECK(Model::compile(scene.source)->get()->nbody == 2);
}

TEST_CASE("a shape from elsewhere is checked as one from a file") {
  geometry::ImportedShape shape;
  shape.mesh = testing_meshes::box({0, 0, 0}, {0.01, 0.01, 0.01});
  Assembly a;
  a.add("hollow", shape);  // its properties were never computed
  check_error(build(a), ProblemCode::ZeroVolume, "hollow");
  shape.properties = geometry::mass_properties(shape.mesh);
  shape.mesh.triangles[3][0] = 8;
  Assembly b;
  b.add("torn", shape);
  check_error(build(b), ProblemCode::BadShape, "torn");
  Assembly c;  // what is known to be wrong is said once
  geometry::TriangleMesh open = testing_meshes::box({0, 0, 0}, {0.01, 0.01, 0.01});
  open.triangles.pop_back();
  c.add("lid", open);
  CHECK(find(build(c), ProblemCode::ZeroVolume) == nullptr);
}

TEST_CASE("a name that is not UTF-8 is refused, and what is printed about it is JSON") {
  Assembly a;
  a.add_sphere("caf\xE9", 0.01);
  const BuiltScene scene = build(a);
  check_error(scene, ProblemCode::ReservedName, "caf\xE9");
  const std::string json = inspect_json(a, scene);
  CHECK(json.find('\xE9') == std::string::npos);
  CHECK(json.find("caf\uFFFD") != std::string::npos);
}
