// What clients ask for: starts with their policies, signals, cancellations, looks. Every call that
// changes something is repeatable by its request id.
#include "durasim/core/encoding.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/store/integrity.hpp"

#include "engine/payload_coding.hpp"
#include "engine/service.hpp"
#include "mutants/mutants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine {

namespace {

store::Digest digest_of(const std::string& text) {
  return Sha256().update(as_bytes(text)).finish_bytes();
}

// What has to be equal for two starts to be the same request.
store::Digest fingerprint_of(const StartRun& start) {
  proto::Payloads input;
  input.payloads = start.input.vector();
  return digest_of(start.workflow_type + '\0' + start.task_queue + '\0' + encode(input));
}

bool ended_badly(store::RunStatus status) {
  return status == store::RunStatus::Failed || status == store::RunStatus::Canceled ||
         status == store::RunStatus::Terminated || status == store::RunStatus::TimedOut;
}

}  // namespace

std::optional<std::string> Service::current_run(const std::string& workflow_id) const {
  for (const Group* group : {&next_, &flying_}) {
    const auto found = group->current.find(workflow_id);
    if (found != group->current.end()) return found->second;
  }
  const auto row = store_.current_run(workflow_id);
  return row ? std::optional(row->run_id) : std::nullopt;
}

std::string Service::resolve(const std::string& workflow_id, const std::string& run_id) const {
  if (!run_id.empty()) return run_id;
  if (auto current = current_run(workflow_id)) return *current;
  throw WorkflowNotFound("workflow " + workflow_id + ": there is no such workflow");
}

RunState& Service::require_open(const std::string& workflow_id, const std::string& run_id) {
  RunState& state = load(resolve(workflow_id, run_id)).state;
  if (!state.open())
    throw WorkflowNotFound("workflow " + workflow_id + ": the execution is already completed");
  return state;
}

std::optional<store::RequestRow> Service::find_request(const std::string& scope,
                                                       const std::string& id) const {
  for (const Group* group : {&next_, &flying_}) {
    const auto found = group->requests.find({scope, id});
    if (found != group->requests.end()) return found->second.row;
  }
  return store_.request(scope, id);
}

void Service::remember(const std::string& scope, const std::string& request_id,
                       const std::string& run_id, const store::Digest& fingerprint) {
  if (request_id.empty()) return;
  store::RequestRow row;
  row.scope = scope;
  row.request_id = request_id;
  row.run_id = run_id;
  row.fingerprint = fingerprint;
  store::seal(row);
  next_.requests.insert_or_assign({scope, request_id}, Group::Request{run_id, std::move(row)});
}

RunState& Service::create(const StartRun& start, const std::optional<SignalRun>& signal,
                          WallTime now) {
  Run& run = runs_.insert(start.run_id, Run(RunState(start, options_.limits, now, signal)));
  next_.current[start.workflow_id] = start.run_id;
  changed(run.state, now);
  return run.state;
}

// A codec may give the same input other bytes each time.
bool Service::same_start(const StartRun& a, const StartRun& b) const {
  if (a.workflow_type != b.workflow_type || a.task_queue != b.task_queue) return false;
  const PayloadCoding coding(options_.codec);
  PayloadList left = a.input;
  PayloadList right = b.input;
  coding.decode(left, a.workflow_id);
  coding.decode(right, b.workflow_id);
  return left == right;
}

std::optional<StartAnswer> Service::answered(const StartRequest& request,
                                             const store::Digest& fingerprint) {
  if (request.request_id.empty()) return std::nullopt;
  const auto row = find_request(request.run.workflow_id, request.request_id);
  if (!row) return std::nullopt;
  if (row->fingerprint != fingerprint &&
      !same_start(load(row->run_id).state.start(), request.run)) {
    throw InvalidArgument(
        fmt::format("workflow {}: request {} was made before with another type, queue or input",
                    request.run.workflow_id, request.request_id));
  }
  return StartAnswer{row->run_id, false};
}

