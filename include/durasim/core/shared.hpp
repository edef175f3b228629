// Shared<T>: a value that nobody changes any more, or none; copies share it. To its users what
// std::optional<const T> is. Public headers hold their optional and opaque members as this: T may
// be an incomplete type, and what std::optional and std::shared_ptr instantiate for each T would
// cost every file that includes them milliseconds.
#pragma once

#include "durasim/core/config.hpp"

#include <atomic>
#include <cstdint>
#include <utility>

namespace durasim::inline v0 {

namespace detail {

// What copies of a Shared count; deleted by the last.
class DURASIM_EXPORT SharedBlock {
 public:
  SharedBlock() = default;
  SharedBlock(const SharedBlock&) = delete;
  SharedBlock& operator=(const SharedBlock&) = delete;
  virtual ~SharedBlock();

 private:
  friend class SharedOwner;
  mutable std::atomic<std::uint32_t> owners_ = 0;
};

class DURASIM_EXPORT SharedOwner {
 public:
  SharedOwner() = default;
  explicit SharedOwner(const SharedBlock* block) noexcept;
  SharedOwner(const SharedOwner& other) noexcept;
  SharedOwner(SharedOwner&& other) noexcept;
  SharedOwner& operator=(SharedOwner other) noexcept;
  ~SharedOwner();
  [[nodiscard]] const SharedBlock* block() const { return block_; }

 private:
  const SharedBlock* block_ = nullptr;
};

template <class T>
struct SharedValue final : SharedBlock {
  explicit SharedValue(T&& initial) : value(std::move(initial)) {}
  T value;
};

}  // namespace detail

// Thread-safe as far as T's const members are.
template <class T>
class Shared {
 public:
  Shared() = default;
  Shared(T value)  // NOLINT: implicit, as std::optional's
      : owner_(new detail::SharedValue<T>(std::move(value))) {}

  explicit operator bool() const { return owner_.block() != nullptr; }
  // There must be a value.
  const T& operator*() const {
    return static_cast<const detail::SharedValue<T>*>(owner_.block())->value;
  }
  const T* operator->() const { return &**this; }
  // Both without a value, or with equal ones.
  friend bool operator==(const Shared& a, const Shared& b) {
    return a && b ? *a == *b : static_cast<bool>(a) == static_cast<bool>(b);
  }

 private:
  detail::SharedOwner owner_;
};

}  // namespace durasim::inline v0
