// A seed's life: setup, faults, checks.
#include "testing/explored_seed.hpp"

#include "durasim/core/encoding.hpp"

#include "testing/history_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace durasim::inline v0::testing {

namespace {

constexpr std::uint64_t kWorldStream = 0x5851f42d4c957f2dULL;

}  // namespace

ExploredSeed::ExploredSeed(std::uint64_t seed, const ExplorerOptions& options,
                           const std::function<void(Exploration&)>& setup, bool with_journal)
    : Simulator(seed, make_log_machine),
      seed_(seed),
      options_(options),
      setup_(setup),
      with_journal_(with_journal),
      world_random_(seed ^ kWorldStream),
      exploration_(*this) {}

// Suspended workflow code may refer to the world: it goes first. So do the calls that wait.
ExploredSeed::~ExploredSeed() {
  waiting_.clear();
  end_process();
  workers_.clear();
  always_.clear();
  at_end_.clear();
  while (!kept_.empty()) kept_.pop_back();
}

void ExploredSeed::say(std::string_view text) {
  if (!with_journal_) return;
  journal_.push_back(fmt::format("{}  {}", to_rfc3339(now()), text));
}

void ExploredSeed::choose_faults() {
  rates_ = draw_rates(random_, later_random_);
  const std::size_t least = options_.steps / 3;
  rates_.steps = static_cast<int>(least + below(options_.steps - least + 1));
  rates_.damage = 0;  // a store that rots quarantines runs, which is no matter of workflow code
  fail_before_ = chance(0.5) ? 0.1 : 0.0;
  fail_after_ = chance(0.5) ? 0.1 : 0.0;
  repeat_ = chance(0.5) ? 0.5 : 0.0;
  const ExplorerFaults& faults = options_.faults;
  if (!faults.crashes) {
    rates_.crash = rates_.stop = rates_.recovery_crash = 0;
    rates_.lives_on = true;
  }
  if (!faults.failed_commits) rates_.failed_sync = rates_.no_space = rates_.full_disk = 0;
  if (!faults.failed_reads) rates_.failed_reads = 0;
  if (!faults.clock_jumps) rates_.wall_jump = 0;
  if (!faults.evictions) {
    rates_.evict = 0;
    rates_.cached_runs = 1000;
  }
  if (!faults.failed_attempts) fail_before_ = fail_after_ = 0;
  if (!faults.lost_attempts) rates_.lost = 0;
  if (!faults.repeated_calls) repeat_ = 0;
}

void ExploredSeed::prepare() {
  choose_faults();
  say("faults: " + describe(rates_));
  setup_(exploration_);
  for (const auto& [queue, worker] : workers_) queues_.push_back(queue);
  if (queues_.empty()) throw InvalidArgument("explorer: the setup has made no worker");
}

void ExploredSeed::implement(engine::WorkflowExecutor& executor, const std::string& queue) {
  for (const auto& [type, implementation] : workers_.at(queue).workflows())
    executor.implement(implementation);
}

std::vector<ExploredSeed::Action> ExploredSeed::actions() {
  std::vector<Action> all = engine_actions();
  if (!options_.faults.slow_workers && busy())
    std::erase_if(all, [](const Action& a) { return a.name == "pass time"; });
  if (repeat_ == 0) std::erase_if(all, [](const Action& a) { return a.name == "report again"; });
  all.push_back({"call", ready_calls().empty() ? 0.0 : 6.0, [this] { make_call(); }});
  all.push_back({"repeat", repeat_, [this] { repeat_call(); }});
  return all;
}

// Whether anything is in a worker's hands, or waits for it.
bool ExploredSeed::busy() const {
  const auto runs = [](const Attempt& attempt) { return !attempt.asynchronous; };
  if (!held_.empty() || !waiting_.empty() || std::ranges::any_of(attempts_, runs)) return true;
  return std::ranges::any_of(queues_, [&](const std::string& queue) {
    const engine::QueueDepth depth = service_->depth(queue);
    return depth.workflow_tasks + depth.activities > 0;
  });
}

void ExploredSeed::work_quietly() {
  std::vector<std::uint64_t> serials;
  serials.reserve(attempts_.size());
  for (const Attempt& attempt : attempts_) serials.push_back(attempt.serial);
  for (const std::uint64_t serial : serials) {
    for (int stage = 0; stage < 2; ++stage) {  // its code, its report
      act({"work", 0, [&] {
             Attempt* attempt = find_attempt(serial);
             if (attempt != nullptr && !attempt->reporting) work_on(*attempt);
           }});
    }
  }
}

