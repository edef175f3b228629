// Checksums and the hash chain that every row carries: made before a commit, checked after every
// read, by the same few functions for all stores. SQLite finds 20 % of single flipped bits; this
// finds all of them (reference: reliability of stored content). Pure functions, thread-safe. They
// know of an event only where its bytes begin and end.
#pragma once

#include "durasim/store/store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::store {

// The encoded events within a serialized History (its length-delimited fields number 1), in order,
// as views into `history`. Throws FormatError for anything else.
[[nodiscard]] DURASIM_EXPORT std::vector<std::string_view> event_views(std::string_view history);

// The chain after a batch: SHA-256(previous chain, first and last event id, event bytes).
[[nodiscard]] DURASIM_EXPORT Digest next_chain(const Digest& previous, const HistoryBatch& batch);

[[nodiscard]] DURASIM_EXPORT Digest hash_of(std::string_view bytes);
// In lower-case hex, for messages.
[[nodiscard]] DURASIM_EXPORT std::string hex(const Digest& digest);

// Fill in the checksums.
DURASIM_EXPORT void seal(RunRow& row);
DURASIM_EXPORT void seal(TaskRow& row);
DURASIM_EXPORT void seal(RequestRow& row);
// Fills in the checksum of each event and the chain that follows `previous` (zeros before the first
// batch). Throws FormatError when `events` is no serialized History, InvalidArgument when it has
// another number of events than the ids say.
DURASIM_EXPORT void seal(HistoryBatch& batch, const Digest& previous);

// Throw StoreDamaged that names the run and what is damaged.
DURASIM_EXPORT void verify(const RunRow& row);
DURASIM_EXPORT void verify(const TaskRow& row);
DURASIM_EXPORT void verify(const RequestRow& row);
// A whole history in order: every event's checksum, the chain, no gap from event 1 to the run's
// next_event_id, and the chain's end against the run's row (verified by its own call).
DURASIM_EXPORT void verify(const std::vector<HistoryBatch>& history, const RunRow& row);

// The blob that a row of this run refers to. Throws StoreDamaged that names the run and the hash
// when it is not there, has another hash or cannot be read; IoError.
[[nodiscard]] DURASIM_EXPORT std::string read_blob(const Store& store, std::string_view run_id,
                                                   const Digest& hash);

}  // namespace durasim::inline v0::store
