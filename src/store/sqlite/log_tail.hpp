// What stands in the write-ahead log behind the last commit, as the next process would read it.
#pragma once

#include "store/sqlite/connection.hpp"

namespace durasim::inline v0::store::sqlite {

// Whether a process that opens the log would find a commit that this connection does not know of:
// what a failed write may have left behind. True also when that can't be found out. For the
// connection that writes, outside of its transactions.
[[nodiscard]] bool may_hold_unknown_commit(const Connection& writer) noexcept;

// Makes sure that nobody will find one: damages the first frame behind the last commit, durably.
// Takes no space, as it stays within the log. False when that failed. For the same connection.
[[nodiscard]] bool erase_unknown_commit(const Connection& writer) noexcept;

}  // namespace durasim::inline v0::store::sqlite
