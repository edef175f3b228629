// A trace that is put together while the activity works.
#include "pipeline/activity_trace.hpp"

#include "durasim/core/error.hpp"

#include <chrono>
#include <iterator>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

constexpr std::size_t kUuidLength = 36;

}  // namespace

std::string run_in_activity(const ActivityInfo& info) {
  return info.workflow_run_id + "-" + info.activity_id;
}

std::string workflow_run_of(const std::string& run) {
  return run.substr(0, kUuidLength);
}

ActivityTrace::ActivityTrace(const SimulationServices& services, const ActivityContext& ctx,
                             std::string name)
    : services_(trace_services(services)),
      clock_(services.clock != nullptr ? *services.clock : system_clock()),
      ctx_(ctx),
      name_(std::move(name)) {
  write({.name = name_}, 0);
}

WallTime ActivityTrace::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(clock_.wall_now());
}

void ActivityTrace::begin_step(std::string_view name) {
  const WallTime begin = now();
  steps_.push_back({.event_id = std::ssize(steps_) + 1,
                    .name = std::string(name),
                    .attempts = ctx_.info().attempt,
                    .scheduled_at = begin,
                    .started_at = begin});
}

void ActivityTrace::end_step(TraceStepStatus status, const std::string& detail) {
  steps_.back().status = status;
  steps_.back().ended_at = now();
  steps_.back().detail = detail;
}

std::string ActivityTrace::complete(const SimulationResult& result) {
  return write(completed_trace(name_, result), 1);
}

void ActivityTrace::fail(const PublishTask& so_far) {
  TraceUpdate update = failed_trace(so_far, std::current_exception());
  if (const auto why = ctx_.cancel_reason()) {
    if (*why == ActivityCancelReason::WorkerShutdown) return;
    update.status =
        *why == ActivityCancelReason::TimedOut ? TraceStatus::TimedOut : TraceStatus::Canceled;
  }
  end_step(
      update.status == TraceStatus::Failed ? TraceStepStatus::Failed : TraceStepStatus::Canceled,
      update.reason);
  write(update, 1);
}

std::string ActivityTrace::write(const TraceUpdate& update, int moment) {
  if (services_.traces == nullptr) return {};
  const ActivityInfo& info = ctx_.info();
  Trace trace = trace_of(update, services_.url);
  trace.run.run_id = run_in_activity(info);
  trace.run.workflow_id = info.workflow_id;
  trace.run.workflow_type = info.workflow_type;
  trace.run.started_at = std::chrono::floor<std::chrono::milliseconds>(info.scheduled_time);
  trace.run.revision = 2 * std::int64_t{info.attempt} + moment;
  if (moment > 0) trace.run.ended_at = now();
  trace.steps = steps_;
  try {
    services_.traces->update(trace);
    return {};
  } catch (const Error& error) {
    services_.log.warning(error.what());
    return error.what();
  }
}

}  // namespace durasim::inline v0::pipeline
