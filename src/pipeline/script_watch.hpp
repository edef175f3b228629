// How the engine's side waits for scripts: until a request to stop, until something happens in a
// script's folder.
#pragma once

#include "core/descriptor.hpp"
#include "pipeline/script_folder.hpp"

#include <chrono>
#include <stop_token>

namespace durasim::inline v0::pipeline {

// A descriptor that can be read once stop was requested, and is drained by whoever has noticed.
class StopSignal {
 public:
  explicit StopSignal(std::stop_token stop);
  [[nodiscard]] int descriptor() const { return wake_.get(); }
  // Stop is known: waiting for it again would only wake at once.
  void drain() const;

 private:
  struct Wake {
    int fd;
    void operator()() const noexcept;
  };
  Descriptor wake_;
  std::stop_callback<Wake> callback_;
};

// Watches a folder that has been claimed, from construction on: what came before is seen by looking
// at its state afterwards.
class ScriptWatch {
 public:
  // Both must outlive it.
  ScriptWatch(const ScriptFolder& folder, const StopSignal& stop);
  // Returns when the folder's state may have changed, when stop was requested, or after that time
  // at the latest; earlier where the kernel has no inotify instance left to give.
  void wait(std::chrono::milliseconds at_most);

 private:
  void take_events();
  const StopSignal& stop_;
  Descriptor claim_;
  Descriptor events_;
  int claim_watch_ = -1;
};

}  // namespace durasim::inline v0::pipeline
