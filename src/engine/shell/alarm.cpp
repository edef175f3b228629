// A timerfd on CLOCK_BOOTTIME, which rings right after a suspend, read by an io_context of its own.
#include "engine/shell/alarm.hpp"

#include "durasim/core/error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

namespace durasim::inline v0::engine {

namespace {

int open_timer() {
  const int descriptor = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (descriptor < 0) {
    throw UnavailableError(std::string("the kernel gives no timer on CLOCK_BOOTTIME: ") +
                           std::strerror(errno));
  }
  return descriptor;
}

}  // namespace

struct Alarm::Impl {
  explicit Impl(std::function<void()> on_ring)
      : ring(std::move(on_ring)), timer(context, open_timer()) {
    wait();
    thread = std::thread([this] { context.run(); });
  }
  ~Impl() {
    context.stop();
    thread.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void wait() {
    timer.async_wait(boost::asio::posix::descriptor_base::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (error) return;
                       std::uint64_t rings = 0;
                       if (read(timer.native_handle(), &rings, sizeof rings) == sizeof rings)
                         ring();
                       wait();
                     });
  }

  std::function<void()> ring;
  boost::asio::io_context context;
  boost::asio::posix::stream_descriptor timer;
  std::thread thread;
};

Alarm::Alarm(std::function<void()> ring) : impl_(std::make_unique<Impl>(std::move(ring))) {}
Alarm::~Alarm() = default;

void Alarm::set(Duration boot_time) {
  const Duration when = std::max(boot_time, Duration(1));  // 0 would switch it off
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec = (when - seconds).count();
  timerfd_settime(impl_->timer.native_handle(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Alarm::post(std::function<void()> work) {
  boost::asio::post(impl_->context, std::move(work));
}

}  // namespace durasim::inline v0::engine
