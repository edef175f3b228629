// Runs of one small scene in a folder, stopped where a test wants.
#pragma once

#include "durasim/core/files.hpp"

#include "pipeline/durable_loop.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace durasim_test {

namespace sim = durasim::sim;
using durasim::Bytes;
using durasim::Clock;
using durasim::Logger;
using durasim::Seconds;
using durasim::SteadyTime;
using durasim::WallTime;
using durasim::pipeline::DurableLoop;
using durasim::pipeline::RunFolder;

// Bodies that bounce and slide for all of the run.
inline const std::string kTumbling = R"(<mujoco><option timestep="0.002"/><worldbody>
  <geom type="plane" size="5 5 1"/>
  <body pos="0 0 1"><freejoint/><geom type="box" size=".1 .07 .05" euler="20 30 0"/></body>
  <body pos=".05 0 1.4"><freejoint/><geom type="capsule" size=".04 .1" euler="40 0 70"/></body>
  <body pos="0 .1 1.8"><freejoint/><geom type="sphere" size=".08"/></body>
  </worldbody></mujoco>)";

inline sim::LoopOptions three_seconds() {
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

  // Told with each beat of the step of the newest checkpoint, which then is durable.
  std::function<void(std::int64_t)> told;
  Seconds interval{1};  // between checkpoints

  // Until the stop, which comes after `beats` beats; nothing when that was before the end.
  std::optional<Ended> attempt(std::int64_t beats, const std::string& xml = kTumbling) const {
    const Hurried clock;
    sim::LoopOptions options = three_seconds();
    options.clock = &clock;
    RunFolder folder(path_);
    DurableLoop durable(folder, sim::Model::compile({xml, {}}), std::move(options), 30, Logger(),
                        {interval, interval});
    std::stop_source stop;
    const bool ended = durable.run(stop.get_token(), [&](const auto&, const auto& saved) {
      if (saved && told) told(saved->step);
      if (--beats < 0) stop.request_stop();
    });
    if (!ended) return std::nullopt;
    const sim::SimulationLoop& loop = durable.loop();
    return Ended{loop.final_state_hash(),
                 *loop.verdict(),
                 loop.metrics(),
                 durasim::read_file(folder.trajectory()),
                 durable.resumed_from_step(),
                 durable.restarted_because()};
  }

  // The files of the newest checkpoint and the one before.
  [[nodiscard]] std::vector<RunFolder::Saved> saved() const { return RunFolder(path_).saved(); }
  [[nodiscard]] std::string recording() const { return path_ + "/trajectory.dstraj"; }

 private:
  std::string path_;
};

inline constexpr std::int64_t kToTheEnd = 1'000'000;

inline void check_same(const Ended& a, const Ended& b) {
  CHECK(a.hash == b.hash);
  CHECK(a.verdict.code == b.verdict.code);
  CHECK(a.verdict.time == b.verdict.time);
  CHECK(a.metrics.max_contact_force_n == b.metrics.max_contact_force_n);
  CHECK(a.metrics.max_kinetic_energy_j == b.metrics.max_kinetic_energy_j);
  CHECK(a.metrics.steps == b.metrics.steps);
  CHECK(a.recording == b.recording);
}

}  // namespace durasim_test
