// Checksums and the hash chain that every row carries: made before a commit, checked after every read, by the same few functions
// for all stores. SQLite finds 20 % of single flipped bits; this finds all of them (reference: reliability of stored content).
#pragma once

#include "durasim/store/store.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace durasim::inline v0::store {

// CRC32C (Castagnoli) of the bytes. Pure.
[[nodiscard]] DURASIM_EXPORT std::uint32_t crc32c(std::string_view bytes);

// The chain after a batch: SHA-256(previous chain, first and last event id, event bytes).
[[nodiscard]] DURASIM_EXPORT Digest next_chain(const Digest& previous, const HistoryBatch& batch);

// Fills in the checksums (and, for a batch, the chain that follows `previous`).
DURASIM_EXPORT void seal(RunRow& row);
DURASIM_EXPORT void seal(TaskRow& row);
// `event_sizes`: encoded bytes of each event within `events`, in order, without the length prefixes between them.
DURASIM_EXPORT void seal(HistoryBatch& batch, const Digest& previous, const std::vector<std::string_view>& events);

// Throw StoreDamaged that names the run and what is damaged.
DURASIM_EXPORT void verify(const RunRow& row);
DURASIM_EXPORT void verify(const TaskRow& row);
// A whole history in order, against gaps and against the run's row.
DURASIM_EXPORT void verify(const std::vector<HistoryBatch>& history, const RunRow& row);

}  // namespace durasim::inline v0::store
