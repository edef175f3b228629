// One typeinfo and vtable for the store interface and its exceptions, so that they can be caught
// across libraries.
#include "durasim/store/store.hpp"

namespace durasim::inline v0 {

StoreRejected::~StoreRejected() = default;
StoreUnknown::~StoreUnknown() = default;
StoreDamaged::~StoreDamaged() = default;

namespace store {

Store::~Store() = default;

std::optional<WallTime> Store::time_at_boot() const {
  return std::nullopt;
}

}  // namespace store

}  // namespace durasim::inline v0