// The answer when the id is taken; nothing when a new run may start.
std::optional<StartAnswer> Service::resolve_conflict(const StartRequest& request, WallTime now) {
  const std::string& id = request.run.workflow_id;
  const auto current = current_run(id);
  if (!current) return std::nullopt;
  RunState& state = load(*current).state;
  if (state.open()) {
    switch (request.conflict) {
      case IdConflictPolicy::UseExisting:
        return StartAnswer{*current, false};
      case IdConflictPolicy::TerminateExisting:
        state.terminate("terminated by a start of the same workflow id", {}, options_.identity,
                        now);
        changed(state, now);
        return std::nullopt;
      case IdConflictPolicy::Fail:
        break;
    }
    throw WorkflowAlreadyStarted(fmt::format("workflow {}: run {} is open", id, *current),
                                 *current);
  }
  const bool allowed =
      request.reuse == IdReusePolicy::AllowDuplicate ||
      (request.reuse == IdReusePolicy::AllowDuplicateFailedOnly && ended_badly(state.row().status));
  if (!allowed) {
    throw WorkflowAlreadyStarted(
        fmt::format("workflow {}: run {} is closed, and the id reuse policy forbids another", id,
                    *current),
        *current);
  }
  return std::nullopt;
}

// Before anything is written.
void Service::check(const StartRequest& request, const std::optional<SignalRun>& signal) const {
  const StartRun& run = request.run;
  if (run.workflow_id.empty() || run.workflow_type.empty() || run.task_queue.empty()) {
    throw InvalidArgument("start: a workflow id, a workflow type and a task queue are needed");
  }
  const auto refuse_negative = [&](Duration value, std::string_view name) {
    if (value < Duration::zero())
      throw InvalidArgument(fmt::format("start of {}: {} is negative", run.workflow_id, name));
  };
  refuse_negative(run.execution_timeout, "execution_timeout");
  refuse_negative(run.run_timeout, "run_timeout");
  refuse_negative(run.task_timeout, "task_timeout");
  refuse_negative(run.first_task_delay, "start_delay");
  if (run.retry) validate(*run.retry);
  check_payload_sizes(
      run.input, payload_limits(),
      fmt::format("workflow {} ({}), argument", run.workflow_type, run.workflow_id));
  for (const auto& [key, value] : run.memo) {
    check_payload_sizes(
        {&value, 1}, payload_limits(),
        fmt::format("workflow {} ({}), memo {}", run.workflow_type, run.workflow_id, key));
  }
  require_writable(run, signal);
}

StartAnswer Service::start(const StartRequest& request, WallTime now) {
  check(request);
  const store::Digest fingerprint = fingerprint_of(request.run);
  if (auto answer = answered(request, fingerprint)) return *answer;
  if (auto answer = resolve_conflict(request, now)) return *answer;
  StartRun run = request.run;
  if (run.run_id.empty()) run.run_id = new_id();
  remember(run.workflow_id, request.request_id, run.run_id, fingerprint);
  create(run, std::nullopt, now);
  return {run.run_id, true};
}

StartAnswer Service::start_or_attach(const StartRequest& request, WallTime now) {
  const auto current = current_run(request.run.workflow_id);
  if (!current) return start(request, now);
  // What counts is how the chain of runs began: a run that continued as new has another input.
  const RunState* first = find(load(*current).state.record().first_execution_run_id);
  if (first != nullptr && !same_start(first->start(), request.run)) {
    throw InvalidArgument(
        fmt::format("workflow {}: run {} was started with another type, queue or input",
                    request.run.workflow_id, *current));
  }
  return {*current, false};
}

