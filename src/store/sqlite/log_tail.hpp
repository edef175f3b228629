// What stands in the write-ahead log behind the last commit, as the next process would read it.
#pragma once

#include "store/sqlite/connection.hpp"

namespace durasim::inline v0::store::sqlite {

// Whether a process that opens the log would find a commit that this connection does not know of:
// what a failed write may have left behind. True also when that can't be found out. For the
// connection that writes, outside of its transactions.
[[nodiscard]] bool may_hold_unknown_commit(const Connection& writer) noexcept;

}  // namespace durasim::inline v0::store::sqlite
