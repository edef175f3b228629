// Counting of the owners of a Shared.
#include "durasim/core/shared.hpp"

namespace durasim::inline v0::detail {

SharedBlock::~SharedBlock() = default;

SharedOwner::SharedOwner(const SharedBlock* block) noexcept : block_(block) {
  // A new owner comes from one that is there, or from the block's maker: nothing to order.
  if (block_ != nullptr) block_->owners_.fetch_add(1, std::memory_order_relaxed);
}
SharedOwner::SharedOwner(const SharedOwner& other) noexcept : SharedOwner(other.block_) {}
SharedOwner::SharedOwner(SharedOwner&& other) noexcept
    : block_(std::exchange(other.block_, nullptr)) {}
SharedOwner& SharedOwner::operator=(SharedOwner other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}
SharedOwner::~SharedOwner() {
  // What the other owners did with the value comes before its end.
  if (block_ != nullptr && block_->owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    delete block_;
  }
}

}  // namespace durasim::inline v0::detail
