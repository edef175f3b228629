// The four forms of geometry: each ends in the same scene as the file would, and what cannot be had
// says why.
#include "durasim/pipeline/geometry_source.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/process.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "pipeline/scratch_folder.hpp"
#include "pipeline/simulation_steps.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
namespace fs = std::filesystem;

namespace {

constexpr const char* kParts = R"({"unit": "mm", "parts": [
  {"name": "plate", "box": {"size": {"x": 200, "y": 100, "z": 10}}, "material": "steel"},
  {"name": "ball", "sphere": {"radius": 10}, "position": {"z": 15}, "density_kg_m3": 1000},
  {"name": "pin", "cylinder": {"radius": 5, "length": 20}, "position": {"x": 50, "z": 10},
   "orientation": {"w": 2, "x": 2}}]})";

sim::AssemblyParameters parts() {
  return sim::parse_parameters(as_bytes(std::string_view(kParts)));
}

class Bench {
 public:
  Bench() : artifacts(folder_.file("artifacts")) {}

  // What import and compile make of it.
  CompiledScene compile(const Geometry& geometry) {
    const SimulationRequest request{
        .name = "parts", .geometry = geometry, .lengths_in_file_unit = true};
    const SimulationSteps steps(services());
    return environment.run([&](const ActivityContext& ctx) {
      return steps.compile(ctx, request, steps.import(ctx, request));
    });
  }
  CompiledScene run_script(std::string_view text, GeometryScript script = {}) {
    script.files["make.sh"] = artifacts.put("make.sh", as_bytes(text));
    script.argv = {"./make.sh", "two words"};
    if (script.output.empty()) script.output = "out/parts.json";
    return compile(script);
  }
  [[nodiscard]] SimulationServices services() {
    return {.artifacts = &artifacts, .work_folder = work()};
  }
  [[nodiscard]] std::string work() const { return folder_.file("work"); }
  [[nodiscard]] std::string file(std::string_view text) const {
    write_file(folder_.file("a file.json"), as_bytes(text));
    return folder_.file("a file.json");
  }

  testing::ActivityEnvironment environment;

 private:
  durasim_test::TemporaryFolder folder_;

 public:
  FileArtifactStore artifacts;
};

std::string only_problem(const CompiledScene& scene) {
  CHECK_FALSE(scene.mjcf);
  CHECK(scene.result.verdict.code == sim::ReasonCode::InvalidGeometry);
  REQUIRE(scene.result.problems.size() == 1);
  return std::string(to_string(scene.result.problems[0].code)) + " " +
         scene.result.problems[0].part + " " + scene.result.problems[0].message;
}

bool ends_in_file(const CompiledScene& scene, Bench& bench) {
  const std::string path = bench.file(kParts);
  const SimulationRequest request = request_of(path, bench.artifacts);
  return scene.mjcf && scene.mjcf == bench.compile(request.geometry).mjcf;
}

}  // namespace

TEST_CASE("parameters: primitives with exact masses, in the unit that they state") {
  Bench bench;
  const CompiledScene scene = bench.compile(parts());
  REQUIRE(scene.result.parts.size() == 3);
  const auto mass_of = [&](std::size_t i) { return scene.result.parts[i].mass_kg; };
  CHECK(mass_of(0) == doctest::Approx(0.2 * 0.1 * 0.01 * 7850));
  CHECK(mass_of(1) == doctest::Approx(4.0 / 3 * 3.14159265358979 * 1e-6 * 1000));
  CHECK(scene.result.parts[2].name == "pin");
  CHECK(scene.metres_per_unit == 1e-3);
  CHECK(ends_in_file(scene, bench));
}

