// The machine with the real store, beside testing::make_log_machine.
#pragma once

#include "testing/simulated_machine.hpp"

#include <cstdint>
#include <memory>

namespace durasim::inline v0::dst {

// store::SqliteStore on testing::PowerLossFiles; not in builds without SQLite.
[[nodiscard]] std::unique_ptr<testing::Machine> make_sqlite_machine(std::uint64_t seed);

}  // namespace durasim::inline v0::dst
