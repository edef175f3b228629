// The durasim program from outside: exit codes, one JSON object on standard output, clear messages,
// real files.
#include "durasim/core/files.hpp"

#include "cli/run_cli.hpp"
#include "core/descriptor.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>

using durasim_test::CliRun;
using durasim_test::run_cli;
using durasim_test::TemporaryFolder;

namespace {

const std::string kData = DURASIM_TEST_DATA;

bool has_data() {
  if (std::filesystem::exists(kData + "/cad/screw.step")) return true;
  MESSAGE("skipped: no input files in " << kData);
  return false;
}

// A closed cube of 10 units with its lower corner at the origin.
std::string cube_obj() {
  std::string text;
  for (const char* v :
       {"0 0 0", "10 0 0", "0 10 0", "10 10 0", "0 0 10", "10 0 10", "0 10 10", "10 10 10"}) {
    text += std::string("v ") + v + "\n";
  }
  return text + "f 1 3 4 2\nf 5 6 8 7\nf 1 2 6 5\nf 3 7 8 4\nf 1 5 7 3\nf 2 4 8 6\n";
}

std::string text_of(const boost::json::value& value) {
  return std::string(value.as_string());
}

}  // namespace

TEST_CASE("simulate --json prints exactly one object, and the exit code is the verdict") {
  const TemporaryFolder folder;
  durasim::write_file(folder.file("cube.obj"), durasim::as_bytes(cube_obj()));
  const CliRun run = run_cli({"simulate", folder.file("cube.obj"), "--unit", "mm", "--duration",
                              "0.2", "--no-video", "--out", folder.file("out"), "--json"});
  CHECK(run.exit_code == 0);
  CHECK(run.out.find('\n') == run.out.size() - 1);
  const auto json = run.json();
  CHECK(json.at("outcome") == "SUCCESS");
  CHECK(json.at("reason").as_object().at("code") == "STABLE");
  CHECK(json.at("metrics").as_object().at("steps").as_int64() == 100);
  CHECK(text_of(json.at("final_state_hash")).size() == 64);
  CHECK(text_of(json.at("provenance").as_object().at("input_sha256")).size() == 64);
  CHECK(json.at("video_url").is_null());
  CHECK(std::filesystem::exists(folder.file("out") + "/report.md"));
}

TEST_CASE("the same command twice gives the same state hash, another gravity another one") {
  const TemporaryFolder folder;
  durasim::write_file(folder.file("cube.obj"), durasim::as_bytes(cube_obj()));
  const auto hash = [&](const char* gravity) {
    const CliRun run = run_cli({"simulate", folder.file("cube.obj"), "--unit", "mm", "--duration",
                                "0.1", "--no-video", "--floor", "-50", "--out", folder.file("out"),
                                "--gravity", gravity, "--json"});
    return text_of(run.json().at("final_state_hash"));
  };
  CHECK(hash("9.81") == hash("9.81"));
  CHECK(hash("9.81") != hash("1.62"));
}

TEST_CASE("goal, forbidden box and bounds are in the file's unit, and decide the exit code") {
  const TemporaryFolder folder;
  durasim::write_file(folder.file("cube.obj"), durasim::as_bytes(cube_obj()));
  const auto code = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{
        "simulate", folder.file("cube.obj"), "--unit", "mm", "--duration", "1", "--no-video",
        "--out",    folder.file("out"),      "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CliRun run = run_cli(arguments);
    return std::pair(run.exit_code, text_of(run.json().at("reason").as_object().at("code")));
  };
  CHECK(code({"--goal", "10,10,10,0,0,0"}) == std::pair(0, std::string("GOAL_REACHED")));
  CHECK(code({"--goal", "100,100,100,200,200,200"}) == std::pair(2, std::string("TIMEOUT")));
  CHECK(code({"--forbid", "9,9,9,20,20,20"}) == std::pair(2, std::string("FORBID_ZONE_HIT")));
  CHECK(code({"--bounds", "0,0,6,10,10,10"}) == std::pair(2, std::string("OUT_OF_BOUNDS")));
}

TEST_CASE(
    "bad geometry exits with 2 and names the problem, a missing file with 1 and an error object") {
  const TemporaryFolder folder;
  durasim::write_file(folder.file("cube.obj"), durasim::as_bytes(cube_obj()));
  const CliRun unit =
      run_cli({"simulate", folder.file("cube.obj"), "--out", folder.file("out"), "--json"});
  CHECK(unit.exit_code == 2);
  CHECK(unit.json().at("reason").as_object().at("code") == "INVALID_GEOMETRY");
  CHECK(text_of(unit.json().at("reason").as_object().at("detail")).find("UNIT_REQUIRED") !=
        std::string::npos);
  CHECK(unit.json().at("final_state_hash").is_null());
  const CliRun missing = run_cli({"simulate", folder.file("no.step"), "--json"});
  CHECK(missing.exit_code == 1);
  CHECK(missing.json().contains("error"));
  CHECK_FALSE(missing.json().contains("outcome"));
  CHECK(missing.err.find("no.step") != std::string::npos);
}

