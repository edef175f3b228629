// Drives a workflow by hand: activations in, commands out as short lines of text.
#pragma once

#include "durasim/core/activation.hpp"
#include "durasim/core/convert.hpp"
#include "durasim/workflow/workflow.hpp"

#include <doctest/doctest.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) all += "[" + line + "]";
    return all.c_str();
  }
};

namespace test {

using Lines = std::vector<std::string>;

inline std::string text(const durasim::PayloadList& payloads) {
  std::string all;
  for (const auto& payload : payloads) all += (all.empty() ? "" : " ") + payload.data;
  return all;
}

struct Printer {
  std::string operator()(const durasim::StartTimerCommand& c) const {
    return fmt::format("timer {} {}", c.seq,
                       std::chrono::duration_cast<std::chrono::seconds>(c.start_to_fire_timeout));
  }
  std::string operator()(const durasim::CancelTimerCommand& c) const {
    return fmt::format("cancel timer {}", c.seq);
  }
  std::string operator()(const durasim::ScheduleActivityCommand& c) const {
    return fmt::format("activity {} {}({})", c.seq, c.activity_type, text(c.arguments));
  }
  std::string operator()(const durasim::RequestCancelActivityCommand& c) const {
    return fmt::format("cancel activity {}", c.seq);
  }
  std::string operator()(const durasim::SignalExternalWorkflowCommand& c) const {
    return fmt::format("signal {} {}.{}({})", c.seq, c.workflow_id, c.signal_name,
                       text(c.arguments));
  }
  std::string operator()(const durasim::RequestCancelExternalWorkflowCommand& c) const {
    return fmt::format("cancel workflow {} {} {}", c.seq, c.workflow_id, c.reason);
  }
  std::string operator()(const durasim::CompleteWorkflowCommand& c) const {
    return fmt::format("complete {}", text(c.result));
  }
  std::string operator()(const durasim::FailWorkflowCommand& c) const {
    std::string line = "fail " + c.failure.message;
    if (const auto* info = std::get_if<durasim::proto::ApplicationFailureInfo>(&c.failure.info)) {
      line += " [" + info->type + "]";
    }
    return line;
  }
  std::string operator()(const durasim::CancelWorkflowCommand&) const { return "canceled"; }
  std::string operator()(const durasim::ContinueAsNewCommand& c) const {
    return fmt::format("continue {}({})", c.workflow_type, text(c.arguments));
  }
  std::string operator()(const durasim::QueryResultCommand& c) const {
    if (const auto* failure = std::get_if<durasim::proto::Failure>(&c.outcome)) {
      return "query failed: " + failure->message;
    }
    return "answer " + text(std::get<durasim::PayloadList>(c.outcome));
  }
};

// One instance; each call is one activation and returns its commands. A failed step is one line
// "task failed (cause): message".
class Driver {
 public:
  explicit Driver(const durasim::WorkflowImplementation& implementation,
                  const durasim::WorkflowInstanceOptions& options = {})
      : instance_(implementation.create(options)) {}

  template <class... A>
  Lines start(const A&... arguments) {
    return step({initialize(arguments...)});
  }
  template <class... A>
  static durasim::ActivationJob initialize(const A&... arguments) {
    durasim::InitializeWorkflow job;
    job.info.workflow_id = "wf";
    job.info.run_id = "run";
    job.info.workflow_type = "Test";
    job.arguments = durasim::to_payloads(arguments...);
    job.randomness_seed = 42;
    return job;
  }
  static durasim::ActivationJob fire(std::uint32_t seq) { return durasim::FireTimer{.seq = seq}; }
  template <class... R>
  static durasim::ActivationJob done(std::uint32_t seq, const R&... result) {
    return durasim::ResolveActivity{.seq = seq, .outcome = durasim::to_payloads(result...)};
  }
  static durasim::ActivationJob failed(std::uint32_t seq, durasim::proto::Failure cause) {
    durasim::proto::Failure failure{.message = "activity error"};
    failure.info = durasim::proto::ActivityFailureInfo{.activity_id = std::to_string(seq)};
    failure.cause = std::move(cause);
    return durasim::ResolveActivity{.seq = seq, .outcome = std::move(failure)};
  }
  static durasim::proto::Failure application(const std::string& message) {
    return durasim::ApplicationFailure(message, {.type = "Broken"}).proto();
  }
  static durasim::ActivationJob activity_canceled(std::uint32_t seq) {
    return failed(seq, durasim::CanceledFailure("stopped in order").proto());
  }
  template <class... A>
  static durasim::ActivationJob signal(const std::string& name, const A&... input) {
    return durasim::SignalWorkflow{
        .signal_name = name, .input = durasim::to_payloads(input...), .identity = {}};
  }
  static durasim::ActivationJob cancel() { return durasim::CancelWorkflow{.reason = "operator"}; }
  template <class... A>
  static durasim::ActivationJob query(const std::string& type, const A&... arguments) {
    return durasim::QueryWorkflow{
        .query_id = "q", .query_type = type, .arguments = durasim::to_payloads(arguments...)};
  }

  Lines step(std::vector<durasim::ActivationJob> jobs) {
    activation.jobs = std::move(jobs);
    return lines(instance_->activate(activation));
  }
  durasim::Completion raw(std::vector<durasim::ActivationJob> jobs) {
    activation.jobs = std::move(jobs);
    return instance_->activate(activation);
  }
  static Lines lines(const durasim::Completion& completion) {
    if (completion.failure) {
      return {fmt::format("task failed ({}): {}", static_cast<int>(completion.failure->cause),
                          completion.failure->failure.message)};
    }
    Lines all;
    for (const auto& command : completion.commands) all.push_back(std::visit(Printer{}, command));
    return all;
  }
  durasim::WorkflowInstance& instance() { return *instance_; }
  void evict() { instance_.reset(); }

  // What every further activation says; change it before a step.
  durasim::Activation activation{.run_id = "run",
                                 .timestamp = durasim::WallTime{std::chrono::hours{1000}}};

 private:
  std::unique_ptr<durasim::WorkflowInstance> instance_;
};

// The names that the tests share.
inline constexpr durasim::WorkflowType<std::string()> plain{"Plain"};
inline constexpr durasim::WorkflowType<void()> silent{"Silent"};
inline constexpr durasim::Activity<std::string(std::string)> work{"work"};
inline constexpr durasim::Activity<int(int)> compute{"compute"};
inline constexpr durasim::Activity<void()> tidy_up{"tidy_up"};

template <class F>
Driver driver(F code, const durasim::WorkflowInstanceOptions& options = {}) {
  return Driver(durasim::make_workflow(plain, std::move(code)), options);
}

}  // namespace test
