// What all(), any() and select() have in common: watching operands, and who has won. See
// combinators.hpp.
#pragma once

#include "durasim/workflow/awaitable.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace durasim::inline v0::detail {

enum class Wins : std::uint8_t { All, FirstSuccess, First };

// What has happened so far to `count` operands, in the order in which it happened.
class DURASIM_EXPORT Tally {
 public:
  Tally(Wins wins, std::size_t count) : open_(count), wins_(wins), decided_(count == 0) {}
  void note(std::size_t index, bool failed);
  [[nodiscard]] bool decided() const { return decided_; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Whose result, or failure, is the group's.
  [[nodiscard]] std::size_t index() const { return index_; }

 private:
  std::size_t open_;
  std::size_t index_ = 0;
  Wins wins_;
  bool decided_;
  bool failed_ = false;
};

// Throws InvalidArgument: nothing can be the first of nothing.
DURASIM_EXPORT void require_operands(Wins wins, std::size_t count);
[[noreturn]] DURASIM_EXPORT void throw_awaited_twice();

// Awaitable itself, so that groups nest. It may be moved while nothing waits for it.
template <Wins kWins, class Kept>
class [[nodiscard("co_await it")]] Group : public WaitableTag {
 public:
  using Result = decltype([](Kept& kept) {
    if constexpr (kWins == Wins::All) return kept.take_all();
    if constexpr (kWins == Wins::FirstSuccess) return kept.take_one(0);
    if constexpr (kWins == Wins::First) return kept.take_selected(0);
  }(std::declval<Kept&>()));

  using Awaiter = AwaiterOf<Group>;

  explicit Group(Kept&& kept) : kept_(std::move(kept)), tally_(kWins, kept_.size()) {
    require_operands(kWins, kept_.size());
  }
  Group(Group&& other) noexcept : kept_(std::move(other.kept_)), tally_(kWins, kept_.size()) {}
  Group& operator=(Group&&) = delete;

 private:
  friend struct Access;
  struct Child final : Waiter {
    void wake() override { group->note(index); }
    Group* group = nullptr;
    std::size_t index = 0;
  };

  [[nodiscard]] bool is_ready() {
    if (!watches_) {
      tally_ = Tally(kWins, kept_.size());
      kept_.each([&](std::size_t index, auto& item, auto) {
        if (Access::ready(item)) tally_.note(index, Access::failed(item));
      });
    }
    return tally_.decided();
  }
  [[nodiscard]] bool has_failed() { return is_ready() && tally_.failed(); }

  void subscribe(Waiter& waiter) {
    waiter.insert_before(waiters_);
    if (watches_ || is_ready()) return;
    watches_ = std::make_unique<Child[]>(kept_.size());
    kept_.each([&](std::size_t index, auto& item, auto) {
      if (Access::ready(item)) return;
      watches_[index].group = this;
      watches_[index].index = index;
      Access::subscribe(item, watches_[index]);
    });
  }
  void note(std::size_t index) {
    if (tally_.decided()) return;
    kept_.at(index, [&](auto& item) { tally_.note(index, Access::failed(item)); });
    while (tally_.decided() && waiters_.linked()) {
      auto& waiter = static_cast<Waiter&>(*waiters_.next());
      waiter.unlink();
      waiter.wake();
    }
  }

  Result take() {
    if (!is_ready() || taken_) throw_awaited_twice();
    taken_ = true;
    watches_.reset();
    if (kWins != Wins::All || tally_.failed()) abandon_owned();
    const std::size_t winner = tally_.index();
    if constexpr (kWins == Wins::All) {
      if (tally_.failed()) {
        kept_.at(winner, [](auto& item) { static_cast<void>(Access::take(item)); });
      }
      return kept_.take_all();
    } else if constexpr (kWins == Wins::FirstSuccess) {
      return kept_.take_one(winner);
    } else {
      return kept_.take_selected(winner);
    }
  }
  // What was handed over and has not come is not wanted any more.
  void abandon_owned() {
    kept_.each([](std::size_t, auto& item, auto owned) {
      if constexpr (owned) {
        if (!Access::ready(item)) Access::abandon(item);
      }
    });
  }
  void abandon() { abandon_owned(); }

  Kept kept_;
  Tally tally_;
  bool taken_ = false;
  Link<WaiterTag> waiters_;
  std::unique_ptr<Child[]> watches_;
};

}  // namespace durasim::inline v0::detail
