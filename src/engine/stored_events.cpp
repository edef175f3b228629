// Reads events out of a store's rows.
#include "engine/stored_events.hpp"

#include "durasim/store/integrity.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace durasim::inline v0::engine {

codec::BlobReader blobs_for(const store::Store& store, std::string run_id) {
  return [&store, run_id = std::move(run_id)](const codec::BlobHash& hash) {
    return store::read_blob(store, run_id, hash);
  };
}

std::vector<proto::HistoryEvent> events_of(const store::Store& store, const std::string& run_id,
                                           const std::vector<store::HistoryBatch>& batches) {
  const codec::BlobReader blobs = blobs_for(store, run_id);
  std::vector<proto::HistoryEvent> events;
  for (const store::HistoryBatch& batch : batches) {
    proto::History history = codec::decode_history(batch.events, blobs);
    std::ranges::move(history.events, std::back_inserter(events));
  }
  return events;
}

void verify_blobs(const store::Store& store, const std::string& run_id,
                  const std::vector<store::HistoryBatch>& batches) {
  const codec::BlobReader blobs = blobs_for(store, run_id);
  for (const store::HistoryBatch& batch : batches) {
    if (codec::may_hold_references(batch.events))
      static_cast<void>(codec::decode_history(batch.events, blobs));
  }
}

}  // namespace durasim::inline v0::engine
