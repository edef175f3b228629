// Child processes: how each end is reported, what a child gets, and what it leaves behind. The
// children are small scripts for /bin/sh.
#include "durasim/core/process.hpp"

#include "durasim/core/error.hpp"

#include "process/child.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

using namespace durasim;
using durasim_test::is_dead;

namespace {

ProcessOptions shell(const std::string& script) {
  ProcessOptions options;
  options.program = "/bin/sh";
  options.arguments = {"-c", script};
  return options;
}

ProcessResult run(const ProcessOptions& options) {
  return PosixProcessRunner().run(options);
}

std::string output(const ProcessResult& result) {
  return std::string(as_text(result.output));
}

std::string first_line(const ProcessResult& result) {
  const std::string text = output(result);
  return text.substr(0, text.find('\n'));
}

bool has_children() {
  return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

}  // namespace

TEST_CASE("exit code, output, and error text of a child arrive") {
  const ProcessResult result = run(shell("echo out; echo err >&2; exit 3"));
  CHECK(result.outcome == ProcessOutcome::Exited);
  CHECK(result.exit_code == 3);
  CHECK(output(result) == "out\n");
  CHECK(result.error_tail == "err\n");
  CHECK(describe(result) == "exited with code 3");
  CHECK_FALSE(has_children());
}

TEST_CASE("input larger than any pipe comes back whole while the child writes as it reads") {
  const std::string text(3'000'000, 'x');
  ProcessOptions options = shell("cat");
  options.input = as_bytes(text);
  const ProcessResult result = run(options);
  CHECK(result.exit_code == 0);
  CHECK(output(result) == text);
}

TEST_CASE("a child that does not read its input does not kill the host by SIGPIPE") {
  const std::string text(3'000'000, 'x');
  ProcessOptions options = shell("exec 0<&-; exit 4");
  options.input = as_bytes(text);
  CHECK(run(options).exit_code == 4);
}

TEST_CASE("a crash is reported with its signal") {
  const ProcessResult result = run(shell("kill -SEGV $$"));
  CHECK(result.outcome == ProcessOutcome::Signalled);
  CHECK(result.signal == SIGSEGV);
  CHECK(describe(result) == "was killed by signal 11 (Segmentation fault)");
}

TEST_CASE("a program that is not there is an error that names it and the reason") {
  ProcessOptions options;
  options.program = "/nowhere/durasim-geometry";
  CHECK_THROWS_WITH_AS(static_cast<void>(run(options)),
                       "cannot start /nowhere/durasim-geometry: No such file or directory",
                       UnavailableError);
  CHECK_FALSE(has_children());
}

TEST_CASE("options out of range are refused before anything starts") {
  ProcessOptions options = shell("exit 0");
  options.deadline = Seconds(0);
  CHECK_THROWS_AS(static_cast<void>(run(options)), InvalidArgument);
}

TEST_CASE("a child that hangs is stopped at its deadline, with what it had started") {
  ProcessOptions options = shell("sleep 1000 & echo $!; sleep 1000");
  options.deadline = Seconds(0.3);
  const ProcessResult result = run(options);
  CHECK(result.outcome == ProcessOutcome::DeadlineExceeded);
  CHECK(result.wall_time >= Seconds(0.3));
  while (!is_dead(first_line(result))) std::this_thread::yield();  // its grandchild too
  CHECK_FALSE(has_children());
}

TEST_CASE("a child that has ended takes its background processes with it") {
  const ProcessResult result = run(shell("sleep 1000 & echo $!"));
  CHECK(result.outcome == ProcessOutcome::Exited);
  CHECK(result.wall_time < Seconds(10));
  while (!is_dead(first_line(result))) std::this_thread::yield();
}

TEST_CASE("a child that writes without end is stopped at its output limit") {
  ProcessOptions options = shell("exec cat /dev/zero");
  options.max_output_bytes = 100'000;
  const ProcessResult result = run(options);
  CHECK(result.outcome == ProcessOutcome::OutputExceeded);
  CHECK(result.output.size() == 100'000);
}

TEST_CASE("only the end of a long error text is kept") {
  ProcessOptions options = shell("yes line | head -c 1000000 >&2; echo reason >&2; exit 3");
  options.max_error_bytes = 64;
  const ProcessResult result = run(options);
  CHECK(result.exit_code == 3);
  CHECK(result.error_tail.size() == 64);
  CHECK(result.error_tail.ends_with("reason\n"));
}

TEST_CASE("a child that grows is stopped by the watch on its resident size") {
  ProcessOptions options = shell("x=0123456789abcdef; while :; do x=$x$x; done");
  options.memory_limit = MemoryLimit::WatchRss;
  options.memory_limit_bytes = std::size_t{64} << 20;
  const ProcessResult result = run(options);
  CHECK(result.outcome == ProcessOutcome::MemoryExceeded);
  CHECK(result.peak_rss_bytes > options.memory_limit_bytes);
}

TEST_CASE("a limit on address space makes allocations fail inside the child") {
  ProcessOptions options = shell("ulimit -v");
  options.memory_limit = MemoryLimit::AddressSpace;
  options.memory_limit_bytes = std::size_t{512} << 20;
  // The limit is set just after the start, so the script waits until it is there.
  options.arguments[1] = "while [ \"$(ulimit -v)\" = unlimited ]; do :; done; ulimit -v";
  CHECK(output(run(options)) == "524288\n");
}

TEST_CASE("a program's own code for lack of memory is reported as such") {
  ProcessOptions options = shell("exit 5");
  CHECK(run(options).outcome == ProcessOutcome::Exited);
  options.out_of_memory_exit_code = static_cast<int>(HelperExit::OutOfMemory);
  CHECK(run(options).outcome == ProcessOutcome::MemoryExceeded);
}

TEST_CASE("an abort after std::bad_alloc is reported as lack of memory") {
  const ProcessResult result = run(shell("echo \"what(): std::bad_alloc\" >&2; kill -ABRT $$"));
  CHECK(result.outcome == ProcessOutcome::MemoryExceeded);
}

TEST_CASE("a child that uses up its CPU time is told so by a signal of its own") {
  ProcessOptions options = shell("while :; do :; done");
  options.cpu_time = Seconds(1);
  const ProcessResult result = run(options);
  CHECK(result.outcome == ProcessOutcome::Signalled);
  CHECK(result.signal == SIGXCPU);
}

TEST_CASE("a stop request ends a child from another thread") {
  std::stop_source stop;
  ProcessOptions options = shell("echo; sleep 1000");
  options.stop = stop.get_token();
  std::jthread asker([&] { stop.request_stop(); });
  const ProcessResult result = run(options);
  CHECK(result.outcome == ProcessOutcome::Cancelled);
  CHECK(result.wall_time < Seconds(10));
}

TEST_CASE("a child has no descriptor of the host beside its three streams") {
  const int leak = ::open("/dev/null", O_RDONLY);  // on purpose without O_CLOEXEC
  REQUIRE(leak >= 0);
  const int high = ::fcntl(leak, F_DUPFD, 20);
  const std::string seen = "if [ -e /proc/$$/fd/" + std::to_string(leak) +
                           " ] || [ -e /proc/$$/fd/" + std::to_string(high) +
                           " ]; then echo leaked; else echo clean; fi";
  CHECK(output(run(shell(seen))) == "clean\n");
  ::close(leak);
  ::close(high);
}

TEST_CASE("a child has default signal handling and no blocked signals") {
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &terminate, nullptr);
  const ProcessResult result = run(shell("kill -TERM $$; sleep 5; exit 1"));
  pthread_sigmask(SIG_UNBLOCK, &terminate, nullptr);
  CHECK(result.outcome == ProcessOutcome::Signalled);
  CHECK(result.signal == SIGTERM);
}

TEST_CASE("environment is inherited, replaced, or empty as asked") {
  ::setenv("DURASIM_TEST_A", "host", 1);
  ProcessOptions options = shell("echo \"$DURASIM_TEST_A,$DURASIM_TEST_B\"");
  CHECK(output(run(options)) == "host,\n");
  options.environment = {"DURASIM_TEST_A=mine", "DURASIM_TEST_B=b"};
  CHECK(output(run(options)) == "mine,b\n");
  options.environment = {"DURASIM_TEST_B=b"};
  options.inherit_environment = false;
  CHECK(output(run(options)) == ",b\n");
}

TEST_CASE("a child may not write files or dump core") {
  CHECK(output(run(shell("while [ \"$(ulimit -f)\" != 0 ]; do :; done; ulimit -f; ulimit -c"))) ==
        "0\n0\n");
}

TEST_CASE("many children at the same time each get their own result") {
  std::vector<std::string> results(8);
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      threads.emplace_back(
          [&results, i] { results[i] = output(run(shell("echo " + std::to_string(i)))); });
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i) CHECK(results[i] == std::to_string(i) + "\n");
  CHECK_FALSE(has_children());
}
