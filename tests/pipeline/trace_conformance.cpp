// The contract of durasim/pipeline/trace.hpp, clause by clause.
#include "pipeline/trace_conformance.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace durasim_test {

using namespace durasim;
using namespace durasim::pipeline;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kStart{1'795'000'000'123ms};

}  // namespace

Trace make_trace(const std::string& run_id, std::int64_t revision) {
  Trace trace{.run = {.run_id = run_id,
                      .workflow_id = "simulation-" + run_id,
                      .workflow_type = "SimulationWorkflow",
                      .name = "Geh\xc3\xa4use 'x' \"y\"\n\\",
                      .status = revision < 9 ? TraceStatus::Running : TraceStatus::Completed,
                      .reason = "as of " + std::to_string(revision),
                      .started_at = kStart,
                      .revision = revision}};
  if (revision >= 9) trace.run.ended_at = kStart + 90s;
  for (std::int64_t event = 5; event < revision; ++event) {
    trace.steps.push_back(
        {.event_id = event,
         .name = "step_simulation",
         .status = event + 1 < revision ? TraceStepStatus::Completed : TraceStepStatus::Open,
         .attempts = event + 1 < revision ? 2 : 0,
         .scheduled_at = kStart + 1s * event,
         .detail = event % 2 == 0 ? "killed" : ""});
    if (event + 1 < revision) trace.steps.back().ended_at = kStart + 1s * event + 7ms;
    trace.events.push_back({event, kStart, "WorkflowExecutionSignaled", "pause"});
  }
  trace.assets.push_back({"video", "video.mp4", std::string(64, 'a'),
                          (std::uint64_t{1} << 53) + static_cast<std::uint64_t>(revision),
                          "file:///tmp/a%20b.mp4"});
  trace.metrics = {{"energy_j", 0.1 + 0.2},
                   {"max_speed_m_s", 1.7976931348623157e308},
                   {"small", 5e-324},
                   {"steps", static_cast<double>(revision)}};
  return trace;
}

namespace {

using OpenTraces = std::function<std::unique_ptr<TraceStore>()>;

std::vector<std::string> ids(const std::vector<TraceRun>& runs) {
  std::vector<std::string> all;
  all.reserve(runs.size());
  for (const TraceRun& run : runs) all.push_back(run.run_id);
  return all;
}

void check_order_of_updates(const OpenTraces& open) {
  const auto store = open();
  SUBCASE("the same twice is there once") {
    for (int i = 0; i < 2; ++i) store->update(make_trace("a", 9));
    CHECK(store->find("a") == make_trace("a", 9));
    CHECK(store->runs("", 10).size() == 1);
  }
  SUBCASE("a later one takes the place of an earlier one, never the other way round") {
    for (const std::int64_t revision : {6, 11, 8}) store->update(make_trace("a", revision));
    CHECK(store->find("a") == make_trace("a", 11));
  }
  SUBCASE("of one revision the first one stays") {
    Trace other = make_trace("a", 9);
    store->update(other);
    other.run.reason = "another one";
    other.steps.clear();
    store->update(other);
    CHECK(store->find("a") == make_trace("a", 9));
  }
}

void check_lists(const OpenTraces& open) {
  const auto store = open();
  for (int i = 0; i < 3; ++i) {
    Trace trace = make_trace(std::to_string(i), 9);
    trace.run.workflow_id = i == 2 ? "other%" : "simulation-f";
    trace.run.started_at += i == 1 ? 1ms : 0ms;
    store->update(trace);
  }
  CHECK(ids(store->runs("", 10)) == std::vector<std::string>{"1", "0", "2"});
  CHECK(ids(store->runs("", 2)) == std::vector<std::string>{"1", "0"});
  CHECK(ids(store->runs("simulation-", 10)) == std::vector<std::string>{"1", "0"});
  CHECK(ids(store->runs("simulation-f", 10)) == std::vector<std::string>{"1", "0"});
  CHECK(ids(store->runs("other%", 10)) == std::vector<std::string>{"2"});
  CHECK(store->runs("%", 10).empty());
  CHECK(store->runs("simulation_", 10).empty());
  CHECK(store->runs("Simulation-", 10).empty());
  CHECK(store->running(10).empty());
  for (const char* run : {"b", "c", "d"}) store->update(make_trace(run, 6));
  store->update(make_trace("c", 9));
  CHECK(ids(store->running(10)) == std::vector<std::string>{"b", "d"});
  CHECK(ids(store->running(1)) == std::vector<std::string>{"b"});
}

// Each thread has the revisions in another order, half of them a store of their own.
void check_threads(const OpenTraces& open) {
  constexpr std::int64_t kLast = 20;
  constexpr std::int64_t kThreads = 4;
  const auto shared = open();
  std::vector<std::thread> threads(kThreads);
  for (std::int64_t thread = 0; thread < kThreads; ++thread) {
    threads[static_cast<std::size_t>(thread)] = std::thread([&, thread] {
      const std::unique_ptr<TraceStore> own = thread % 2 == 0 ? open() : nullptr;
      TraceStore& store = own ? *own : *shared;
      for (std::int64_t i = 0; i <= kLast - 6; ++i) {
        const std::int64_t revision = 6 + (thread < 2 ? i : kLast - 6 - i);
        store.update(make_trace("a", revision));
        store.update(make_trace("b" + std::to_string(thread), revision));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(shared->find("a") == make_trace("a", kLast));
  for (std::int64_t thread = 0; thread < kThreads; ++thread)
    CHECK(shared->find("b" + std::to_string(thread)) ==
          make_trace("b" + std::to_string(thread), kLast));
  CHECK(shared->runs("", 10).size() == 1 + kThreads);
}

}  // namespace

void check_trace_store(const OpenTraces& open) {
  SUBCASE("what one store writes, another one reads, to the last bit") {
    open()->update(make_trace("a", 9));
    CHECK(open()->find("a") == make_trace("a", 9));
    CHECK(open()->runs("simulation-a", 1).at(0) == make_trace("a", 9).run);
  }
  SUBCASE("what was never written is not there") {
    CHECK_FALSE(open()->find("a"));
    CHECK(open()->runs("", 10).empty());
  }
  SUBCASE("updates") {
    check_order_of_updates(open);
  }
  SUBCASE("lists begin with the run that began last; prefixes are no patterns") {
    check_lists(open);
  }
  SUBCASE("several threads and stores") {
    check_threads(open);
  }
}

}  // namespace durasim_test
