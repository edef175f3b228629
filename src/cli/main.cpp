// The durasim program: parses the command line, runs one verb, and maps its end to an exit code.
#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"
#include "durasim/sim/result.hpp"

#include "cli/commands.hpp"

#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace durasim;

// Turns SIGINT and SIGTERM into a stop request, on a thread of its own, so that no code runs in a
// signal handler.
class SignalWatch {
 public:
  SignalWatch() {
    sigemptyset(&signals_);
    for (const int s : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals_, s);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    watcher_ = std::thread([this] {
      int received = 0;
      while (sigwait(&signals_, &received) == 0 && received != SIGUSR1) stop_.request_stop();
    });
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch() {
    pthread_kill(watcher_.native_handle(), SIGUSR1);  // our own signal to end the wait
    watcher_.join();
  }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  sigset_t signals_{};
  std::stop_source stop_;
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

int fail(bool json, const std::string& message, int code) {
  if (json) std::printf("%s\n", sim::error_json(message).c_str());
  std::fprintf(stderr, "durasim: %s\n", message.c_str());
  return code;
}

int run(int argc, char** argv) {
  CLI::App app{
      "Physics from CAD: reads a STEP, STL, OBJ or MJCF file, simulates it, and gives a verdict, a "
      "report, a picture "
      "and a video.\n\nFirst steps:\n"
      "  durasim doctor                                 what works on this machine\n"
      "  durasim inspect assembly.step                  parts, masses, collision geometry, "
      "warnings\n"
      "  durasim simulate assembly.step --duration 3    verdict, report, picture, video"};
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
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    app.exit(error, std::cerr, std::cerr);
    if (json) std::printf("%s\n", sim::error_json(error.what()).c_str());
    return cli::kError;
  }
  const SignalWatch signals;
  try {
    return command(signals.token());
  } catch (const CancelledError& error) {
    return fail(json, error.what(), cli::kCancelled);
  } catch (const std::exception& error) {
    return fail(json, error.what(), cli::kError);
  }
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
