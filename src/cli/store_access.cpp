// First the socket, then the lock.
#include "cli/store_access.hpp"

#include "durasim/core/error.hpp"

#include <filesystem>

namespace durasim::cli {

StoreAccess::StoreAccess(const std::string& path, bool may_create) {
  if (!may_create && !std::filesystem::exists(path))
    throw InvalidArgument(path + ": there is no store; give the path of an engine's database");
  try {
    remote_ = std::make_unique<RemoteEngine>(path);
  } catch (const UnavailableError&) {  // nobody listens
    local_ = std::make_unique<Engine>(EngineOptions{.store = path});
  }
}

Frontend& StoreAccess::frontend() const {
  return remote_ ? remote_->frontend() : local_->frontend();
}

}  // namespace durasim::cli
