// The helper program behind the process runner: good files, damaged files, hangs, and lack of
// memory all end in a result, and the host stays.
#include "durasim/core/error.hpp"
#include "durasim/core/process.hpp"
#include "durasim/geometry/message.hpp"
#include "durasim/sim/mjcf_bundle.hpp"

#include "mutator.hpp"
#include "step_bytes.hpp"

#include <BRepAlgoAPI_Cut.hxx>
#include <BRepPrimAPI_MakeBox.hxx>
#include <BRepPrimAPI_MakeCylinder.hxx>
#include <BRepPrimAPI_MakeTorus.hxx>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

using namespace durasim;

namespace {

ProcessOptions helper(const std::vector<std::string>& arguments, ByteView input = {}) {
  ProcessOptions options;
  options.program = DURASIM_GEOMETRY_HELPER;
  options.arguments = arguments;
  options.input = input;
  options.out_of_memory_exit_code = static_cast<int>(HelperExit::OutOfMemory);
  // A crash in OpenCASCADE is a signal in the sanitizer builds too, not AddressSanitizer's exit.
  options.environment = {"ASAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigfpe=0"};
  return options;
}

ProcessResult run(const ProcessOptions& options) {
  return PosixProcessRunner().run(options);
}

TopoDS_Shape drilled_box() {
  return BRepAlgoAPI_Cut(BRepPrimAPI_MakeBox(10, 20, 30).Shape(),
                         BRepPrimAPI_MakeCylinder(3, 50).Shape())
      .Shape();
}

// What came of one file, for people; empty when it is neither a scene nor a named failure.
std::string verdict_on(const ProcessResult& result) {
  if (result.outcome != ProcessOutcome::Exited) return describe(result);
  if (result.exit_code == 0) {
    static_cast<void>(geometry::decode_scene(result.output));  // throws when it is not valid
    return "scene";
  }
  const bool known = result.exit_code == static_cast<int>(HelperExit::Unreadable) ||
                     result.exit_code == static_cast<int>(HelperExit::LimitExceeded);
  return known && !result.error_tail.empty() ? "refused" : "";
}

}  // namespace

TEST_CASE("the helper names its OpenCASCADE") {
  const ProcessResult result = run(helper({"version"}));
  CHECK(result.exit_code == 0);
  CHECK(as_text(result.output).starts_with("OpenCASCADE 7.") !=
        as_text(result.output).starts_with("OpenCASCADE 8."));
}

TEST_CASE("the helper's message holds the scene and nothing else") {
  const std::string text = test::step_text(drilled_box());
  const ProcessResult result = run(helper({"step"}, as_bytes(text)));
  REQUIRE(result.exit_code == 0);
  const geometry::ImportedScene scene = geometry::decode_scene(result.output);
  REQUIRE(scene.shapes.size() == 1);
  CHECK(scene.shapes[0].properties.volume_m3 < 6e-6);
  CHECK(scene.problems.empty());
}

TEST_CASE("the deflection that the caller asks for is used") {
  const std::string text = test::step_text(BRepPrimAPI_MakeTorus(10, 3).Shape());
  const auto triangles = [&](const std::vector<std::string>& arguments) {
    const ProcessResult result = run(helper(arguments, as_bytes(text)));
    return geometry::decode_scene(result.output).shapes.at(0).mesh.triangles.size();
  };
  CHECK(triangles({"step", "--linear-deflection", "1e-5"}) >
        2 * triangles({"step", "--linear-deflection", "1e-3"}));
}

TEST_CASE("files that are no STEP files are refused with a reason on standard error") {
  const std::string text = test::step_text(drilled_box());
  for (const std::string& bytes : {std::string(), std::string("solid stl"), text.substr(0, 4000)}) {
    const ProcessResult result = run(helper({"step"}, as_bytes(bytes)));
    CHECK(result.exit_code == static_cast<int>(HelperExit::Unreadable));
    CHECK_FALSE(result.error_tail.empty());
    CHECK(result.output.empty());
  }
}