TEST_CASE("parameters that are wrong are problems of the part, all of them at once") {
  Bench bench;
  const auto problem_of = [&](const char* part) {
    sim::AssemblyParameters one = parts();
    one.parts =
        sim::parse_parameters(as_bytes(R"({"unit":"mm","parts":[)" + std::string(part) + "]}"))
            .parts;
    return only_problem(bench.compile(one));
  };
  CHECK(problem_of(R"({"name":"a","sphere":{"radius":-1}})").starts_with("BAD_SHAPE a "));
  CHECK(problem_of(R"({"name":"a"})").starts_with("BAD_SHAPE a a part needs one of"));
  CHECK(problem_of(R"({"name":"a","sphere":{"radius":1},"box":{"size":{}}})")
            .starts_with("BAD_SHAPE a a part needs one of"));
  CHECK(problem_of(R"({"name":"a","sphere":{"radius":1},"material":"cheese"})")
            .starts_with("BAD_MATERIAL a "));
  CHECK(problem_of(R"({"sphere":{"radius":1},"orientation":{"w":0}})")
            .starts_with("NOT_FINITE parts[0] "));
  sim::AssemblyParameters many = parts();
  many.unit = "";
  many.parts[0].box->size.z = 0;
  many.parts[1].material = "cheese";
  const CompiledScene scene = bench.compile(many);
  REQUIRE(scene.result.problems.size() >= 3);
  CHECK(scene.result.problems[0].code == geometry::ProblemCode::UnitRequired);
  CHECK(scene.result.problems[1].part == "plate");
  CHECK(scene.result.problems[2].part == "ball");
}

TEST_CASE("parameters as text: what is no such JSON is an unreadable file that says where") {
  Bench bench;
  const std::string path = bench.file(R"({"unit":"mm","parts":[{"name":5}]})");
  const std::string problem =
      only_problem(bench.compile(request_of(path, bench.artifacts).geometry));
  CHECK(problem.starts_with("UNREADABLE_FILE "));
  CHECK(problem.find("parts[0].name") != std::string::npos);
  CHECK_THROWS_AS((void)sim::parse_parameters(Bytes(sim::kMaxParameterBytes + 1)), LimitError);
}

TEST_CASE("a request can be made of a file whose name is not UTF-8") {
  Bench bench;
  const std::string odd = bench.file(kParts).append("caf\xE9.json");
  write_file(odd, as_bytes(std::string_view(kParts)));
  const SimulationRequest request = request_of(odd, bench.artifacts);
  CHECK(request.name == "a file.jsoncaf\uFFFD");
  CHECK_FALSE(workflow_id_of(request).empty());  // a hash of its payload
}

TEST_CASE("a URI is read when the simulation runs, and may say which bytes are meant") {
  Bench bench;
  const std::string uri = file_url(bench.file(kParts));
  CHECK(uri.find("a%20file") != std::string::npos);
  CHECK(ends_in_file(bench.compile(GeometryUri{.uri = uri}), bench));
  const std::string hash = sha256_hex(as_bytes(std::string_view(kParts)));
  CHECK(ends_in_file(bench.compile(GeometryUri{.uri = uri, .sha256 = hash}), bench));
  CHECK_THROWS_AS((void)bench.compile(GeometryUri{.uri = uri, .sha256 = std::string(64, '0')}),
                  FormatError);
  CHECK_THROWS_AS((void)bench.compile(GeometryUri{.uri = uri + "x"}), IoError);
  for (const char* strange : {"gopher://a/b", "file://elsewhere/b", "file:///a%2", "a.step", ""})
    CHECK_THROWS_AS((void)bench.compile(GeometryUri{.uri = strange}), InvalidArgument);
}

TEST_CASE("a script makes the file in a folder of its own, of which nothing is left") {
  Bench bench;
  GeometryScript script{.environment = {{"COLOUR", "red"}}};
  script.files["data/parts.json"] =
      bench.artifacts.put("parts.json", as_bytes(std::string_view(kParts)));
  const CompiledScene scene = bench.run_script(R"sh(#!/bin/sh
set -e
test "$PWD" = "$HOME"; test "$1" = "two words"; test "$COLOUR" = red
test "$(env | cut -d= -f1 | grep -v -e _ -e OLDPWD -e SHLVL | sort | tr '\n' ' ')" = "COLOUR HOME PATH PWD TMPDIR "
mkdir out
cp data/parts.json out/
)sh",
                                               script);
  CAPTURE(scene.result.verdict.detail);
  CHECK(ends_in_file(scene, bench));
  CHECK(fs::is_empty(bench.work() + "/scratch"));
}

