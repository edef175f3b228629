// The process that its own workflows kill: poison_test starts it again and again.
//   poison-engine STORE work|repaired
// It writes "ready" when its engine is at work and "hangs" for each run whose code does not come
// back, and ends with its input. "repaired" has the bugs no more.
#include "durasim/core/process.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include "process/poison_types.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace {

using namespace durasim;
using namespace std::chrono_literals;

bool repaired = false;

// One write, so that a line is there as a whole or not at all.
void say(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(1);
}

// It does a step first, so that each life replays what the one before has done.
Workflow<int> segfault(WorkflowContext ctx, int n) {
  n += co_await ctx.run(add_step, 0, {.start_to_close = 1min});
  if (!repaired) std::raise(SIGSEGV);
  co_return n;
}
// At once, so that it hangs before any other code is executed.
Workflow<int> hang(WorkflowContext ctx, int n) {
  while (!repaired) pause();
  co_return n + co_await ctx.run(add_step, 0, {.start_to_close = 1min});
}
Workflow<int> go_on(WorkflowContext ctx, int n) {
  for (int i = 0; i < 5; ++i) n += co_await ctx.run(add_step, i, {.start_to_close = 1min});
  co_return n;
}

void work(const std::string& store) {
  Engine engine({.store = store,
                 .deadlock_timeout = 50ms,
                 .logger = Logger(
                     [](const LogRecord& record) {
                       if (record.message.find("(Hanging): its code has not come back") !=
                           std::string_view::npos)
                         say("hangs");
                     },
                     LogLevel::Warning)});
  engine.worker("queue")
      .implement(segfaulting, segfault)
      .implement(hanging, hang)
      .implement(healthy, go_on)
      .implement(add_step, [](int) { return 1; });
  engine.start();
  say("ready");
  while (std::getchar() != EOF) {
  }
  engine.stop(1ms);  // what hangs is left behind
}

}  // namespace

int main(int argc, char** argv) {
  die_with_parent();
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would turn it into an exit
  const rlimit no_core{};
  setrlimit(RLIMIT_CORE, &no_core);
  if (argc != 3) return 1;
  repaired = argv[2] == std::string("repaired");
  try {
    work(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "poison-engine: %s\n", error.what());
    return 1;
  }
  std::_Exit(0);  // destructors would go under the feet of a thread that hangs
}
