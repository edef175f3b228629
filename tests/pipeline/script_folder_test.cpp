// A script's folder: what its files say about who owns the script, at every moment.
#include "pipeline/script_folder.hpp"

#include "pipeline/script_fixture.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using namespace durasim;
using namespace durasim::pipeline;
using durasim_test::TemporaryFolder;

namespace {

ScriptFolder prepared(const TemporaryFolder& temporary) {
  auto folder = ScriptFolder::open(temporary.path());
  REQUIRE(folder);
  folder->write(kOrderFile, to_text(ScriptOrder{}));
  return *std::move(folder);
}

}  // namespace

TEST_CASE("a folder is prepared, running while its claim is locked, lost without a record, ended") {
  const TemporaryFolder temporary;
  const ScriptFolder folder = prepared(temporary);
  CHECK(folder.state() == ScriptState::Prepared);
  {
    const auto claim = folder.take_claim();
    REQUIRE(claim);
    CHECK(folder.state() == ScriptState::Running);
    CHECK_FALSE(folder.take_claim());
  }
  CHECK(folder.state() == ScriptState::Lost);
  CHECK_FALSE(folder.take_claim());    // never again
  CHECK(temporary.file_count() == 2);  // order and claim
  folder.write(kExitFile, to_text(ScriptExit{.exit_code = 3}));
  CHECK(folder.state() == ScriptState::Ended);
  CHECK(folder.exit().exit_code == 3);
  CHECK_FALSE(ScriptFolder::open(temporary.file("none")));
}

TEST_CASE("a folder that is being removed, or is gone, is never taken for one to be started") {
  const TemporaryFolder temporary;
  const ScriptFolder folder = prepared(temporary);
  CHECK(folder.take_claim());
  folder.remove_order();
  CHECK(folder.state() == ScriptState::Lost);
  std::filesystem::remove(temporary.file(kClaimFile));
  CHECK(folder.state() == ScriptState::Lost);
  std::filesystem::remove(temporary.path());
  CHECK(folder.state() == ScriptState::Lost);
}

TEST_CASE("nobody ever sees a claim that is not locked yet") {
  for (int round = 0; round < 100; ++round) {
    const TemporaryFolder temporary;
    const ScriptFolder folder = prepared(temporary);
    std::optional<Descriptor> claim;
    std::thread supervisor([&] { claim = folder.take_claim(); });
    const auto seen = ScriptFolder::open(temporary.path());
    ScriptState state = seen->state();
    while (state == ScriptState::Prepared) state = seen->state();
    supervisor.join();
    REQUIRE(state == ScriptState::Running);
    REQUIRE(claim);
  }
}

TEST_CASE("of two that claim one folder at the same time one gets it") {
  for (int round = 0; round < 100; ++round) {
    const TemporaryFolder temporary;
    std::optional<Descriptor> first;
    std::optional<Descriptor> second;
    std::thread other([&] { first = ScriptFolder::open(temporary.path())->take_claim(); });
    second = ScriptFolder::open(temporary.path())->take_claim();
    other.join();
    REQUIRE(first.has_value() != second.has_value());
    REQUIRE(temporary.file_count() == 1);
  }
}

TEST_CASE("a kept output is put into its order") {
  const TemporaryFolder temporary;
  const auto folder = ScriptFolder::open(temporary.path());
  std::ofstream(temporary.file("stdout")) << "56781234";
  CHECK(folder->output("stdout", {.bytes = 8}) == "56781234");
  CHECK(folder->output("stdout", {.bytes = 20}) == "12345678");
  CHECK(folder->output("stdout", {.bytes = 16}) == "56781234");
  CHECK(folder->output("stdout", {.bytes = 20, .damaged = true}) == "56781234");
}

TEST_CASE("a request to stop disturbs nobody where no one listens") {
  const TemporaryFolder temporary;
  const durasim_test::Fifo control(temporary.file(kControlFile));
  ScriptFolder::open(temporary.path())->ask_to_stop();
  control.say("");
  CHECK(control.hear() == "x");
}
