// inotify: the record of the script's end is moved into the folder, and the claim, which only its
// supervisor has open for writing, is closed when that one dies.
#include "pipeline/script_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace durasim::inline v0::pipeline {

namespace {

constexpr std::chrono::milliseconds kWithoutEvents{1000};

}  // namespace

StopSignal::StopSignal(std::stop_token stop)
    : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      callback_(std::move(stop), Wake{wake_.get()}) {}

void StopSignal::Wake::operator()() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(fd, &one, sizeof one);
}

void StopSignal::drain() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
}

ScriptWatch::ScriptWatch(const ScriptFolder& folder, const StopSignal& stop)
    : stop_(stop),
      claim_(::openat(folder.descriptor(), kClaimFile, O_RDONLY | O_CLOEXEC)),
      events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!events_.open()) return;
  // By the descriptors: the folder may have been moved.
  const auto watch = [&](int fd, std::uint32_t events) {
    return ::inotify_add_watch(events_.get(), fmt::format("/proc/self/fd/{}", fd).c_str(), events);
  };
  claim_watch_ = claim_.open() ? watch(claim_.get(), IN_CLOSE_WRITE) : -1;
  if (watch(folder.descriptor(), IN_MOVED_TO) < 0 || claim_watch_ < 0) events_.close();
}

void ScriptWatch::wait(std::chrono::milliseconds at_most) {
  if (!events_.open()) at_most = std::min(at_most, kWithoutEvents);
  std::array<pollfd, 2> events{{{stop_.descriptor(), POLLIN, 0}, {events_.get(), POLLIN, 0}}};
  ::poll(events.data(), events.size(), static_cast<int>(at_most.count()));
  if (events_.open()) take_events();
}

void ScriptWatch::take_events() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool claim_closed = false;
  for (;;) {
    const ssize_t size = ::read(events_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      claim_closed = claim_closed || event.wd == claim_watch_;
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
  // The kernel tells of the last close before it drops the lock.
  if (claim_closed && ::flock(claim_.get(), LOCK_SH) == 0) ::flock(claim_.get(), LOCK_UN);
}

}  // namespace durasim::inline v0::pipeline
