// How the ends of the import process become problems: stand-ins for the helper that crash, hang,
// eat memory or write garbage. The real helper and real STEP files are tested in tests/cad and
// tests/cli.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/simulate_local.hpp"

#include "geometry/meshes.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace durasim;
using namespace durasim::sim;
using geometry::ProblemCode;

namespace {

// Imports some bytes with a shell script as the helper.
Assembly import_with(const std::string& script, ImportOptions options = {}) {
  const durasim_test::TemporaryFolder folder;
  options.helper_path = folder.file("helper");
  write_file(options.helper_path, as_bytes("#!/bin/sh\n" + script + "\n"));
  std::filesystem::permissions(options.helper_path, std::filesystem::perms::owner_all);
  return import_bytes(as_bytes("ISO-10303-21;"), FileFormat::Step, "robot", options);
}

void check_problem(const Assembly& a, ProblemCode code, const char* text) {
  REQUIRE(a.problems().size() == 1);
  CHECK(a.problems()[0].code == code);
  CHECK(a.problems()[0].part == "robot");
  CAPTURE(a.problems()[0].message);
  CHECK(a.problems()[0].message.find(text) != std::string::npos);
  CHECK(a.parts().empty());
}

}  // namespace

TEST_CASE("a crash of the import process is a problem with the signal's name") {
  check_problem(import_with("kill -SEGV $$"), ProblemCode::ImportCrashed, "Segmentation fault");
}

TEST_CASE("a hang of the import process is a problem with the deadline") {
  check_problem(import_with("sleep 60", {.deadline = std::chrono::milliseconds(100)}),
                ProblemCode::ImportTimeout, "0.1 s");
}

TEST_CASE("the helper's own words reach the user: unreadable, over a limit, out of memory") {
  check_problem(import_with("echo 'line 3: no such entity' >&2; exit 3"),
                ProblemCode::UnreadableFile, "line 3: no such entity");
  check_problem(import_with("echo 'too many parts' >&2; exit 4"), ProblemCode::LimitExceeded,
                "too many parts");
  check_problem(import_with("exit 5"), ProblemCode::ImportMemory, "MiB");
  check_problem(import_with("exit 77"), ProblemCode::ImportCrashed, "77");
}

TEST_CASE("garbage from the import process is refused, not believed") {
  check_problem(import_with("echo garbage"), ProblemCode::UnreadableFile, "geometry message");
  check_problem(import_with("head -c 100000 /dev/zero"), ProblemCode::UnreadableFile,
                "geometry message");
  ImportOptions small;
  small.limits.max_message_bytes = 1000;
  check_problem(import_with("head -c 100000 /dev/zero", small), ProblemCode::LimitExceeded,
                "limit");
}

TEST_CASE("a failed import simulates to a FAIL that says why") {
  SimulateOptions options;
  options.output_folder.clear();
  const SimulationResult r = simulate_local(import_with("kill -SEGV $$"), options);
  CHECK(r.verdict.code == ReasonCode::InvalidGeometry);
  CHECK(r.verdict.detail.find("IMPORT_CRASHED robot") != std::string::npos);
}

TEST_CASE("a missing helper is an error that names the place, never an import in this process") {
  const ImportOptions options{.helper_path = "/nowhere/durasim-geometry"};
  CHECK_THROWS_WITH_AS(import_bytes(as_bytes("ISO-10303-21;"), FileFormat::Step, "robot", options),
                       doctest::Contains("/nowhere/durasim-geometry"), UnavailableError);
}

TEST_CASE("on request the import runs in this process, by the function that is given") {
  ImportOptions options;
  options.in_process = [](ByteView bytes) {
    CHECK(bytes.size() == 13);
    geometry::ImportedScene scene;
    scene.unit = "mm";
    scene.metres_per_unit = 1e-3;
    geometry::ImportedShape shape;
    shape.mesh = testing_meshes::box({0, 0, 0}, {0.1, 0.1, 0.1});
    shape.properties.volume_m3 = 1e-3;
    scene.shapes = {shape};
    scene.instances = {{0, "/cube", {}, std::nullopt}};
    return scene;
  };
  const Assembly a = import_bytes(as_bytes("ISO-10303-21;"), FileFormat::Step, "robot", options);
  CHECK(a.problems().empty());
  CHECK(a.parts()[0].name == "cube");
}

TEST_CASE("formats are told by the bytes first, then by the name") {
  CHECK(detect_format(as_bytes("ISO-10303-21;\nHEADER;"), "x.stl") == FileFormat::Step);
  CHECK(detect_format(as_bytes("  <mujoco model='a'>"), "x.txt") == FileFormat::Mjcf);
  CHECK(detect_format(as_bytes("solid a"), "x") == FileFormat::Stl);
  CHECK(detect_format(as_bytes("v 0 0 0"), "dir.stl/x.OBJ") == FileFormat::Obj);
  CHECK_FALSE(detect_format(as_bytes("hello"), "dir.step/notes").has_value());
}

TEST_CASE("a STEP file with a stated unit, and MJCF as geometry, are refused with what to do") {
  CHECK_THROWS_WITH_AS(
      import_bytes(as_bytes("ISO-10303-21;"), FileFormat::Step, "r", {.unit = LengthUnit::Inch}),
      doctest::Contains("states its own unit"), InvalidArgument);
  CHECK_THROWS_AS(import_bytes(as_bytes("<mujoco/>"), FileFormat::Mjcf, "r"), InvalidArgument);
}
