// Isolated activities: what crosses between an attempt and its child, and every way in which a
// child can end. The children are isolated_program.cpp's, or small scripts that talk nonsense.
#include "durasim/activity/isolated.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "activity/isolated_types.hpp"
#include "process/child.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;
using durasim_test::is_dead;

namespace {

IsolationOptions without_spare(IsolationOptions options = {}) {
  options.program = DURASIM_BUILD_BIN "/isolated-program";
  options.spare_children = 0;
  return options;
}

ActivityOutcome outcome_of(testing::ActivityEnvironment& environment, const std::string& what,
                           IsolationOptions options = {}) {
  const Isolated isolated(without_spare(std::move(options)));
  return environment.run_implementation(make_activity(act, isolated), what);
}

ActivityOutcome outcome_of(const std::string& what, IsolationOptions options = {}) {
  testing::ActivityEnvironment environment;
  return outcome_of(environment, what, std::move(options));
}

std::string result_of(const ActivityOutcome& outcome) {
  const auto* failed = std::get_if<ActivityFailed>(&outcome);
  if (failed != nullptr) FAIL(failed->failure.message);
  return from_payload<std::string>(std::get<ActivityCompleted>(outcome).result.front());
}

struct Failed {
  std::string type;
  bool non_retryable = false;
  std::string message;
};

Failed failure_of(const ActivityOutcome& outcome) {
  const proto::Failure& failure = std::get<ActivityFailed>(outcome).failure;
  const auto& info = std::get<proto::ApplicationFailureInfo>(failure.info);
  return {info.type, info.non_retryable, failure.message};
}

std::string type_of(const ActivityOutcome& outcome) {
  const Failed failed = failure_of(outcome);
  CHECK_FALSE(failed.non_retryable);
  return failed.type;
}

void wait_for_death(const std::string& pid) {
  while (!is_dead(pid)) std::this_thread::yield();
}

// Of this process.
std::vector<std::string> children() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string pid, name, state, parent;
    if (stat >> pid >> name >> state >> parent && parent == std::to_string(getpid()) &&
        state != "Z")
      found.push_back(pid);
  }
  return found;
}

bool has_children() {
  return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

Failed failure_of_script(const std::string& script) {
  IsolationOptions options;
  options.program = "/bin/sh";
  options.arguments = {"-c", script};
  options.spare_children = 0;
  testing::ActivityEnvironment environment;
  return failure_of(
      environment.run_implementation(make_activity(act, Isolated(options)), std::string("echo")));
}

}  // namespace

TEST_CASE("an attempt in a child knows and says what one in the host does") {
  testing::ActivityEnvironment environment;
  environment.info.activity_type = "act";
  environment.info.attempt = 3;
  environment.info.workflow_id = "run-1";
  environment.info.retry_policy =
      RetryPolicy{.maximum_attempts = 5, .non_retryable_error_types = {"a"}};
  environment.heartbeat_details = to_payloads(41);
  std::vector<std::string> log;
  environment.logger = Logger(
      [&](const LogRecord& record) {
        log.push_back(fmt::format("{}: {}", record.module, record.message));
      },
      LogLevel::Info);
  CHECK(result_of(outcome_of(environment, "echo")) == "act 3 run-1 5 41");
  CHECK(log == std::vector<std::string>{"activity.act: from the child"});
  CHECK_FALSE(has_children());
}

TEST_CASE("arguments and results larger than any socket's buffer arrive whole") {
  const std::string half(5'000'000, 'x');
  CHECK(result_of(outcome_of(half)) == half + half);
}

TEST_CASE("a failure arrives with everything that belongs to it") {
  const proto::Failure failure = std::get<ActivityFailed>(outcome_of("fail")).failure;
  const auto& info = std::get<proto::ApplicationFailureInfo>(failure.info);
  CHECK(failure.message == "failed");
  CHECK(info.type == "Refused");
  CHECK(info.non_retryable);
  CHECK(PayloadList(info.details->payloads) == to_payloads(7));
  CHECK(info.next_retry_delay->duration() == 5s);
  REQUIRE(failure.cause.has_value());
  CHECK(failure.cause->message == "the cause");
}

TEST_CASE("an attempt can be left to be completed from elsewhere") {
  CHECK(std::holds_alternative<ActivityWillCompleteAsync>(outcome_of("elsewhere")));
}