TEST_CASE("a script that makes nothing is a verdict that says what it said") {
  Bench bench;
  const auto problem_of = [&](std::string_view text, GeometryScript script = {}) {
    return only_problem(bench.run_script(text, std::move(script)));
  };
  const auto says = [](const std::string& problem, const char* part) {
    CAPTURE(problem);
    CHECK(problem.starts_with("SCRIPT_FAILED parts "));
    CHECK(problem.find(part) != std::string::npos);
  };
  says(problem_of("#!/bin/sh\necho no such wheel >&2\nexit 3\n"),
       "exited with code 3: no such wheel");
  says(problem_of("#!/bin/sh\nkill -SEGV $$\n"), "signal 11");
  says(problem_of("#!/bin/sh\nexec tail -f /dev/null\n", {.timeout = Seconds(0.2)}), "deadline");
  says(problem_of("#!/bin/sh\nexec yes\n"), "output");
  says(problem_of("#!/bin/sh\ntrue\n"), "has ended without making out/parts.json");
  says(problem_of("#!/no/such/shell\n"), "cannot start ./make.sh");
  CHECK(fs::is_empty(bench.work() + "/scratch"));
}

TEST_CASE("scripts of two activities of one workflow have each a folder of its own") {
  Bench bench;
  const auto folder_of = [&](const char* activity) {
    bench.environment.info.activity_id = activity;
    return only_problem(bench.run_script("#!/bin/sh\necho its folder is $PWD >&2\nexit 1\n"));
  };
  const std::string first = folder_of("5");
  CAPTURE(first);
  CHECK(first.find("its folder is ") != std::string::npos);
  CHECK(folder_of("6") != first);
}

TEST_CASE("a script that somebody kills is tried again; one that leaves its folder is refused") {
  Bench bench;
  CHECK_THROWS_AS((void)bench.run_script("#!/bin/sh\nkill -KILL $$\n"), UnavailableError);
  CHECK_THROWS_AS(
      (void)bench.run_script("#!/bin/sh\nmkdir out; ln -s /etc/passwd out/parts.json\n"),
      FormatError);
  for (const char* path : {"../x", "/etc/passwd", ".", "out/../../x"}) {
    CAPTURE(path);
    CHECK_THROWS_AS((void)bench.run_script("#!/bin/sh\n", {.output = path}), InvalidArgument);
    GeometryScript script;
    script.files[path] = bench.artifacts.put("x", as_bytes(std::string_view("x")));
    CHECK_THROWS_AS((void)bench.run_script("#!/bin/sh\n", script), InvalidArgument);
  }
  CHECK_THROWS_AS((void)bench.compile(GeometryScript{.output = "x"}), InvalidArgument);
}

TEST_CASE("what a killed process has left of a script is removed by the next worker") {
  Bench bench;
  const std::string root = bench.work() + "/scratch";
  make_folders(root + "/run-1/deep");
  const ScratchFolder live(root, "run-2");
  CHECK_THROWS_AS(ScratchFolder(root, "run-2"), UnavailableError);
  const SimulationSteps steps(bench.services());
  CHECK_FALSE(fs::exists(root + "/run-1"));
  CHECK(fs::exists(live.path()));
}

