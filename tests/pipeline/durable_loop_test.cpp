// Stepping that is interrupted anywhere ends in the state, with the verdict, the metrics and the
// recording of a run that never was.
#include "pipeline/durable_loop.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"

#include "sim/mjcf_models.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;
namespace fs = std::filesystem;

namespace {

// Bodies that bounce and slide for all of the run.
const std::string kTumbling = R"(<mujoco><option timestep="0.002"/><worldbody>
  <geom type="plane" size="5 5 1"/>
  <body pos="0 0 1"><freejoint/><geom type="box" size=".1 .07 .05" euler="20 30 0"/></body>
  <body pos=".05 0 1.4"><freejoint/><geom type="capsule" size=".04 .1" euler="40 0 70"/></body>
  <body pos="0 .1 1.8"><freejoint/><geom type="sphere" size=".08"/></body>
  </worldbody></mujoco>)";

sim::LoopOptions three_seconds() {
  sim::LoopOptions options;
  options.duration = Seconds(3);
  options.seed = 7;
  return options;
}

struct Ended {
  std::string hash;
  sim::Verdict verdict;
  sim::Metrics metrics;
  Bytes recording;
  std::int64_t resumed_from = 0;
  std::string restarted_because;
};

// Beats after every step, and saves after some twenty: the clock moves on each time it is asked.
struct Hurried final : Clock {
  mutable SteadyTime now{};
  [[nodiscard]] WallTime wall_now() const override { return {}; }
  [[nodiscard]] SteadyTime steady_now() const override {
    now += std::chrono::milliseconds(21);
    return now;
  }
};

class Runs {
 public:
  explicit Runs(std::string path) : path_(std::move(path)) {}

  // Until the stop, which comes after `beats` beats; nothing when that was before the end.
  std::optional<Ended> attempt(std::int64_t beats, const std::string& xml = kTumbling) const {
    const Hurried clock;
    sim::LoopOptions options = three_seconds();
    options.clock = &clock;
    RunFolder folder(path_);
    DurableLoop durable(folder, sim::Model::compile({xml, {}}), std::move(options), 30, Logger(),
                        {Seconds(1), Seconds(1)});
    std::stop_source stop;
    const bool ended = durable.run(stop.get_token(), [&](const auto&, const auto&) {
      if (--beats < 0) stop.request_stop();
    });
    if (!ended) return std::nullopt;
    const sim::SimulationLoop& loop = durable.loop();
    return Ended{loop.final_state_hash(),
                 *loop.verdict(),
                 loop.metrics(),
                 read_file(folder.trajectory()),
                 durable.resumed_from_step(),
                 durable.restarted_because()};
  }

  // The files of the newest checkpoint and the one before.
  [[nodiscard]] std::vector<RunFolder::Saved> saved() const { return RunFolder(path_).saved(); }
  [[nodiscard]] std::string recording() const { return path_ + "/trajectory.dstraj"; }

 private:
  std::string path_;
};

constexpr std::int64_t kToTheEnd = 1'000'000;

void check_same(const Ended& a, const Ended& b) {
  CHECK(a.hash == b.hash);
  CHECK(a.verdict.code == b.verdict.code);
  CHECK(a.verdict.time == b.verdict.time);
  CHECK(a.metrics.max_contact_force_n == b.metrics.max_contact_force_n);
  CHECK(a.metrics.max_kinetic_energy_j == b.metrics.max_kinetic_energy_j);
  CHECK(a.metrics.steps == b.metrics.steps);
  CHECK(a.recording == b.recording);
}

void cut(const std::string& path, std::uintmax_t bytes) {
  fs::resize_file(path, fs::file_size(path) - bytes);
}

}  // namespace

TEST_CASE("a run that is stopped anywhere, again and again, ends as one that never was") {
  const durasim_test::TemporaryFolder folder;
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
  const durasim_test::TemporaryFolder folder;
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
  const durasim_test::TemporaryFolder folder;
  const Runs runs(folder.file("run"));
  REQUIRE_FALSE(runs.attempt(500));
  std::string other = kTumbling;
  other.replace(other.find(".08"), 3, ".09");
  const Ended ended = *runs.attempt(kToTheEnd, other);
  CHECK(ended.resumed_from == 0);
  CHECK(ended.restarted_because.find("model") != std::string::npos);
  CHECK(ended.hash == Runs(folder.file("other")).attempt(kToTheEnd, other)->hash);
}

TEST_CASE("one attempt at a time has the folder") {
  const durasim_test::TemporaryFolder folder;
  {
    const RunFolder first(folder.file("run"));
    CHECK_THROWS_AS(RunFolder(folder.file("run")), UnavailableError);
  }
  const RunFolder second(folder.file("run"));
}