TEST_CASE("usage errors exit with 1 and say what to write") {
  CHECK(run_cli({}).exit_code == 1);
  CHECK(run_cli({"fly"}).exit_code == 1);
  CHECK(run_cli({"simulate"}).exit_code == 1);
  const TemporaryFolder folder;
  durasim::write_file(folder.file("cube.obj"), durasim::as_bytes(cube_obj()));
  const auto refused = [&](const std::vector<std::string>& more, const char* text) {
    std::vector<std::string> arguments{"simulate", folder.file("cube.obj"), "--unit", "mm",
                                       "--out",    folder.file("out"),      "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CliRun run = run_cli(arguments);
    CAPTURE(text);
    CHECK(run.exit_code == 1);
    CHECK(run.json().contains("error"));
    CHECK(run.err.find(text) != std::string::npos);
  };
  refused({"--goal", "1,2,3"}, "--goal");
  refused({"--size", "641x480"}, "--size");
  refused({"--duration", "soon"}, "soon");
  refused({"--fixed", "lid"}, "lid");
  refused({"--material", "unobtainium"}, "unobtainium");
  refused({"--floor", "low"}, "--floor");
  refused({"--seed", "-1"}, "--seed");
  refused({"--import-memory", "-1"}, "--import-memory");
  refused({"--import-memory", "17592186044416"}, "--import-memory");
  refused({"--import-deadline", "1e300"}, "--import-deadline");
  refused({"--import-deadline", "inf"}, "--import-deadline");
  refused({"--fixed", "[a,b]"}, "[a,b]");
  CHECK_FALSE(std::filesystem::exists(folder.file("out")));
}

TEST_CASE("options that may be repeated leave FILE alone") {
  const TemporaryFolder folder;
  const std::string file = folder.file("cube.obj");
  durasim::write_file(file, durasim::as_bytes(cube_obj()));
  const CliRun fixed = run_cli({"inspect", "--unit", "mm", "--fixed", "lid", file});
  CHECK(fixed.err.find("lid") != std::string::npos);
  CHECK(fixed.err.find("FILE is required") == std::string::npos);
  const CliRun forbid =
      run_cli({"simulate", "--unit", "mm", "--duration", "0.1", "--no-video", "--out",
               folder.file("out"), "--json", "--forbid", "9,9,9,20,20,20", file});
  CHECK(forbid.json().at("reason").as_object().at("code") == "FORBID_ZONE_HIT");
  CHECK(run_cli({"simulate", ""}).err.find("FILE: the path is empty") != std::string::npos);
}

TEST_CASE("options of durable simulations are refused without --durable, unless preset") {
  const TemporaryFolder folder;
  durasim::write_file(folder.file("cube.obj"), durasim::as_bytes(cube_obj()));
  std::vector<std::string> line{
      "simulate", folder.file("cube.obj"), "--unit",    "mm", "--duration", "0.1",
      "--out",    folder.file("out"),      "--no-video"};
  const std::string store = folder.file("x.db");
  CHECK(run_cli(line, {"DURASIM_STORE=" + store}).exit_code == 0);
  for (const char* option : {"--store", "--artifacts", "--trace"}) {
    std::vector<std::string> typed = line;
    typed.insert(typed.end(), {option, store});
    const CliRun run = run_cli(typed);
    CHECK(run.exit_code == 1);
    CHECK(run.err.find(option) != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(store));
}

TEST_CASE("the progress bar fits the terminal") {
  const durasim::Descriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE((::grantpt(terminal.get()) == 0 && ::unlockpt(terminal.get()) == 0));
  const TemporaryFolder folder;
  durasim::write_file(folder.file("cube.obj"), durasim::as_bytes(cube_obj()));
  for (const std::size_t columns : {40U, 80U, 200U}) {
    CAPTURE(columns);
    const winsize size{24, static_cast<unsigned short>(columns), 0, 0};
    REQUIRE(::ioctl(terminal.get(), TIOCSWINSZ, &size) == 0);
    const std::string line = DURASIM_BUILD_BIN "/durasim simulate " + folder.file("cube.obj") +
                             " --unit mm --duration 0.2 --no-video --out " + folder.file("out") +
                             " 2>" + ::ptsname(terminal.get());
    REQUIRE(durasim_test::run_program("/bin/sh", {"-c", line}).exit_code == 0);
    std::string shown(1 << 16, '\0');
    shown.resize(static_cast<std::size_t>(::read(terminal.get(), shown.data(), shown.size())));
    std::size_t longest = 0;
    for (std::size_t at = shown.find("\033[K"); at != std::string::npos;) {
      const std::size_t begin = at + 3;
      at = shown.find("\033[K", begin);
      longest = std::max(longest, shown.substr(begin, at - begin).find_first_of("\r\n"));
    }
    CHECK(longest > 30);
    CHECK(longest < columns);
    CHECK((shown.find("[####") != std::string::npos) == (columns == 200));
    CHECK((shown.find("ETA 0 s") != std::string::npos) == (columns > 40));
  }
}

TEST_CASE("--help teaches: every verb shows options and examples") {
  const CliRun help = run_cli({"simulate", "--help"});
  CHECK(help.exit_code == 0);
  for (const char* word : {"--goal", "--forbid", "--bounds", "--rigid", "Exit codes", "Examples"}) {
    CAPTURE(word);
    CHECK(help.out.find(word) != std::string::npos);
  }
  CHECK(run_cli({"--help"}).exit_code == 0);
}

TEST_CASE("version prints a name and a version a line, with MuJoCo and the helper's OpenCASCADE") {
  const CliRun run = run_cli({"version"});
  CHECK(run.exit_code == 0);
  for (const char* word :
       {"durasim ", "MuJoCo 4", "OpenCASCADE 7", "libavcodec ", "OpenSSL 3", "fmt "}) {
    CAPTURE(word);
    CHECK(run.out.find(word) != std::string::npos);
  }
}

TEST_CASE("doctor reports each of the four parts") {
  const CliRun run = run_cli({"doctor"});
  for (const char* word : {"physics", "geometry helper", "rendering", "video encoder"}) {
    CAPTURE(word);
    CHECK(run.out.find(word) != std::string::npos);
  }
  CHECK(run.out.find("ok    physics") != std::string::npos);
  CHECK((run.exit_code == 0) == (run.out.find("FAIL") == std::string::npos));
}

TEST_CASE("make_assembly writes the same bytes each time") {
  const std::string program = DURASIM_BUILD_BIN "/make_assembly";
  if (!std::filesystem::exists(program)) {
    MESSAGE("skipped: built without the examples");
    return;
  }
  const TemporaryFolder folder;
  for (const char* name : {"first.step", "second.step"})
    REQUIRE(durasim_test::run_program(program, {folder.file(name)}).exit_code == 0);
  CHECK(durasim::read_file(folder.file("first.step")) ==
        durasim::read_file(folder.file("second.step")));
}

TEST_CASE("inspect shows exact masses of a real assembly and its unit") {
  if (!has_data()) return;
  const CliRun run = run_cli({"inspect", kData + "/cad/red_cube_blue_cylinder.step", "--json"});
  CHECK(run.exit_code == 0);
  const auto json = run.json();
  CHECK(json.at("errors").as_array().empty());
  const auto& parts = json.at("parts").as_array();
  REQUIRE(parts.size() == 2);
  for (const auto& part : parts) {
    const auto& p = part.as_object();
    if (p.at("name") == "red_cube") {
      CHECK(p.at("volume_m3").as_double() == doctest::Approx(1e-6).epsilon(1e-9));
      CHECK(p.at("collision") == "box");
    }
    CHECK(p.at("inertia_kg_m2").as_array().size() == 6);
  }
  CHECK(run_cli({"inspect", kData + "/cad/motor.stl", "--json"}).exit_code == 2);
}

TEST_CASE("the real files simulate: linkrods, screw, the cube and cylinder, the motor") {
  if (!has_data()) return;
  const TemporaryFolder folder;
  for (const auto& [file, unit] :
       {std::pair{"linkrods.step", ""}, std::pair{"screw.step", ""},
        std::pair{"red_cube_blue_cylinder.step", ""}, std::pair{"motor.stl", "mm"}}) {
    CAPTURE(file);
    std::vector<std::string> arguments{
        "simulate", kData + "/cad/" + file, "--duration", "0.2", "--no-video",
        "--out",    folder.file("out"),     "--json"};
    if (*unit != 0) arguments.insert(arguments.end(), {"--unit", unit});
    const CliRun run = run_cli(arguments);
    CHECK(run.exit_code == 0);
    CHECK(run.json().at("outcome") == "SUCCESS");
  }
}

TEST_CASE("an MJCF file simulates with what lies beside it, and takes no geometry options") {
  if (!has_data()) return;
  const TemporaryFolder folder;
  const CliRun run = run_cli({"simulate", kData + "/mjcf/humanoid.xml", "--duration", "0.1",
                              "--no-video", "--out", folder.file("out"), "--json"});
  CHECK(run.exit_code == 0);
  CHECK(run.json().at("outcome") == "SUCCESS");
  const CliRun unit = run_cli({"simulate", kData + "/mjcf/humanoid.xml", "--unit", "mm", "--json"});
  CHECK(unit.exit_code == 1);
  CHECK(unit.err.find("--unit") != std::string::npos);
}

TEST_CASE("a damaged STEP file is a FAIL with the reason; a missing helper is an error") {
  if (!has_data()) return;
  const TemporaryFolder folder;
  durasim::Bytes bytes = durasim::read_file(kData + "/cad/screw.step");
  bytes.resize(bytes.size() / 2);
  durasim::write_file(folder.file("cut.step"), bytes);
  const CliRun cut =
      run_cli({"simulate", folder.file("cut.step"), "--out", folder.file("out"), "--json"});
  CHECK(cut.exit_code == 2);
  CHECK(cut.json().at("reason").as_object().at("code") == "INVALID_GEOMETRY");
  durasim::write_file(folder.file("wrong.step"), durasim::as_bytes("not a STEP file"));
  CHECK(run_cli({"simulate", folder.file("wrong.step"), "--out", folder.file("out"), "--json"})
            .exit_code == 2);
}