namespace {

// As one whom permissions concern; root without a name service or in a container may stay itself.
class WithoutPrivileges {
 public:
  explicit WithoutPrivileges(const std::string& folder) {
    if (::geteuid() == 0 && ::chown(folder.c_str(), kNobody, kNobody) == 0)
      (void)::seteuid(kNobody);
  }
  ~WithoutPrivileges() { (void)::seteuid(::getuid()); }
  WithoutPrivileges(const WithoutPrivileges&) = delete;
  WithoutPrivileges& operator=(const WithoutPrivileges&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
};

// What a script may leave behind.
void close_folders(const std::string& path) {
  make_folders(path + "/a/b");
  write_file(path + "/a/b/f", as_bytes(std::string_view("x")));
  for (const char* folder : {"/a/b", "/a", ""}) fs::permissions(path + folder, fs::perms::none);
}

}  // namespace

TEST_CASE("folders that a script has closed to its owner are removed all the same") {
  const durasim_test::TemporaryFolder folder;
  const std::string root = folder.file("scratch");
  make_folders(root);
  fs::permissions(folder.path(), fs::perms::others_exec, fs::perm_options::add);
  const WithoutPrivileges unprivileged(root);
  {
    const ScratchFolder scratch(root, "run-1");
    close_folders(scratch.path());
  }
  CHECK_FALSE(fs::exists(root + "/run-1"));
  make_folders(root + "/run-2");
  close_folders(root + "/run-2");
  CHECK(ScratchFolder(root, "run-2").path() == root + "/run-2");  // anew
  make_folders(root + "/run-3");
  close_folders(root + "/run-3");
  ScratchFolder::sweep(root, Logger());
  CHECK_FALSE(fs::exists(root + "/run-3"));
}

TEST_CASE("what cannot be removed of a script is told and left, and keeps nobody from starting") {
  const durasim_test::TemporaryFolder folder;
  const std::string root = folder.file("scratch");
  make_folders(root + "/run-1/of-root/deep");
  make_folders(root + "/run-2");
  fs::permissions(folder.path(), fs::perms::others_exec, fs::perm_options::add);
  fs::permissions(root + "/run-1", fs::perms::others_all, fs::perm_options::add);
  const WithoutPrivileges unprivileged(root);
  if (::getuid() != 0 || ::geteuid() == 0) {
    MESSAGE("skipped: only root can leave behind what it cannot remove as somebody else");
    return;
  }
  std::vector<std::string> told;
  ScratchFolder::sweep(root,
                       Logger([&](const LogRecord& record) { told.emplace_back(record.message); },
                              LogLevel::Warning));
  REQUIRE(told.size() == 1);
  CHECK(told.front().find("cannot remove " + root + "/run-1") != std::string::npos);
  CHECK_FALSE(fs::exists(root + "/run-2"));
}

TEST_CASE("a script and what it has started end with the process that runs it") {
  // The shell is the parent; the script is in a session of its own, so that only its parent's death
  // ends it. It finds no child that it has not started.
  const durasim_test::TemporaryFolder folder;
  const ProcessResult result =
      PosixProcessRunner().run({.program = "/bin/sh",
                                .arguments = {"-c", R"(
setsid ")" DURASIM_BUILD R"(/libexec/durasim/durasim-supervisor" --with-parent $$ / \
  /bin/sh -c 'read -r children < /proc/$$/task/$$/children; tail -f /dev/null &
              echo "$children" $$ $! end; exec tail -f /dev/null' > "$TMPDIR/pids" &
until grep -q end "$TMPDIR/pids" 2> /dev/null; do :; done
cat "$TMPDIR/pids"
kill -KILL $$
)"},
                                .environment = {"TMPDIR=" + folder.path().string()},
                                .max_file_bytes = 1 << 20});
  CAPTURE(result.error_tail);
  REQUIRE(result.signal == SIGKILL);
  std::istringstream words{std::string(as_text(result.output))};
  const std::vector<std::string> pids{std::istream_iterator<std::string>(words), {}};
  REQUIRE(pids.size() == 3);
  for (const std::size_t i : {0U, 1U}) {
    // One that has ended and is not reaped has no command line.
    while (std::ifstream("/proc/" + pids[i] + "/cmdline").peek() != EOF) {
    }
  }
}