TEST_CASE("MJCF is compiled in the helper: 0 when it works, else the compiler's reason") {
  const auto check = [](const std::string& xml) {
    const Bytes bundle = sim::encode_mjcf_bundle({.xml = xml});
    return run(helper({"mjcf"}, bundle));
  };
  CHECK(check("<mujoco><worldbody><geom size='1'/></worldbody></mujoco>").exit_code == 0);
  const ProcessResult bad = check("<mujoco><worldbody><geom size='-1'/></worldbody></mujoco>");
  CHECK(bad.exit_code == static_cast<int>(HelperExit::Unreadable));
  CHECK(bad.error_tail.find("size") != std::string::npos);
  const std::string garbage = "no bundle";
  CHECK(run(helper({"mjcf"}, as_bytes(garbage))).exit_code ==
        static_cast<int>(HelperExit::Unreadable));
}

TEST_CASE("wrong arguments are explained") {
  CHECK(run(helper({})).error_tail.starts_with("usage: durasim-geometry"));
  CHECK(run(helper({"step", "--linear-deflection"})).exit_code ==
        static_cast<int>(HelperExit::Usage));
  CHECK(run(helper({"step", "--linear-deflection", "x"})).error_tail.find("'x' is not a number") !=
        std::string::npos);
}

TEST_CASE("an import that takes too long is stopped at its deadline") {
  const std::string text = test::step_text(drilled_box());
  ProcessOptions options = helper({"step"}, as_bytes(text));
  options.deadline = Seconds(0.001);  // the libraries alone take longer to load
  CHECK(run(options).outcome == ProcessOutcome::DeadlineExceeded);
}

TEST_CASE("an import that needs too much memory is stopped, and that is said") {
  std::string text = test::step_text(drilled_box());
  std::string points = "DATA;\n";
  for (int i = 0; i < 300'000; ++i)
    points += "#" + std::to_string(100'000 + i) + "=CARTESIAN_POINT('',(0.,0.,1.));\n";
  text = test::replaced(text, "DATA;", points);
  ProcessOptions options = helper({"step"}, as_bytes(text));
  options.memory_limit_bytes = std::size_t{190} << 20;
  const ProcessResult result = run(options);
  CHECK(result.outcome == ProcessOutcome::MemoryExceeded);
  CHECK(result.output.empty());
}

TEST_CASE("damaged files end in a scene or a named failure, never in harm to the host") {
  constexpr std::uint64_t kSeed = 20'261'121;
  constexpr int kFiles = 40;
  MESSAGE("seed " << kSeed);
  const std::vector<std::string> good{test::step_text(drilled_box()),
                                      test::step_text(BRepPrimAPI_MakeTorus(10, 3).Shape())};
  durasim_test::Mutator mutator(kSeed);
  std::map<std::string, int> verdicts;
  for (int i = 0; i < kFiles; ++i) {
    const std::string& whole = good[static_cast<std::size_t>(i) % good.size()];
    const std::string text = mutator.damage(whole, whole.find("DATA;"));
    ProcessOptions options = helper({"step"}, as_bytes(text));
    options.deadline = Seconds(1);
    options.memory_limit_bytes = std::size_t{2} << 30;
    const ProcessResult result = run(options);
    std::string verdict;
    CHECK_NOTHROW(verdict = verdict_on(result));
    CAPTURE(i);
    CAPTURE(result.exit_code);
    CAPTURE(result.error_tail);
    CHECK_FALSE(verdict.empty());
    if (result.outcome == ProcessOutcome::DeadlineExceeded) verdict = "deadline";
    ++verdicts[verdict];
  }
  for (const auto& [verdict, count] : verdicts) MESSAGE(count << " x " << verdict);
  CHECK(verdicts["scene"] < kFiles);  // else the mutator damages nothing
}
