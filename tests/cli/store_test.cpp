// durasim check and durasim backup from outside.
#include "durasim/store/sqlite.hpp"

#include "cli/run_cli.hpp"
#include "temporary_folder.hpp"
#include "testing/store_rows.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace durasim;
using durasim_test::CliRun;
using durasim_test::run_cli;
using durasim_test::TemporaryFolder;

namespace {

void make_store(const std::string& path) {
  store::SqliteStore store({.path = path});
  store::Transition start = testing::start_of("run \x1b[31m", "id");
  testing::add_events(start, {"an event that is easy to find"});
  store.commit({&start, 1});
}

void damage(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::size_t at = bytes.find("easy to find");
  REQUIRE(at != std::string::npos);
  file.seekp(static_cast<std::streamoff>(at));
  file.put('X');
}

}  // namespace

TEST_CASE("check says that a store is well, as text and as JSON") {
  const TemporaryFolder folder;
  make_store(folder.file("x.db"));
  const CliRun text = run_cli({"check", "--store", folder.file("x.db")});
  CHECK(text.exit_code == 0);
  CHECK(text.out.find("1 runs (1 open), 3 events") != std::string::npos);
  const CliRun json = run_cli({"check", "--store", folder.file("x.db"), "--json"});
  CHECK(json.exit_code == 0);
  CHECK(json.json().at("ok").as_bool());
  CHECK(json.json().at("durability") == "power_loss");
  CHECK(json.json().at("commit_number").as_int64() == 1);
  CHECK(json.json().at("findings").as_array().empty());
}

TEST_CASE("check names a damaged run without letting its name steer the terminal") {
  const TemporaryFolder folder;
  make_store(folder.file("x.db"));
  damage(folder.file("x.db"));
  const CliRun text = run_cli({"check", "--store", folder.file("x.db")});
  CHECK(text.exit_code == 2);
  CHECK(text.out.find("DAMAGED history") != std::string::npos);
  CHECK(text.out.find('\x1b') == std::string::npos);
  const CliRun json = run_cli({"check", "--store", folder.file("x.db"), "--json"});
  CHECK(json.exit_code == 2);
  CHECK(json.json().at("findings").as_array().at(0).as_object().at("run_id") == "run \\x1b[31m");
}

TEST_CASE("backup copies, also what is damaged, and overwrites nothing") {
  const TemporaryFolder folder;
  make_store(folder.file("x.db"));
  CHECK(run_cli({"backup", "--store", folder.file("x.db"), folder.file("copy.db")}).exit_code == 0);
  CHECK(run_cli({"check", "--store", folder.file("copy.db")}).exit_code == 0);
  const CliRun again = run_cli({"backup", "--store", folder.file("x.db"), folder.file("copy.db")});
  CHECK(again.exit_code == 1);
  CHECK(again.err.find("copy.db exists") != std::string::npos);
  damage(folder.file("x.db"));
  CHECK(run_cli({"backup", "--store", folder.file("x.db"), folder.file("two.db")}).exit_code == 2);
  CHECK(std::filesystem::exists(folder.file("two.db")));
}

TEST_CASE("what is no store is said to be none") {
  const TemporaryFolder folder;
  const CliRun none = run_cli({"check", "--store", folder.file("none.db"), "--json"});
  CHECK(none.exit_code == 1);
  CHECK(std::string(none.json().at("error").as_string()).find("there is no store") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.file("none.db")));
  std::ofstream(folder.file("text.db")) << "this is a text";
  const CliRun text = run_cli({"backup", "--store", folder.file("text.db"), folder.file("out.db")});
  CHECK(text.exit_code == 1);
  CHECK(text.err.find("no SQLite database") != std::string::npos);
}

TEST_CASE("the help of both verbs teaches, and version names SQLite") {
  CHECK(run_cli({"check", "--help"}).out.find("durasim check --store") != std::string::npos);
  CHECK(run_cli({"backup", "--help"}).out.find("go back to a copy") != std::string::npos);
  CHECK(run_cli({"version"}).out.find(store::sqlite_version()) != std::string::npos);
}
