// One thread and one poll. Signals, the timer and requests are descriptors, so that nothing happens
// between two looks.
#include "supervisor/supervisor.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/ids.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <utility>

namespace durasim::supervisor {

namespace {

using pipeline::kControlFile;
using pipeline::kExitFile;

// No record is larger: its longest part is an error that names a program and a folder.
constexpr std::size_t kRecordBytes = 65536;

// Blocks all signals; those that mean something are read from the descriptor.
Descriptor receive_signals() {
  sigset_t signals;
  sigfillset(&signals);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  return Descriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

// Whoever waits for a complaint hears that there is none.
void leave_standard_error() {
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(nothing.get(), STDERR_FILENO);
}

}  // namespace

// ---- the record --------------------------------------------------------------------------------

ExitRecord::ExitRecord(const pipeline::ScriptFolder& folder)
    : folder_(folder),
      name_(fmt::format(".exit.{}", make_uuid(system_random()))),
      file_(::openat(folder.descriptor(), name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                     0600)) {
  // Spaces behind a JSON text are part of it.
  if (file_.open() && pipeline::write_all(file_.get(), std::string(kRecordBytes, ' '), 0) &&
      ::fsync(file_.get()) == 0)
    return;
  const int error = errno;
  ::unlinkat(folder.descriptor(), name_.c_str(), 0);
  errno = error;
  folder.fail("write", kExitFile);
}

ExitRecord::~ExitRecord() {
  if (!name_.empty()) ::unlinkat(folder_.descriptor(), name_.c_str(), 0);
}

void ExitRecord::write(const pipeline::ScriptExit& exit) {
  if (!pipeline::write_all(file_.get(), to_text(exit), 0) || ::fsync(file_.get()) != 0 ||
      ::renameat(folder_.descriptor(), name_.c_str(), folder_.descriptor(), kExitFile) != 0)
    folder_.fail("write", kExitFile);
  name_.clear();
  folder_.sync();
}

// ---- the script --------------------------------------------------------------------------------

Supervisor::Supervisor(pipeline::ScriptFolder folder)
    : folder_(std::move(folder)),
      order_(folder_.order()),
      signals_(receive_signals()),
      control_(::openat(folder_.descriptor(), kControlFile,
                        O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)),
      timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!control_.open()) folder_.fail("open", kControlFile);
  if (!signals_.open() || !timer_.open()) folder_.fail("watch", "");
}

void Supervisor::run() {
  ExitRecord record(folder_);
  const auto claim = folder_.take_claim();
  if (!claim) return;
  leave_standard_error();
  exit_.started_at = system_clock().wall_now();
  try {
    supervise();
  } catch (const Error& error) {
    exit_.error = error.what();
  }
  exit_.ended_at = system_clock().wall_now();
  record.write(exit_);
}

void Supervisor::supervise() {
  KeptOutput output(folder_, pipeline::kStdoutFile, order_.max_output_bytes);
  KeptOutput error(folder_, pipeline::kStderrFile, order_.max_output_bytes);
  folder_.sync();
  {
    ScriptProcess script(order_);
    output.read_from(script.take_output());
    error.read_from(script.take_error());
    script_ = &script;
    output_ = &output;
    error_ = &error;
    if (order_.timeout > Duration::zero()) set_timer(order_.timeout);
    watch();
  }
  output.receive();  // what was written before the group was killed
  error.receive();
  exit_.standard_output = output.finish();
  exit_.standard_error = error.finish();
}

// What it has started and left behind may use its outputs for the grace after it.
bool Supervisor::over() const {
  return ended_ && (killed_ || (output_->ended() && error_->ended()));
}

void Supervisor::watch() {
  while (!over()) {
    std::array<pollfd, 5> events{{{signals_.get(), POLLIN, 0},
                                  {control_.get(), POLLIN, 0},
                                  {timer_.get(), POLLIN, 0},
                                  {output_->descriptor(), POLLIN, 0},
                                  {error_->descriptor(), POLLIN, 0}}};
    ::poll(events.data(), events.size(), -1);
    output_->receive();
    error_->receive();
    on_signals();
    on_control();
    on_timer();
  }
}

void Supervisor::on_signals() {
  signalfd_siginfo signal{};
  bool terminate = false;
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal)
    terminate = terminate || signal.ssi_signo == SIGTERM;
  if (ProcessEnd end; !ended_ && script_->has_ended(end)) {
    ended_ = true;
    exit_.exit_code = end.exit_code;
    exit_.signal = end.signal;
    if (!stopping_) set_timer(order_.grace);
  }
  if (!terminate) return;
  exit_.canceled = exit_.canceled || !ended_;
  stop_script();
}

void Supervisor::on_control() {
  std::array<char, 64> requests{};
  if (::read(control_.get(), requests.data(), requests.size()) <= 0) return;
  exit_.canceled = exit_.canceled || !ended_;
  stop_script();
}

void Supervisor::on_timer() {
  std::uint64_t expirations = 0;
  if (::read(timer_.get(), &expirations, sizeof expirations) != sizeof expirations) return;
  if (!ended_ && !stopping_) {
    exit_.timed_out = true;
    stop_script();
  } else {
    killed_ = true;
    script_->send(SIGKILL);
  }
}

// The first time politely, with the grace; what is left of an ended script at once.
void Supervisor::stop_script() {
  if (ended_) {
    killed_ = true;
  } else if (!stopping_) {
    stopping_ = true;
    script_->send(SIGTERM);
    script_->send(SIGCONT);  // one that is stopped could not obey
    set_timer(order_.grace);
  }
}

void Supervisor::set_timer(Duration in) const {
  const Duration wait = std::max(in, Duration{1});  // 0 would disarm it
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec = (wait - seconds).count();
  ::timerfd_settime(timer_.get(), 0, &spec, nullptr);
}

}  // namespace durasim::supervisor
