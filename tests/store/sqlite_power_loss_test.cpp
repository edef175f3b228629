// Nothing acknowledged is lost and nothing is there by halves, wherever the machine stops and
// whatever becomes of unsynced writes; and a store that has promised less says so.
#include "store/sqlite_script.hpp"
#include "stride.hpp"

#include <doctest/doctest.h>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

// Counts what the script needs, undisturbed.
std::uint64_t changes_of(const std::vector<Step>& script) {
  ScriptRun run(1, true);
  REQUIRE(run.run(script));
  REQUIRE(run.compare() == "");
  REQUIRE(run.check() == "");
  return run.files().changes();
}

std::string crash_at(std::uint64_t change, Crash mode, bool safe_overwrites,
                     const std::vector<Step>& script) {
  ScriptRun run(change + 1, safe_overwrites);
  run.files().stop_after(change);
  run.run(script);
  run.crash(mode);
  if (std::string problem = run.reopen_and_compare(); !problem.empty()) return problem;
  // What an open has shown is durable, whatever comes next.
  run.crash(Crash::DropAll);
  if (std::string problem = run.reopen_and_compare(); !problem.empty()) {
    return "after a second crash: " + problem;
  }
  return run.check();
}

}  // namespace

TEST_CASE("a machine that stops at any change loses nothing acknowledged, in every kind of crash") {
  const std::vector<Step> script = make_script(8);
  const std::uint64_t changes = changes_of(script);
  MESSAGE(changes << " changes, each a crash point, of which one in " << kStride << " is tried");
  for (std::uint64_t at = 0; at < changes; at += kStride) {
    for (std::size_t i = 0; i < kCrashes.size(); i += 2) {
      const Crash mode = kCrashes.at((at + i) % kCrashes.size());
      CAPTURE(at);
      CAPTURE(static_cast<int>(mode));
      REQUIRE(crash_at(at, mode, at % 3 != 0, script) == "");
    }
  }
}

TEST_CASE("a crash within a recovery is recovered from") {
  const std::vector<Step> script = make_script(6);
  for (std::uint64_t seed = 1; seed <= 60; seed += kStride) {
    CAPTURE(seed);
    ScriptRun run(seed, seed % 2 == 0);
    run.files().stop_after(40 + seed * 7);
    run.run(script);
    run.crash(kCrashes.at(seed % kCrashes.size()));
    for (std::uint64_t at = 0; at < 12; ++at) {
      run.files().stop_after(at);
      try {
        run.open();
      } catch (const Error&) {
        CHECK(run.files().stopped());
      }
      run.crash(kCrashes.at((seed + at) % kCrashes.size()));
    }
    REQUIRE(run.reopen_and_compare() == "");
    REQUIRE(run.check() == "");
  }
}
