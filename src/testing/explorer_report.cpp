// What a seed offers to its setup, and what is told of seeds.
#include "core/ascii_text.hpp"
#include "testing/explored_seed.hpp"
#include "testing/history_text.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::testing {

std::uint64_t Exploration::seed() const {
  return seed_.seed_;
}
Worker& Exploration::worker(const std::string& task_queue) {
  return seed_.workers_.try_emplace(task_queue, task_queue).first->second;
}
void Exploration::keep(std::shared_ptr<void> object) {
  seed_.kept_.push_back(std::move(object));
}
void Exploration::always(std::function<void()> check) {
  seed_.always_.push_back(std::move(check));
}
void Exploration::at_end(std::function<void()> check) {
  seed_.at_end_.push_back(std::move(check));
}
bool Exploration::chance(double probability) {
  return seed_.world_random_.chance(probability);
}
std::uint64_t Exploration::below(std::uint64_t bound) {
  if (bound == 0) throw InvalidArgument("explorer: there is no number below 0");
  return seed_.world_random_.below(bound);
}
WallTime Exploration::now() const {
  return seed_.now();
}
void Exploration::note(std::string_view text) {
  seed_.say(text);
}
std::vector<ExploredRun> Exploration::runs() const {
  return seed_.runs();
}

std::string Exploration::plan_start(std::string_view type, PayloadList input,
                                    const StartOptions& options, const CallTime& when) {
  return seed_.plan_start(type, std::move(input), options, when);
}
void Exploration::plan_signal(const std::string& id, std::string_view name, PayloadList input,
                              const CallTime& when) {
  ExploredSeed::Call call;
  call.kind = ExploredSeed::Call::Kind::Signal;
  call.workflow_id = id;
  call.name = std::string(name);
  call.input = std::move(input);
  seed_.plan(std::move(call), when);
}
void Exploration::plan_cancel(const std::string& id, const std::string& reason,
                              const CallTime& when) {
  ExploredSeed::Call call;
  call.kind = ExploredSeed::Call::Kind::Cancel;
  call.workflow_id = id;
  call.name = reason;
  seed_.plan(std::move(call), when);
}
void Exploration::plan_terminate(const std::string& id, const std::string& reason,
                                 const CallTime& when) {
  ExploredSeed::Call call;
  call.kind = ExploredSeed::Call::Kind::Terminate;
  call.workflow_id = id;
  call.name = reason;
  seed_.plan(std::move(call), when);
}
void Exploration::plan_completion(const std::string& token, PayloadList result,
                                  const CallTime& when) {
  ExploredSeed::Call call;
  call.kind = ExploredSeed::Call::Kind::Complete;
  call.name = token;
  call.input = std::move(result);
  seed_.plan(std::move(call), when);
}
std::optional<WorkflowStatus> Exploration::status(const std::string& id) const {
  return seed_.status(id);
}
PayloadList Exploration::result(const std::string& id) const {
  return seed_.result(id);
}

std::string ExplorationReport::to_text() const {
  std::string text = fmt::format(
      "explored {} seeds: {} runs with {} events, {} attempts of activities ({} made to fail, {} "
      "lost), {} crashes, {} failed commits, {} failed reads, {} full disks\n",
      seeds, runs, events, attempts, failed_attempts, lost_attempts, crashes, failed_commits,
      failed_reads, full_disks);
  if (!failure) return text;
  text += fmt::format(
      "seed {} fails: {}\n  run it again with DURASIM_SEED={} in the environment\n\nwhat "
      "happened:\n",
      failure->seed, failure->what, failure->seed);
  for (const std::string& line : failure->journal) text += "  " + ascii_text(line) + "\n";
  for (const ExploredRun& run : failure->runs) {
    text += fmt::format("\nhistory of {} (run {}, {}, {}):\n", ascii_text(run.workflow_id),
                        run.run_id, ascii_text(run.workflow_type), to_string(run.status));
    text += history_text(run.history);
  }
  return text;
}

}  // namespace durasim::inline v0::testing
