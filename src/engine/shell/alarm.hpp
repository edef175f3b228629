// The engine's one timer, and the thread that it wakes: whatever is due at some instant is done
// there, and what other threads hand over. Asio inside.
#pragma once

#include "durasim/core/time.hpp"

#include <functional>
#include <memory>

namespace durasim::inline v0::engine {

// Thread-safe.
class Alarm {
 public:
  // `ring` is called on the alarm's thread; it must not throw.
  explicit Alarm(std::function<void()> ring);
  // Ends the thread; nothing is called any more.
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  // Rings once at that CLOCK_BOOTTIME, at once if it has passed; replaces what was set before.
  void set(Duration boot_time);
  // Calls the function on the alarm's thread, soon.
  void post(std::function<void()> work);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace durasim::inline v0::engine