std::optional<WallTime> ExploredSeed::next_due() const {
  std::optional<WallTime> next = Simulator::next_due();
  for (const Call& call : calls_) {
    if (call.state != Call::State::Open || call.due <= elapsed()) continue;
    const WallTime due =
        now() + std::chrono::duration_cast<WallTime::duration>(call.due - elapsed());
    if (!next || due < *next) next = due;
  }
  return next;
}

void ExploredSeed::end_faults() {
  say("no faults from here on");
  Simulator::end_faults();
}

void ExploredSeed::not_finished(const std::string& why) {
  if (options_.must_finish) Simulator::not_finished(why);
}

void ExploredSeed::process_died(bool while_booting) {
  say(while_booting ? "the process dies again, within its recovery" : "the process dies");
}

void ExploredSeed::commit_failed(Answer answer) {
  say(answer == Answer::Rejected ? "a commit is rejected"
                                 : "a commit fails, and nobody knows whether it was written");
}

void ExploredSeed::read_failed(std::string_view action) {
  say(fmt::format("a read of the store fails, and with it \"{}\"", action));
}

void ExploredSeed::disk_full(bool full) {
  say(full ? "the disk is full" : "there is space on the disk again");
}

void ExploredSeed::run_check(const std::function<void()>& check) const {
  try {
    check();
  } catch (const std::exception& error) {
    throw Violation(error.what());
  } catch (...) {
    throw Violation("a check has failed, by an exception of unknown type");
  }
}

void ExploredSeed::after_action(std::string_view name) {
  if (name == "evict" && !bare_->runs({.status = store::RunStatus::Running}).empty())
    say("code of a run is dropped from memory");
  if (name == "drop task") say("a workflow task is lost");
  for (const auto& check : always_) run_check(check);
}

void ExploredSeed::check_end() {
  check_runs();
  for (const auto& check : at_end_) run_check(check);
}

// The engine's own promises, for each run of the seed.
void ExploredSeed::check_runs() {
  std::uint64_t digest = 0xcbf29ce484222325ULL;
  store::RunFilter filter;
  for (auto page = bare_->runs(filter); !page.empty(); page = bare_->runs(filter)) {
    filter.after_run_id = page.back().run_id;
    for (const store::RunRow& row : page) {
      const auto events = events_of(*bare_, row);
      try {
        check_history(row, events);
        check_replay(row, events, workers_.at(row.task_queue).workflows().at(row.workflow_type));
      } catch (const Violation& violation) {
        throw Violation(
            fmt::format("{} (run {}): {}", row.workflow_id, row.run_id, violation.what()));
      }
      ++statistics_.runs;
      statistics_.events += events.size();
      for (const proto::HistoryEvent& event : events) {
        for (const char c : encode(event))
          digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
      }
    }
  }
  note("end", digest);
}

std::vector<ExploredRun> ExploredSeed::runs() const {
  std::vector<ExploredRun> all;
  if (bare_ == nullptr) return all;
  store::RunFilter filter;
  for (auto page = bare_->runs(filter); !page.empty(); page = bare_->runs(filter)) {
    filter.after_run_id = page.back().run_id;
    for (const store::RunRow& row : page) {
      ExploredRun& run = all.emplace_back();
      run.workflow_id = row.workflow_id;
      run.run_id = row.run_id;
      run.workflow_type = row.workflow_type;
      run.status = static_cast<WorkflowStatus>(row.status);
      run.history.events = events_of(*bare_, row);
    }
  }
  return all;
}

void ExploredSeed::count(ExplorationReport& report) const {
  ++report.seeds;
  report.actions += statistics_.actions;
  report.runs += statistics_.runs;
  report.events += statistics_.events;
  report.crashes += statistics_.crashes;
  report.failed_commits += statistics_.rejected + statistics_.unknown;
  report.failed_reads += statistics_.failed_reads;
  report.full_disks += statistics_.full_disks;
  report.attempts += attempts_run_;
  report.failed_attempts += attempts_failed_;
  report.lost_attempts += attempts_lost_;
}

}  // namespace durasim::inline v0::testing