StartAnswer Service::signal_with_start(const StartRequest& request, const SignalRun& signal,
                                       WallTime now) {
  check(request, signal);
  check_payload_sizes(
      signal.input, payload_limits(),
      fmt::format("workflow {}, signal {}, argument", request.run.workflow_id, signal.name));
  const auto current = current_run(request.run.workflow_id);
  if (current && !signal.request_id.empty() && find_request(*current, signal.request_id))
    return {*current, false};
  if (current && load(*current).state.open() &&
      request.conflict != IdConflictPolicy::TerminateExisting) {
    this->signal(request.run.workflow_id, *current, signal, now);
    return {*current, false};
  }
  const store::Digest fingerprint = fingerprint_of(request.run);
  if (auto answer = answered(request, fingerprint)) return *answer;
  if (auto answer = resolve_conflict(request, now)) return *answer;
  StartRun run = request.run;
  if (run.run_id.empty()) run.run_id = new_id();
  remember(run.workflow_id, request.request_id, run.run_id, fingerprint);
  if (!signal.request_id.empty())
    remember(run.run_id, signal.request_id, run.run_id, digest_of(signal.name));
  create(run, signal, now);
  return {run.run_id, true};
}

void Service::signal(const std::string& workflow_id, const std::string& run_id,
                     const SignalRun& signal, WallTime now) {
  const std::string target = resolve(workflow_id, run_id);
  // Asked before whether the run is open: a repeated call gets the answer of the first.
  const bool known =
      !signal.request_id.empty() && find_request(target, signal.request_id).has_value();
  if (known && !mutant(MutantId::SignalNotDeduplicated)) return;
  RunState& state = require_open(workflow_id, target);
  if (state.record().signals >= options_.limits.max_signals) {
    throw LimitError(
        fmt::format("workflow {}: has received {} signals, which is the limit; continue as new",
                    workflow_id, state.record().signals));
  }
  check_payload_sizes(signal.input, payload_limits(),
                      fmt::format("workflow {}, signal {}, argument", workflow_id, signal.name));
  state.signal(signal, now);  // throws for a name that is not UTF-8; nothing is remembered then
  if (!signal.request_id.empty() && !known)
    remember(target, signal.request_id, target, digest_of(signal.name));
  changed(state, now);
}

void Service::request_cancel(const std::string& workflow_id, const std::string& run_id,
                             const std::string& reason, const std::string& request_id,
                             WallTime now) {
  const std::string target = resolve(workflow_id, run_id);
  if (!request_id.empty() && find_request(target, request_id)) return;
  RunState& state = require_open(workflow_id, target);
  if (!request_id.empty()) remember(target, request_id, target, digest_of("cancel"));
  state.request_cancel(reason, options_.identity, std::nullopt, 0, now);
  state.mark_changed();
  changed(state, now);
}

void Service::terminate(const std::string& workflow_id, const std::string& run_id,
                        const std::string& reason, const PayloadList& details, WallTime now) {
  RunState& state = require_open(workflow_id, run_id);
  state.terminate(reason, details, options_.identity, now);
  changed(state, now);
}

void Service::resume_parked(const std::string& workflow_id, const std::string& run_id,
                            WallTime now) {
  RunState& state = require_open(workflow_id, run_id);
  state.resume_parked();
  changed(state, now);
}

// A signal or cancellation from one run to another: both sides change in the same group.
void Service::deliver(const ExternalRecord& external, const std::string& from_run_id,
                      WallTime now) {
  RunState& sender = load(from_run_id).state;
  proto::WorkflowExecution execution;
  execution.workflow_id = sender.row().workflow_id;
  execution.run_id = from_run_id;
  const std::string request_id = fmt::format("{}/{}", from_run_id, external.initiated_event_id);
  bool found = true;
  try {
    const std::string target = resolve(external.workflow_id, external.run_id);
    if (!find_request(target, request_id)) {
      RunState& receiver = require_open(external.workflow_id, target);
      remember(target, request_id, target, digest_of(external.signal_name));
      if (external.is_signal) {
        receiver.signal({external.signal_name, PayloadList(external.input), options_.identity,
                         request_id, execution},
                        now);
      } else {
        receiver.request_cancel(external.reason, options_.identity, execution,
                                external.initiated_event_id, now);
        receiver.mark_changed();
      }
      changed(receiver, now);
    }
  } catch (const WorkflowNotFound&) {
    found = false;
  } catch (const StoreDamaged& damage) {
    options_.logger.error(std::string("not delivered: ") + damage.what());
    found = false;
  }
  sender.external_delivered(external.initiated_event_id, found, now);
  changed(sender, now);
}

}  // namespace durasim::inline v0::engine
