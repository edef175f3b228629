// What a store has of a run, as events: batches decoded, with the payloads that lie in blob rows
// back in their places. Whoever reads stored events reads them through this.
#pragma once

#include "durasim/core/history.hpp"
#include "durasim/store/store.hpp"

#include "core/payload_blobs.hpp"

#include <string>
#include <vector>

namespace durasim::inline v0::engine {

// Reads blobs for a run; those that are damaged or absent are StoreDamaged of that run. Borrows the
// store.
[[nodiscard]] DURASIM_EXPORT codec::BlobReader blobs_for(const store::Store& store,
                                                         std::string run_id);

// The events of batches that were verified. Throws StoreDamaged, FormatError.
[[nodiscard]] DURASIM_EXPORT std::vector<proto::HistoryEvent> events_of(
    const store::Store& store, const std::string& run_id,
    const std::vector<store::HistoryBatch>& batches);

// Reads the blobs that the batches refer to and throws as events_of does. Costs next to nothing
// where there are none.
DURASIM_EXPORT void verify_blobs(const store::Store& store, const std::string& run_id,
                                 const std::vector<store::HistoryBatch>& batches);

}  // namespace durasim::inline v0::engine
