// What a transition may change, given the row before it: the part of the store's contract that
// needs no look at other rows. Every store calls check_transition before it writes; what needs its
// tables (tasks and requests by key, the current run) it checks itself, as store/memory.hpp does.
// Checksums are not looked at, and neither are the hashes of blobs: a store keeps what the engine
// sealed.
#pragma once

#include "durasim/store/store.hpp"

#include <cstddef>

namespace durasim::inline v0::store {

// Longest run id in bytes: it has to fit into the slots of runs in flight.
inline constexpr std::size_t kMaxRunIdBytes = 255;
inline constexpr std::size_t kInFlightSlots = 64;

// `before`: the run's row in the store, or null. Throws StoreRejected that names the run and the
// rule:
// - run id (at most kMaxRunIdBytes) and workflow id are not empty, the status is one of the enum's;
// - the version is expected_version + 1, and expected_version is the version of `before` (0: none);
// - run id, workflow id, type and start time of a run never change; an open run has no close time;
// - a closed run keeps status, close time and history, and is not made current;
// - a transition that starts an open run makes it the current one;
// - batches, tasks and keys name this run; batches go on where the history ended and end before
//   next_event_id; without batches next_event_id stays.
// Pure, thread-safe.
DURASIM_EXPORT void check_transition(const Transition& transition, const RunRow* before);

}  // namespace durasim::inline v0::store
