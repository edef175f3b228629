// simulate_local: verdicts, artifacts and their absence, as seed 001 asks for it.
#include "durasim/sim/simulate_local.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"

#include "geometry/meshes.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <limits>

using namespace durasim;
using namespace durasim::sim;
using durasim_test::TemporaryFolder;

namespace {

Assembly ball_over_floor() {
  Assembly a("ball");
  a.add_sphere("ball", 0.02, {.pose = {{0, 0, 0.1}, {}}, .material = "steel"});
  a.add_box("stand", {0.05, 0.05, 0.02},
            {.pose = {{0.2, 0, 0.01}, {}}, .mobility = Mobility::Fixed});
  return a;
}

// Nothing is rendered, nothing is written.
SimulateOptions quiet(Seconds duration = Seconds(0.5)) {
  SimulateOptions options;
  options.duration = duration;
  options.output_folder.clear();
  return options;
}

Zone box(ZoneKind kind, const char* name, geometry::Vec3 min, geometry::Vec3 max) {
  return {kind, name, {min, max}};
}

}  // namespace

TEST_CASE("without a goal the whole duration is a success with code STABLE") {
  const SimulationResult r = simulate_local(ball_over_floor(), quiet());
  CHECK(r.verdict.outcome == Outcome::Success);
  CHECK(r.verdict.code == ReasonCode::Stable);
  CHECK(r.metrics.steps == 250);
  CHECK(r.final_state_hash.size() == 64);
  CHECK_FALSE(r.video_url.has_value());
  CHECK(r.missing.contains("video"));
  CHECK(r.provenance.versions.contains("mujoco"));
}

TEST_CASE("a goal is reached after half a second inside, else the end of time is a TIMEOUT") {
  SimulateOptions options = quiet(Seconds(2));
  options.scene.zones = {box(ZoneKind::Goal, "landing", {-0.1, -0.1, 0}, {0.1, 0.1, 0.05})};
  const SimulationResult reached = simulate_local(ball_over_floor(), options);
  CHECK(reached.verdict.outcome == Outcome::Success);
  CHECK(reached.verdict.code == ReasonCode::GoalReached);
  CHECK(reached.verdict.time.count() > 0.5);
  CHECK(reached.verdict.time.count() < 1.2);
  options.scene.zones = {box(ZoneKind::Goal, "landing", {1, 1, 1}, {2, 2, 2})};
  const SimulationResult missed = simulate_local(ball_over_floor(), options);
  CHECK(missed.verdict.outcome == Outcome::Fail);
  CHECK(missed.verdict.code == ReasonCode::Timeout);
}

TEST_CASE("the target of a goal is a free part of the assembly, also when all move as one body") {
  SimulateOptions options = quiet(Seconds(1));
  options.scene.zones = {box(ZoneKind::Goal, "landing", {-1, -1, 0}, {1, 1, 0.5})};
  options.goal.target = "stand";
  CHECK_THROWS_AS(simulate_local(ball_over_floor(), options), InvalidArgument);
  options.goal.target = "balloon";
  CHECK_THROWS_AS(simulate_local(ball_over_floor(), options), InvalidArgument);
  Assembly free = ball_over_floor();
  free.part("stand").mobility = Mobility::Free;
  options.goal.target = "ball";
  options.scene.rigid = true;
  CHECK(simulate_local(free, options).verdict.code == ReasonCode::GoalReached);
}

TEST_CASE("forbidden zones and bounds fail with the names of part and zone") {
  SimulateOptions options = quiet();
  options.scene.zones = {box(ZoneKind::Forbid, "lava", {-1, -1, -0.1}, {0.1, 1, 0.03})};
  const SimulationResult lava = simulate_local(ball_over_floor(), options);
  CHECK(lava.verdict.code == ReasonCode::ForbidZoneHit);
  CHECK(lava.verdict.detail.find("ball") != std::string::npos);
  CHECK(lava.verdict.detail.find("lava") != std::string::npos);
  options.scene.zones = {box(ZoneKind::Bounds, "room", {-1, -1, 0.05}, {1, 1, 1})};
  CHECK(simulate_local(ball_over_floor(), options).verdict.code == ReasonCode::OutOfBounds);
}

TEST_CASE("zones turn with the up axis") {
  Assembly a("y_up");
  a.add_sphere("ball", 0.02, {.pose = {{0, 0.1, 0}, {}}});
  SimulateOptions options = quiet(Seconds(2));
  options.scene.up = Axis::Y;
  options.scene.floor.height_m = 0;
  options.scene.zones = {box(ZoneKind::Goal, "landing", {-0.1, 0, -0.1}, {0.1, 0.05, 0.1})};
  CHECK(simulate_local(a, options).verdict.code == ReasonCode::GoalReached);
}

