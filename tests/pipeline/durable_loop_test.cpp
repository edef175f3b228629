// Stepping that is interrupted anywhere ends in the state, with the verdict, the metrics and the
// recording of a run that never was.
#include "pipeline/durable_loop.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"

#include "durable_loop_fixture.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
using namespace durasim_test;
namespace fs = std::filesystem;

namespace {

void cut(const std::string& path, std::uintmax_t bytes) {
  fs::resize_file(path, fs::file_size(path) - bytes);
}

}  // namespace

TEST_CASE("a run that is stopped anywhere, again and again, ends as one that never was") {
  const TemporaryFolder folder;
  const Ended whole = *Runs(folder.file("whole")).attempt(kToTheEnd);
  CHECK(whole.metrics.steps == 1500);
  CHECK(whole.resumed_from == 0);
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::minstd_rand random(seed);
  for (int round = 0; round < 5; ++round) {
    const Runs runs(folder.file("parts" + std::to_string(round)));
    std::optional<Ended> ended;
    while (!ended) ended = runs.attempt(static_cast<std::int64_t>(random() % 400));
    check_same(*ended, whole);
    CHECK(ended->resumed_from > 0);
    CHECK(ended->restarted_because.empty());
  }
}

TEST_CASE("what a death leaves behind its last checkpoint is cut off, and made again") {
  const TemporaryFolder folder;
  const Ended whole = *Runs(folder.file("whole")).attempt(kToTheEnd);
  const Runs runs(folder.file("run"));
  REQUIRE_FALSE(runs.attempt(700));
  const std::int64_t newest = runs.saved().front().step;
  SUBCASE("frames that were recorded after it") {
    Bytes bytes = read_file(runs.recording());
    const Bytes tail(bytes.end() - 300, bytes.end());
    bytes.insert(bytes.end(), tail.begin(), tail.end());
    write_file(runs.recording(), bytes);
    const Ended ended = *runs.attempt(kToTheEnd);
    check_same(ended, whole);
    CHECK(ended.resumed_from == newest);
  }
  SUBCASE("a newest checkpoint that is torn: the one before it is taken") {
    REQUIRE(runs.saved().size() == 2);
    cut(runs.saved().front().path, 1);
    const std::int64_t before = runs.saved().back().step;
    CHECK(before < newest);
    const Ended ended = *runs.attempt(kToTheEnd);
    check_same(ended, whole);
    CHECK(ended.resumed_from == before);
  }
  SUBCASE("a recording that is shorter than a checkpoint says: it begins again") {
    cut(runs.recording(), fs::file_size(runs.recording()) / 2);
    const Ended ended = *runs.attempt(kToTheEnd);
    check_same(ended, whole);
    CHECK(ended.resumed_from == 0);
  }
  SUBCASE("files that are none of ours") {
    write_file(folder.file("run/checkpoint-12"), as_bytes("x"));
    write_file(folder.file("run/checkpoint-99999-0"), as_bytes("x"));
    write_file(folder.file("run/.1234.checkpoint-7-7"), as_bytes("x"));
    check_same(*runs.attempt(kToTheEnd), whole);
  }
}

TEST_CASE("a checkpoint of another model is not continued: the run begins again and says so") {
  const TemporaryFolder folder;
  const Runs runs(folder.file("run"));
  REQUIRE_FALSE(runs.attempt(500));
  std::string other = kTumbling;
  other.replace(other.find(".08"), 3, ".09");
  const Ended ended = *runs.attempt(kToTheEnd, other);
  CHECK(ended.resumed_from == 0);
  CHECK(ended.restarted_because.find("model") != std::string::npos);
  CHECK(ended.hash == Runs(folder.file("other")).attempt(kToTheEnd, other)->hash);
}

TEST_CASE(
    "a run that has begun again goes on from its own checkpoints, not from older, later ones") {
  const TemporaryFolder folder;
  const Runs runs(folder.file("run"));
  REQUIRE_FALSE(runs.attempt(1000));
  std::string other = kTumbling;
  other.replace(other.find(".08"), 3, ".09");
  REQUIRE_FALSE(runs.attempt(200, other));
  const Ended ended = *runs.attempt(kToTheEnd, other);
  CHECK(ended.resumed_from > 0);
  CHECK(ended.restarted_because.empty());
  CHECK(ended.hash == Runs(folder.file("other")).attempt(kToTheEnd, other)->hash);
}

TEST_CASE(
    "attempts are counted from one checkpoint to the next, those that are forgotten are not") {
  const TemporaryFolder folder;
  const Runs runs(folder.file("run"));
  const auto begin = [&] { return RunFolder(folder.file("run")).begin_attempt(); };
  CHECK(begin().count == 1);
  CHECK(begin().count == 2);
  RunFolder(folder.file("run")).forget_attempt();
  CHECK(begin().count == 2);
  REQUIRE_FALSE(runs.attempt(500));
  const RunFolder::Attempts later = begin();
  CHECK(later.step == runs.saved().front().step);
  CHECK(later.count == 1);
  CHECK(begin().count == 2);
  for (int i = 0; i < 3; ++i) RunFolder(folder.file("run")).forget_attempt();
  CHECK(begin().count == 1);
}

TEST_CASE(
    "a model whose state cannot be saved is stepped without checkpoints, from the start each "
    "time") {
  const TemporaryFolder folder;
  const Runs runs(folder.file("run"));
  std::string mjcf = kTumbling;
  mjcf.replace(mjcf.find("/><worldbody>"), 2,
               R"( integrator="discrete"><flag ipc="enable"/></option>)");
  REQUIRE_FALSE(runs.attempt(500, mjcf));
  CHECK(runs.saved().empty());
  const Ended ended = *runs.attempt(kToTheEnd, mjcf);
  CHECK(ended.resumed_from == 0);
  CHECK(ended.restarted_because.find("ipc") != std::string::npos);
  const Ended whole = *Runs(folder.file("whole")).attempt(kToTheEnd, mjcf);
  CHECK(whole.restarted_because.empty());
  check_same(ended, whole);
}

TEST_CASE("one attempt at a time has the folder") {
  const TemporaryFolder folder;
  {
    const RunFolder first(folder.file("run"));
    CHECK_THROWS_AS(RunFolder(folder.file("run")), UnavailableError);
  }
  const RunFolder second(folder.file("run"));
}
