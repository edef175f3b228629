// How the durasim program reaches a store: through the engine that owns it, or, when there is none,
// as its owner for the moment. Then nothing runs: starts, signals and cancellations are durable,
// and what needs a worker says so.
#pragma once

#include "durasim/engine/engine.hpp"
#include "durasim/engine/remote.hpp"

#include <memory>
#include <string>

namespace durasim::cli {

class StoreAccess {
 public:
  // Throws InvalidArgument for a store that is not there, unless it may be created; StoreInUse for
  // one whose owner does not answer.
  StoreAccess(const std::string& path, bool may_create);
  [[nodiscard]] Frontend& frontend() const;
  // Whether an engine works on its runs.
  [[nodiscard]] bool is_served() const { return remote_ != nullptr; }

 private:
  std::unique_ptr<RemoteEngine> remote_;
  std::unique_ptr<Engine> local_;
};

}  // namespace durasim::cli
