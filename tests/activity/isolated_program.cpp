// The program whose children misbehave: isolated_test starts them.
//   isolated-program host     is itself a host: runs one attempt that never ends
#include "durasim/activity/isolated.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "activity/isolated_types.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace durasim;
using namespace std::chrono_literals;

std::string pid() {
  return std::to_string(getpid());
}

std::string echo(const ActivityContext& ctx) {
  ctx.logger().debug("not wanted");
  ctx.logger().warning("from the child");
  const ActivityInfo& info = ctx.info();
  return fmt::format("{} {} {} {} {}", info.activity_type, info.attempt, info.workflow_id,
                     info.retry_policy ? info.retry_policy->maximum_attempts : -1,
                     ctx.heartbeat_details<int>().value_or(-1));
}

[[noreturn]] std::string hang(const ActivityContext& ctx) {
  ctx.heartbeat(pid());
  for (;;) pause();
}

// Its own id and that of a process that it leaves behind.
std::string leave_grandchild(const ActivityContext& ctx) {
  const pid_t grandchild = fork();
  if (grandchild == 0) {
    for (;;) pause();
  }
  ctx.heartbeat(pid() + " " + std::to_string(grandchild));
  return "left";
}

std::string eat_memory(const ActivityContext&) {
  std::vector<std::string> all;
  for (;;) all.emplace_back(std::size_t{1} << 20, 'x');
}

[[noreturn]] std::string eat_time(const ActivityContext&) {
  for (volatile unsigned i = 0;; i = i + 1) {
  }
}

std::string write_file(const ActivityContext&) {
  std::FILE* file = std::tmpfile();
  const std::string block(1 << 20, 'x');
  for (int i = 0; i < 3; ++i) std::fwrite(block.data(), 1, block.size(), file);
  std::fclose(file);
  return "written";
}

std::string print_10_megabytes(const ActivityContext&) {
  const std::string line = std::string(99, 'x') + "\n";
  for (int i = 0; i < 50'000; ++i) {
    std::fputs(line.c_str(), stdout);
    std::fputs(line.c_str(), stderr);
  }
  return "printed";
}

// Writes where only durasim should.
std::string talk_nonsense(const ActivityContext& ctx) {
  for (int fd = 3; fd < 32; ++fd) {
    struct stat status{};
    if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
      (void)send(fd, "\1\0\0\0\77", 5, MSG_NOSIGNAL);
  }
  return hang(ctx);
}

std::string beat_and_crash(const ActivityContext& ctx) {
  for (int i = 1; i <= 3; ++i) ctx.heartbeat(i);
  std::raise(SIGSEGV);
  return "";
}

std::string beat_often(const ActivityContext& ctx) {
  for (int i = 1; i <= 20'000; ++i) ctx.heartbeat(i);
  return "beaten";
}

// Heartbeats when it is ready to be cancelled.
std::string wait_for_stop(const ActivityContext& ctx) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  ctx.heartbeat(pid());
  changed.wait(lock, ctx.stop_token(), [] { return false; });
  throw CanceledFailure("stopped", to_payloads(std::string(to_string(*ctx.cancel_reason()))));
}

std::string fail(const ActivityContext&) {
  try {
    throw std::out_of_range("the cause");
  } catch (...) {
    std::throw_with_nested(ApplicationFailure("failed", {.type = "Refused",
                                                         .non_retryable = true,
                                                         .details = to_payloads(7),
                                                         .next_retry_delay = 5s}));
  }
}

// What the open files are, one a line.
std::string descriptors(const ActivityContext&) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    all += entry.path().filename().string() + " " +
           std::filesystem::read_symlink(entry.path(), gone).string() + "\n";
  }
  return all;
}

// Crashes in its first attempt, knows in its second one how far it had come.
std::string crash_once(const ActivityContext& ctx) {
  if (ctx.info().attempt == 1) return beat_and_crash(ctx);
  return fmt::format("attempt {}, from {}", ctx.info().attempt, *ctx.heartbeat_details<int>());
}

const std::map<std::string, std::string (*)(const ActivityContext&)> kActs{
    {"echo", echo},
    {"segfault", [](const ActivityContext&) -> std::string { return std::raise(SIGSEGV), ""; }},
    {"abort", [](const ActivityContext&) -> std::string { std::abort(); }},
    {"exit", [](const ActivityContext&) -> std::string { std::exit(0); }},
    {"complain",
     [](const ActivityContext&) -> std::string {
       std::fputs("out of cheese\n", stderr);
       std::_Exit(3);
     }},
    {"elsewhere", [](const ActivityContext& ctx) -> std::string { ctx.complete_async(); }},
    {"hang", hang},
    {"grandchild", leave_grandchild},
    {"grandchild and hang",
     [](const ActivityContext& ctx) { return leave_grandchild(ctx), hang(ctx); }},
    {"memory", eat_memory},
    {"time", eat_time},
    {"file", write_file},
    {"output", print_10_megabytes},
    {"nonsense", talk_nonsense},
    {"beat and crash", beat_and_crash},
    {"beat often", beat_often},
    {"wait for stop", wait_for_stop},
    {"fail", fail},
    {"descriptors", descriptors},
    {"crash once", crash_once},
};

std::string perform(const ActivityContext& ctx, const std::string& what) {
  const auto found = kActs.find(what);
  return found != kActs.end() ? found->second(ctx) : what + what;
}

// Says which processes work for it.
void be_host() {
  testing::ActivityEnvironment environment;
  environment.on_heartbeat = [](const PayloadList& details) {
    std::printf("%s\n", from_payload<std::string>(details.front()).c_str());
    std::fflush(stdout);
  };
  (void)environment.run_implementation(make_activity(act, Isolated()),
                                       std::string("grandchild and hang"));
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would turn it into an exit
  IsolatedActivities children;
  children.implement(act, perform);
  children.serve_if_asked(argc, argv);
  if (argc == 2 && argv[1] == std::string("host")) be_host();
  return 3;  // as a program that does not know of children
}
