// Rows for store tests: the first transition of a run, the ones that follow it, sealed as the
// engine would.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/store/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::testing {

// `seconds` after the epoch.
DURASIM_EXPORT WallTime at_second(std::int64_t seconds);

// A serialized History with events of these bytes.
DURASIM_EXPORT std::string history_of(const std::vector<std::string>& events);

// Starts a run at `second` with one batch of two events, and makes it current.
DURASIM_EXPORT store::Transition start_of(std::string_view run_id, std::string_view workflow_id,
                                          std::int64_t second = 1);
// The transition after `before`: nothing changes but the version.
DURASIM_EXPORT store::Transition after(const store::Transition& before);
// Closes the run of `before` at `second`, with one event.
DURASIM_EXPORT store::Transition close_after(const store::Transition& before, std::int64_t second,
                                             store::RunStatus status = store::RunStatus::Completed);
// Adds a sealed batch to the transition.
DURASIM_EXPORT void add_events(store::Transition& transition,
                               const std::vector<std::string>& events);
DURASIM_EXPORT store::TaskRow task_of(std::string_view run_id, std::int64_t event_id,
                                      std::string_view state = "task",
                                      store::TaskKind kind = store::TaskKind::Activity);
DURASIM_EXPORT store::RequestRow request_of(std::string_view scope, std::string_view request_id,
                                            std::string_view run_id);

DURASIM_EXPORT store::BlobRow blob_of(std::string bytes);

// All that a store shows of its runs, without requests and blobs.
struct Picture {
  std::vector<store::RunRow> runs;
  std::map<std::string, std::vector<store::TaskRow>> tasks;
  std::map<std::string, std::vector<store::HistoryBatch>> history;
  std::map<std::string, std::optional<store::RunRow>> current;
  std::vector<std::string> due;
  std::optional<WallTime> next_due;
  WallTime last_time{};
  bool operator==(const Picture&) const = default;
};

DURASIM_EXPORT Picture picture_of(const store::Store& store);

}  // namespace durasim::inline v0::testing
