// The calls of a seed's clients: made when their time has come, repeated until their answer is
// known, and at times once more.
#include "engine/client_requests.hpp"
#include "engine/run_result.hpp"
#include "testing/explored_seed.hpp"
#include "testing/history_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace durasim::inline v0::testing {

using namespace std::chrono_literals;

namespace {

// At once, within seconds, hours or two days.
Duration draw_delay(SeededRandom& random) {
  const Duration spans[] = {0s, 0s, 0s, 10s, 10s, 1min, 1min, 1h, 5h, 48h};
  const Duration span = spans[random.below(std::size(spans))];
  return span / 1000 * static_cast<Duration::rep>(random.below(1001));
}

Duration draw_delay(SeededRandom& random, const CallTime& when) {
  if (!when.not_after) return when.not_before + draw_delay(random);
  if (*when.not_after < when.not_before)
    throw InvalidArgument("explorer: a call is to come not after a moment before the first");
  const Duration span = *when.not_after - when.not_before;
  return when.not_before + span / 1000 * static_cast<Duration::rep>(random.below(1001));
}

}  // namespace

std::string ExploredSeed::name_of(const Call& call) const {
  switch (call.kind) {
    case Call::Kind::Start:
      return fmt::format("start of {} ({})", call.workflow_id, call.name);
    case Call::Kind::Signal:
      return fmt::format("signal {} to {}", call.name, call.workflow_id);
    case Call::Kind::Cancel:
      return fmt::format("cancellation of {}", call.workflow_id);
    case Call::Kind::Terminate:
      return fmt::format("termination of {}", call.workflow_id);
    case Call::Kind::Complete:
      return fmt::format("completion of activity {}", call.name);
  }
  return "call";
}

void ExploredSeed::plan(Call call, const CallTime& when) {
  CallTime drawn = when;
  // A start that comes late only leaves less to explore.
  if (call.kind == Call::Kind::Start && !when.not_after) drawn.not_after = when.not_before + 5s;
  call.due = elapsed() + draw_delay(world_random_, drawn);
  call.request_id = fmt::format("call-{}", calls_.size() + 1);
  calls_.push_back(std::move(call));
}

std::string ExploredSeed::plan_start(std::string_view type, PayloadList input,
                                     const StartOptions& options, const CallTime& when) {
  Call call;
  call.kind = Call::Kind::Start;
  call.name = std::string(type);
  call.input = std::move(input);
  call.options = options;
  const auto starts = std::ranges::count(calls_, Call::Kind::Start, &Call::kind);
  if (call.options.id.empty()) call.options.id = fmt::format("workflow-{}", starts + 1);
  call.workflow_id = call.options.id;
  plan(call, when);
  return call.workflow_id;
}

bool ExploredSeed::calls_done() const {
  return std::ranges::all_of(calls_,
                             [](const Call& call) { return call.state == Call::State::Done; });
}

// Those whose time has come; what is said to a workflow waits for its start.
std::vector<std::size_t> ExploredSeed::ready_calls() const {
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    const Call& call = calls_[i];
    if (call.state != Call::State::Open || call.due > elapsed()) continue;
    const bool free = call.kind == Call::Kind::Start || call.kind == Call::Kind::Complete;
    if (free || bare_->current_run(call.workflow_id)) ready.push_back(i);
  }
  return ready;
}

void ExploredSeed::make_call() {
  const std::vector<std::size_t> ready = ready_calls();
  if (!ready.empty()) make(ready[below(ready.size())]);
}

void ExploredSeed::call_quietly() {
  for (std::size_t left = ready_calls().size(); left > 0; --left)
    act({"call", 0, [this] { make_call(); }});
}

// A client that has its answer and asks once more.
void ExploredSeed::repeat_call() {
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i].acknowledged) known.push_back(i);
  }
  if (!known.empty()) make(known[below(known.size())]);
}

