// fork and exec by hand: posix_spawn cannot ask for a death signal. Between the two only calls that
// are allowed there; this program has one thread.
#include "supervisor/script_process.hpp"

#include "durasim/core/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace durasim::supervisor {

namespace {

enum class Step : int { Folder, Program, Other };

// What the child says when it cannot become the script.
struct StartError {
  Step step;
  int error;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw UnavailableError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const char* folder;
  int output;
  int error;
  int complaints;
  pid_t parent;
};

[[noreturn]] void give_up(const ChildPlan& plan, Step step) {
  const StartError message{step, errno};
  [[maybe_unused]] const ssize_t n = ::write(plan.complaints, &message, sizeof message);
  ::_exit(127);
}

[[noreturn]] void become_script(const ChildPlan& plan) {
  sigset_t none;
  sigemptyset(&none);
  if (::setpgid(0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
      ::dup2(plan.output, STDOUT_FILENO) < 0 || ::dup2(plan.error, STDERR_FILENO) < 0 ||
      ::sigprocmask(SIG_SETMASK, &none, nullptr) != 0)
    give_up(plan, Step::Other);
  if (::getppid() != plan.parent) ::_exit(127);  // it died before the death signal was asked for
  if (::chdir(plan.folder) != 0) give_up(plan, Step::Folder);
  environ = const_cast<char**>(plan.environment.data());
  ::execvp(plan.argv.front(), plan.argv.data());  // searches the new PATH
  give_up(plan, Step::Program);
}

[[noreturn]] void throw_not_started(const pipeline::ScriptOrder& order, const StartError& message) {
  const std::string what = message.step == Step::Folder
                               ? "cannot enter its working directory " + order.working_directory
                           : message.step == Step::Program ? "cannot execute " + order.argv.front()
                                                           : std::string("cannot start it");
  throw UnavailableError(
      fmt::format("the script was not started: {}: {}", what, std::strerror(message.error)));
}

}  // namespace

ScriptProcess::ScriptProcess(const pipeline::ScriptOrder& order) {
  Pipe output = make_pipe();
  Pipe error = make_pipe();
  Pipe complaints = make_pipe();
  std::vector<std::string> argv = order.argv;
  std::vector<std::string> environment = order.environment;
  const ChildPlan plan{.argv = pointers_to(argv),
                       .environment = pointers_to(environment),
                       .folder = order.working_directory.c_str(),
                       .output = output.write.get(),
                       .error = error.write.get(),
                       .complaints = complaints.write.get(),
                       .parent = ::getpid()};
  pid_ = ::fork();
  if (pid_ == 0) become_script(plan);
  if (pid_ < 0) throw_not_started(order, {Step::Other, errno});
  complaints.write.close();
  StartError message{};
  ssize_t n = 0;
  while ((n = ::read(complaints.read.get(), &message, sizeof message)) < 0 && errno == EINTR) {
  }
  if (n > 0) {
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    throw_not_started(order, message);
  }
  output_ = std::move(output.read);
  error_ = std::move(error.read);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(error_.get(), F_SETFL, O_NONBLOCK);
}

ScriptProcess::~ScriptProcess() {
  send(SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool ScriptProcess::has_ended(ProcessEnd& end) const {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != pid_)
    return false;
  if (info.si_code == CLD_EXITED) {
    end = {info.si_status, 0};
  } else {
    end = {-1, info.si_status};
  }
  return true;
}

void ScriptProcess::send(int signal) const {
  ::kill(-pid_, signal);
}

}  // namespace durasim::supervisor