TEST_CASE("a child that dies is a failure of its own type, and leaves nothing behind") {
  CHECK(type_of(outcome_of("segfault")) == "SIGSEGV");
  CHECK(type_of(outcome_of("abort")) == "SIGABRT");
  CHECK(type_of(outcome_of("exit")) == kIsolationNoAnswer);
  CHECK(type_of(outcome_of("hang", {.deadline = 100ms})) == kIsolationDeadline);
  CHECK(type_of(outcome_of("time", {.cpu_time = 1s})) == kIsolationCpuTime);
  CHECK(type_of(outcome_of("file", {.max_file_bytes = 1 << 20})) == kIsolationFileSize);
  CHECK(type_of(outcome_of("memory", {.memory_limit_bytes = std::size_t{512} << 20})) ==
        kIsolationMemory);
  CHECK_FALSE(has_children());
}

TEST_CASE("the message of a failure holds the end of standard error") {
  const Failed failed = failure_of(outcome_of("complain"));
  CHECK(failed.type == kIsolationNoAnswer);
  CHECK(failed.message.find("of activity test exited with code 3 without an answer; its standard "
                            "error ends with:\nout of cheese") != std::string::npos);
}

TEST_CASE("ten megabytes of output are harmless, and too much by a smaller limit") {
  CHECK(result_of(outcome_of("output")) == "printed");
  const Failed failed = failure_of(outcome_of("output", {.max_output_bytes = 1 << 20}));
  CHECK(failed.type == kIsolationOutput);
  CHECK(failed.non_retryable);
  CHECK(failed.message.size() < 3000);
}

TEST_CASE("a type that the child does not know is not tried again") {
  testing::ActivityEnvironment environment;
  const Failed failed =
      failure_of(environment.run_implementation(make_activity(absent, Isolated(without_spare()))));
  CHECK(failed.type == kIsolationNotImplemented);
  CHECK(failed.non_retryable);
}

TEST_CASE("nonsense on the socket ends the attempt") {
  CHECK(type_of(outcome_of("nonsense")) == kIsolationProtocol);
  // It claims 2 GB.
  CHECK(failure_of_script("printf '\\377\\377\\377\\177x' >&0; sleep 1000").type ==
        kIsolationProtocol);
  // A heartbeat before any greeting, another version's greeting, and one that is cut short.
  CHECK(failure_of_script("printf '\\001\\0\\0\\0\\011' >&0; sleep 1000").type ==
        kIsolationProtocol);
  CHECK(failure_of_script("printf '\\005\\0\\0\\0\\001\\011\\0\\0\\0' >&0; sleep 1000")
            .message.find("version 9") != std::string::npos);
  CHECK(failure_of_script("printf '\\002\\0\\0\\0\\001\\001' >&0; sleep 1000").type ==
        kIsolationProtocol);
  CHECK(failure_of_script("exec 0<&- 2>&-; sleep 1000").type == kIsolationNoAnswer);
}

TEST_CASE("a program that does not serve is told what is missing in it") {
  const Failed failed = failure_of_script("exit 3");
  CHECK(failed.type == kIsolationNoAnswer);
  CHECK(failed.message.find("serve_if_asked") != std::string::npos);
  testing::ActivityEnvironment environment;
  const ActivityOutcome outcome = environment.run_implementation(
      make_activity(act, Isolated({.program = "/nowhere/program"})), std::string("echo"));
  CHECK(failure_of(outcome).message == "cannot start /nowhere/program: No such file or directory");
}

TEST_CASE("options out of range are refused before anything starts") {
  CHECK_THROWS_AS(Isolated({.memory_limit_bytes = 0}), InvalidArgument);
  CHECK_THROWS_AS(Isolated({.max_open_files = 3}), InvalidArgument);
  CHECK_THROWS_AS(Isolated({.deadline = -1s}), InvalidArgument);
}