void ExploredSeed::make(std::size_t index) {
  Call& call = calls_[index];
  try {
    if (call.kind == Call::Kind::Start) {
      start(call);
    } else {
      send(call);
    }
  } catch (const WorkflowNotFound&) {
    if (!call.acknowledged) say(name_of(call) + " comes too late");
    call.state = Call::State::Done;
    return;
  } catch (const WorkflowAlreadyStarted&) {
    say(name_of(call) + " is refused: the id is taken");
    call.state = Call::State::Done;
    return;
  }
  if (call.state == Call::State::Open) call.state = Call::State::Waiting;
  waiting_.push_back([this, index](Answer answer) { answered(index, answer); });
}

void ExploredSeed::start(Call& call) {
  if (call.options.task_queue.empty() && workers_.size() == 1)
    call.options.task_queue = workers_.begin()->first;
  call.options.request_id = call.request_id;
  const engine::ClientRequests requests(coding_, world_random_);
  const engine::StartRequest request = requests.start(call.name, call.input, call.options);
  const auto worker = workers_.find(call.options.task_queue);
  if (worker == workers_.end() || !worker->second.workflows().contains(call.name))
    engine::throw_not_served(request);
  const engine::StartAnswer answer = service_->start(request, now());
  if (call.acknowledged && answer.run_id != call.run_id)
    throw Violation(name_of(call) + ", repeated, gets another answer");
  call.run_id = answer.run_id;
}

// The run is fixed while an answer is in doubt: a repeated call must not reach the next one.
void ExploredSeed::send(Call& call) {
  if (call.kind == Call::Kind::Complete) {
    const engine::ActivityHandle handle = engine::handle_of(call.name);
    if (!service_->close_activity(handle, ActivityCompleted{call.input}, now()))
      throw WorkflowNotFound("the attempt is over");
    return;
  }
  if (call.run_id.empty()) call.run_id = service_->resolve(call.workflow_id, "");
  switch (call.kind) {
    case Call::Kind::Signal: {
      engine::SignalRun signal;
      signal.name = call.name;
      signal.input = call.input;
      signal.request_id = call.request_id;
      service_->signal(call.workflow_id, call.run_id, signal, now());
      break;
    }
    case Call::Kind::Cancel:
      service_->request_cancel(call.workflow_id, call.run_id, call.name, call.request_id, now());
      break;
    default:
      service_->terminate(call.workflow_id, call.run_id, call.name, {}, now());
      break;
  }
}

void ExploredSeed::answered(std::size_t index, Answer answer) {
  Call& call = calls_[index];
  if (call.state != Call::State::Waiting) return;  // was repeated, and had its answer
  if (answer == Answer::Ok) {
    call.state = Call::State::Done;
    call.acknowledged = call.kind != Call::Kind::Complete && call.kind != Call::Kind::Terminate;
    say(name_of(call) + " is acknowledged");
    if (call.kind != Call::Kind::Complete) return;
    const engine::ActivityHandle handle = engine::handle_of(call.name);
    std::erase_if(attempts_, [&](const Attempt& attempt) { return attempt.handle == handle; });
    return;
  }
  say(name_of(call) + (answer == Answer::Rejected ? " is rejected, and tried again"
                                                  : " gets no answer, and is repeated"));
  call.state = Call::State::Open;
  if (answer == Answer::Rejected) call.run_id.clear();
}

// Everything that was acknowledged is there.
void ExploredSeed::after_boot() {
  for (const Call& call : calls_) {
    if (!call.acknowledged) continue;
    const std::string& scope = call.kind == Call::Kind::Start ? call.workflow_id : call.run_id;
    if (!bare_->request(scope, call.request_id))
      throw Violation("lost after a crash, although it was acknowledged: " + name_of(call));
  }
}

std::optional<WorkflowStatus> ExploredSeed::status(const std::string& id) const {
  if (bare_ == nullptr) return std::nullopt;
  const auto row = bare_->current_run(id);
  if (!row) return std::nullopt;
  return static_cast<WorkflowStatus>(row->status);
}

PayloadList ExploredSeed::result(const std::string& id) const {
  const auto row = bare_ != nullptr ? bare_->current_run(id) : std::nullopt;
  if (!row || row->status == store::RunStatus::Running)
    throw LogicError("explorer: " + id + " has no result, it has not ended");
  return engine::result_of(events_of(*bare_, *row).back()).value();
}

}  // namespace durasim::inline v0::testing
