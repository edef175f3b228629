// The durasim program: parses the command line, runs one verb, and maps its end to an exit code.
#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"
#include "durasim/sim/result.hpp"

#include "cli/commands.hpp"
#include "cli/ending.hpp"

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace durasim;

// Turns the first SIGINT or SIGTERM into a stop request and ends the program at the second. No code
// runs in a signal handler, and what a stop calls back does not keep the second one waiting.
class SignalWatch {
 public:
  SignalWatch() {
    sigemptyset(&signals_);
    for (const int s : {SIGINT, SIGTERM}) sigaddset(&signals_, s);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    watcher_ = std::thread([this] { watch(); });
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch() {
    over_ = true;
    pthread_kill(watcher_.native_handle(), SIGINT);  // which then only wakes it
    watcher_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    if (stopper_.joinable()) stopper_.join();
  }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  void watch() {
    int received = 0;
    while (sigwait(&signals_, &received) == 0 && !over_) {
      if (stopper_.joinable()) std::_Exit(cli::kCancelled);
      stopper_ = std::thread([this] { stop_.request_stop(); });
    }
  }
  sigset_t signals_{};
  sigset_t before_{};
  std::stop_source stop_;
  std::atomic<bool> over_ = false;
  std::thread stopper_;
  std::thread watcher_;
};

bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

// `durasim script ... -- CMD ARG...`: takes the command off the line, as it stands. CLI11 would
// read lists out of arguments like "[a,b]".
std::vector<std::string> take_script_command(int& argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) != "script") return {};
  for (int i = 2; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--") continue;
    std::vector<std::string> command(argv + i + 1, argv + argc);
    argc = i;
    return command;
  }
  return {};
}

// The result counts when all of it was written.
int run_verb(const cli::Command& command, bool json, const std::stop_token& stop) {
  try {
    const int code = command(stop);
    cli::flush_output();
    return code;
  } catch (const CancelledError& error) {
    return cli::fail(json, error.what(), cli::kCancelled);
  } catch (const std::exception& error) {
    return cli::fail(json, error.what(), cli::kError);
  }
}

int run(int argc, char** argv) {
  CLI::App app{
      "Durable workflows, and physics from CAD: simulates STEP, STL, OBJ and MJCF files, runs "
      "commands\nthat outlive it, and inspects and controls the workflows of a store.\n\n"
      "First steps:\n"
      "  durasim doctor                                 check what works on this machine\n"
      "  durasim inspect assembly.step                  list parts, masses, collision geometry, "
      "warnings\n"
      "  durasim simulate assembly.step --duration 3    get a verdict, a report, a picture and a "
      "video\n"
      "  durasim script --store x.db -- make report     run a command that outlives durasim\n"
      "  durasim workflow list --store x.db             list the workflows of a store"};
  app.footer("durasim VERB --help shows options, examples and exit codes.");
  app.require_subcommand(1);
  app.set_version_flag("--version", "durasim " DURASIM_VERSION_STRING);
  cli::Command command;
  [[maybe_unused]] std::vector<std::string> script = take_script_command(argc, argv);
  cli::add_simulate(app, command);
  cli::add_inspect(app, command);
#ifdef DURASIM_HAVE_SQLITE
  cli::add_render(app, command);
  cli::add_sweep(app, command);
  cli::add_script(app, command, std::move(script));
  cli::add_trace(app, command);
  cli::add_workflow(app, command);
  cli::add_check(app, command);
  cli::add_backup(app, command);
#endif
  cli::add_doctor(app, command);
  cli::add_version(app, command);
  const bool json = wants_json(argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error);
      std::cout.flush();
      cli::flush_output();
      return cli::kSuccess;
    }
    app.exit(error, std::cerr, std::cerr);
    if (json) std::printf("%s\n", sim::error_json(error.what()).c_str());
    return cli::kError;
  }
  const SignalWatch signals;
  return run_verb(command, json, signals.token());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "durasim: %s\n", error.what());
    return cli::kError;
  }
}