TEST_CASE("heartbeats are throttled in the host, and the last one before a crash is not lost") {
  testing::ActivityEnvironment environment;
  environment.throttle_heartbeats = true;
  std::vector<int> recorded;
  environment.on_heartbeat = [&](const PayloadList& details) {
    recorded.push_back(from_payload<int>(details.front()));
  };
  CHECK(type_of(outcome_of(environment, "beat and crash")) == "SIGSEGV");
  CHECK(recorded.back() == 3);
  recorded.clear();
  CHECK(result_of(outcome_of(environment, "beat often")) == "beaten");
  CHECK(recorded.size() == 1);
}

TEST_CASE("a cancellation reaches the child with its reason, and its answer comes back") {
  const auto end_for = [](ActivityCancelReason reason) {
    testing::ActivityEnvironment environment;
    environment.on_heartbeat = [&](const PayloadList&) { environment.cancel(reason); };
    return outcome_of(environment, "wait for stop");
  };
  const ActivityOutcome asked = end_for(ActivityCancelReason::Requested);
  CHECK(std::get<ActivityCanceled>(asked).details == to_payloads("cancellation requested"));
  CHECK(type_of(end_for(ActivityCancelReason::WorkerShutdown)) == kWorkerShutdown);
  const ActivityOutcome unknown = end_for(ActivityCancelReason::NotFound);
  CHECK(is_canceled(std::get<ActivityFailed>(unknown).failure));
}

TEST_CASE("a child that does not end when it is asked to is killed after its grace") {
  testing::ActivityEnvironment environment;
  std::string pid;
  environment.on_heartbeat = [&](const PayloadList& details) {
    pid = from_payload<std::string>(details.front());
    environment.cancel();
  };
  const ActivityOutcome outcome = outcome_of(environment, "hang", {.cancel_grace = 50ms});
  CHECK(std::holds_alternative<ActivityCanceled>(outcome));
  CHECK(is_dead(pid));
  environment.on_heartbeat = [&](const PayloadList&) {
    environment.cancel(ActivityCancelReason::WorkerShutdown);
  };
  CHECK(type_of(outcome_of(environment, "hang", {.cancel_grace = 50ms})) == kWorkerShutdown);
}

TEST_CASE("what a child has started ends with its attempt") {
  testing::ActivityEnvironment environment;
  std::string pids;
  environment.on_heartbeat = [&](const PayloadList& details) {
    pids = from_payload<std::string>(details.front());
  };
  CHECK(result_of(outcome_of(environment, "grandchild")) == "left");
  wait_for_death(pids.substr(pids.find(' ') + 1));
}

TEST_CASE("a child and what it has started end with a host that is killed") {
  durasim_test::Child host(DURASIM_BUILD_BIN "/isolated-program", {"host"});
  const std::string pids = host.line().value();
  host.kill();
  (void)host.wait();
  wait_for_death(pids.substr(0, pids.find(' ')));
  wait_for_death(pids.substr(pids.find(' ') + 1));
}

TEST_CASE("a spare child is ready for the next attempt, replaced when it has died, and goes last") {
  testing::ActivityEnvironment environment;
  IsolationOptions options = without_spare();
  options.spare_children = 1;
  {
    const ActivityImplementation implementation = make_activity(act, Isolated(options));
    CHECK_FALSE(has_children());
    CHECK(result_of(environment.run_implementation(implementation, std::string("a"))) == "aa");
    for (const bool killed : {false, true}) {
      while (children().size() != 1) std::this_thread::yield();
      const std::string spare = children().front();
      if (killed) {
        kill(std::stoi(spare), SIGKILL);
        wait_for_death(spare);
      }
      std::string pid;
      environment.on_heartbeat = [&](const PayloadList& details) {
        pid = from_payload<std::string>(details.front());
        environment.cancel();
      };
      CHECK(std::holds_alternative<ActivityCanceled>(
          environment.run_implementation(implementation, std::string("wait for stop"))));
      CHECK((pid == spare) == !killed);
    }
  }
  CHECK_FALSE(has_children());
}

TEST_CASE("many attempts at the same time each have a child of their own") {
  IsolationOptions options = without_spare();
  options.spare_children = 2;
  const Isolated isolated(options);
  std::array<std::string, 8> results;
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      threads.emplace_back([&, i] {
        testing::ActivityEnvironment environment;
        results[i] = result_of(
            environment.run_implementation(make_activity(act, isolated), std::to_string(i)));
      });
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i)
    CHECK(results[i] == std::to_string(i) + std::to_string(i));
}
