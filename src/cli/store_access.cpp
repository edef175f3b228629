// First the socket, then the lock, and again while owners come and go.
#include "cli/store_access.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace durasim::cli {
namespace {

constexpr int kMostTries = 6;  // an engine of this program ends within 10 s

std::string owner_of(const std::string& store, const StoreInUse& error) {
  return error.owner_pid() > 0 ? fmt::format("process {} has {} open", error.owner_pid(), store)
                               : fmt::format("another process has {} open", store);
}

// Nothing: nobody listens.
std::unique_ptr<RemoteEngine> connect(const std::string& path) {
  try {
    return std::make_unique<RemoteEngine>(path);
  } catch (const UnavailableError&) {
    return nullptr;
  }
}

}  // namespace

void OwnerPatience::refused(const std::string& store, const StoreInUse& error) {
  if (std::exchange(owner_, error.owner_pid()) != error.owner_pid()) tries_ = 0;
  if (++tries_ == 1)
    fmt::print(stderr, "durasim: waiting: {} and does not answer\n", owner_of(store, error));
  if (tries_ < kMostTries) return;
  throw UnavailableError(
      fmt::format("{} and does not answer; end that process, or try again when it has ended",
                  owner_of(store, error)));
}

StoreAccess::StoreAccess(const std::string& path, bool may_create, const std::stop_token& stop) {
  if (!may_create && !std::filesystem::exists(path))
    throw InvalidArgument(path + ": there is no store; give the path of an engine's database");
  for (OwnerPatience patience; !local_;) {
    remote_ = connect(path);
    if (remote_) return;
    try {
      local_ = std::make_unique<Engine>(
          EngineOptions{.store = path, .standby = OwnerPatience::kStandby, .standby_stop = stop});
    } catch (const StoreInUse& error) {
      patience.refused(path, error);
    }
  }
}

Frontend& StoreAccess::frontend() const {
  return remote_ ? remote_->frontend() : local_->frontend();
}

}  // namespace durasim::cli
