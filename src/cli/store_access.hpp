// How the durasim program reaches a store: through the engine that owns it, or, when there is none,
// as its owner for the moment. Then nothing runs: starts, signals and cancellations are durable,
// and what needs a worker says so.
#pragma once

#include "durasim/engine/engine.hpp"
#include "durasim/engine/remote.hpp"
#include "durasim/store/sqlite.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

namespace durasim::cli {

// Waits for stores whose owner answers no calls: an engine that starts or ends, or another command
// that has the store for a moment. Commands may queue up, so that there is one such owner after the
// other.
class OwnerPatience {
 public:
  static constexpr std::chrono::seconds kStandby{2};  // of one try
  // After a try. Throws UnavailableError when one and the same owner has been silent for longer
  // than an engine takes to end.
  void refused(const std::string& store, const StoreInUse& error);

 private:
  std::int64_t owner_ = -1;
  int tries_ = 0;  // since that owner was met
};

class StoreAccess {
 public:
  // Throws InvalidArgument for a store that is not there, unless it may be created;
  // UnavailableError for one whose owner does not answer; CancelledError after `stop`.
  StoreAccess(const std::string& path, bool may_create, const std::stop_token& stop = {});
  [[nodiscard]] Frontend& frontend() const;
  // Whether an engine works on its runs.
  [[nodiscard]] bool is_served() const { return remote_ != nullptr; }

 private:
  std::unique_ptr<RemoteEngine> remote_;
  std::unique_ptr<Engine> local_;
};

}  // namespace durasim::cli
