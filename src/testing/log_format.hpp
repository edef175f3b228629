// The bytes of the simulated log: frames of one transition or removal each, and a commit frame
// behind each group that carries the checksum of the whole group, chained to the commits before it.
// Parsed under limits: the log may hold anything after a crash.
#pragma once

#include "durasim/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace durasim::inline v0::testing {

// What one frame asks for: a transition, or the removal of the run of that id.
using LogEntry = std::variant<store::Transition, std::string>;

struct LogCommit {
  std::vector<LogEntry> entries;
  std::uint64_t number = 0;
  std::uint32_t chain = 0;
  std::size_t end = 0;  // offset behind the commit
};

// Appends one entry to a group's frames.
void append_frame(std::string& frames, const store::Transition& transition);
void append_removal(std::string& frames, std::string_view run_id);
// Appends the commit frame; returns the chain after it.
std::uint32_t append_commit(std::string& frames, std::uint32_t count, std::uint64_t number,
                            std::uint32_t chain);

// Reads the commit at `offset` that follows `number` and `chain`, or nothing when no whole one is
// there.
std::optional<LogCommit> read_commit(std::string_view log, std::size_t offset, std::uint64_t number,
                                     std::uint32_t chain);

}  // namespace durasim::inline v0::testing