TEST_CASE("bad geometry is a FAIL with every problem in the detail and no step") {
  Assembly a("bad");
  geometry::TriangleMesh open = testing_meshes::box({0, 0, 0}, {1, 1, 1});
  open.triangles.pop_back();
  a.add("lid", open);
  a.add_sphere("ball", -1);
  const SimulationResult r = simulate_local(a, quiet());
  CHECK(r.verdict.outcome == Outcome::Fail);
  CHECK(r.verdict.code == ReasonCode::InvalidGeometry);
  CHECK(r.verdict.detail.find("OPEN_MESH lid") != std::string::npos);
  CHECK(r.verdict.detail.find("BAD_SHAPE ball") != std::string::npos);
  CHECK(r.metrics.steps == 0);
  CHECK(r.final_state_hash.empty());
}

TEST_CASE("the same input gives the same state, byte for byte") {
  const SimulationResult once = simulate_local(ball_over_floor(), quiet());
  const SimulationResult twice = simulate_local(ball_over_floor(), quiet());
  CHECK(once.final_state_hash == twice.final_state_hash);
  CHECK(once.provenance.mjcf_sha256 == twice.provenance.mjcf_sha256);
}

TEST_CASE("all artifacts of a run lie in its folder, whole") {
  const TemporaryFolder folder;
  SimulateOptions options = quiet();
  options.output_folder = folder.file("out");
  options.video_format = {.width = 320, .height = 240, .fps = 20, .draft = true};
  const SimulationResult r = simulate_local(ball_over_floor(), options);
  for (const char* name : {"mjcf", "report", "result", "trajectory"})
    CHECK(r.artifact_urls.contains(name));
  for (const char* file : {"scene/scene.xml", "report.md", "result.json", "trajectory.dstraj"}) {
    CHECK(std::filesystem::file_size(folder.file("out") + "/" + file) > 100);
  }
  for (const char* name : {"picture", "picture_end", "video"}) {
    CAPTURE(name);
    CHECK(r.artifact_urls.contains(name) !=
          r.missing.contains(name));  // there, or absent with a reason
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    CHECK(entry.path().filename().string().front() != '.');  // no temporary file is left
  }
  CHECK(r.report.find("SUCCESS") != std::string::npos);
}

TEST_CASE("R5 without OpenGL the verdict stands and the pictures are missing with the reason") {
  const TemporaryFolder folder;
  SimulateOptions options = quiet();
  options.output_folder = folder.file("out");
  options.egl_library = "libno-such-egl.so";
  const SimulationResult r = simulate_local(ball_over_floor(), options);
  CHECK(r.verdict.code == ReasonCode::Stable);
  CHECK_FALSE(r.video_url.has_value());
  REQUIRE(r.missing.contains("video"));
  CHECK(r.missing.at("picture").find("libno-such-egl.so") != std::string::npos);
}

TEST_CASE("a picture that cannot be written is missing with the reason, and the report is there") {
  const TemporaryFolder folder;
  SimulateOptions options = quiet();
  options.output_folder = folder.file("out");
  options.video_format = {.width = 320, .height = 240, .fps = 20, .draft = true};
  std::filesystem::create_directories(folder.file("out/picture.png/taken"));
  const SimulationResult r = simulate_local(ball_over_floor(), options);
  CHECK(r.verdict.code == ReasonCode::Stable);
  CHECK(r.missing.contains("picture"));
  CHECK(r.artifact_urls.contains("picture_end") != r.missing.contains("picture_end"));
  CHECK(std::filesystem::exists(folder.file("out/report.md")));
  CHECK(std::filesystem::exists(folder.file("out/result.json")));
}

TEST_CASE("a run that is stopped throws and leaves no file") {
  const TemporaryFolder folder;
  SimulateOptions options = quiet(Seconds(100));
  options.output_folder = folder.file("out");
  std::stop_source stop;
  options.stop = stop.get_token();
  options.progress = [&](const StageProgress& p) {
    if (p.stage == StageProgress::Stage::Simulate) stop.request_stop();
  };
  CHECK_THROWS_AS(simulate_local(ball_over_floor(), options), CancelledError);
  CHECK(std::filesystem::is_empty(folder.file("out")));
}

TEST_CASE("an output folder that cannot be made is an IoError, not a verdict") {
  const TemporaryFolder folder;
  write_file(folder.file("file"), as_bytes("x"));
  SimulateOptions options = quiet();
  options.output_folder = folder.file("file") + "/out";
  CHECK_THROWS_AS(simulate_local(ball_over_floor(), options), IoError);
}

TEST_CASE("a model that MuJoCo refuses is a FAIL with its text") {
  const SimulationResult r = simulate_local(
      MjcfInput{.source = {"<mujoco><worldbody><geom size='-1'/></worldbody></mujoco>", {}},
                .name = "m"},
      quiet());
  CHECK(r.verdict.code == ReasonCode::InvalidGeometry);
  CHECK(r.verdict.detail.find("MODEL_REJECTED") != std::string::npos);
}

TEST_CASE("JSON has null for what is not there and never a NaN") {
  SimulationResult r;
  r.metrics.energy_j = std::numeric_limits<double>::quiet_NaN();
  const std::string json = to_json(r);
  CHECK(json.find("\"energy_j\":null") != std::string::npos);
  CHECK(json.find("\"final_state_hash\":null") != std::string::npos);
  CHECK(json.find("\"video_url\":null") != std::string::npos);
  CHECK(error_json("a \"b\"") == R"({"error":"a \"b\""})");
}
