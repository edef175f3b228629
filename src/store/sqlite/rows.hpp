// Between columns and rows: one list of columns per table, and one function that reads them in that
// order. What cannot be a row is StoreDamaged.
#pragma once

#include "durasim/store/store.hpp"

#include "store/sqlite/statement.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace durasim::inline v0::store::sqlite {

inline constexpr std::string_view kRunColumns =
    "run_id, workflow_id, workflow_type, task_queue, status, version, next_event_id, "
    "history_bytes, start_time, close_time, due, chain, checksum, state";
inline constexpr std::string_view kTaskColumns = "kind, event_id, checksum, state";
inline constexpr std::string_view kBatchColumns =
    "first_event_id, last_event_id, chain, event_checksums, events";
inline constexpr std::string_view kRequestColumns =
    "scope, request_id, run_id, fingerprint, checksum";

// Throw FormatError for a value of a wrong type or size; `first` is the column where they begin.
[[nodiscard]] RunRow run_of(const Cursor& cursor, int first = 0);
[[nodiscard]] TaskRow task_of(const Cursor& cursor, std::string_view run_id, int first = 0);
[[nodiscard]] HistoryBatch batch_of(const Cursor& cursor, std::string_view run_id, int first = 0);
[[nodiscard]] RequestRow request_of(const Cursor& cursor, int first = 0);
[[nodiscard]] Digest digest_of(std::string_view bytes);

// Throws StoreDamaged unless each event carries its checksum; the chain is the engine's to verify,
// which has the whole history.
void verify_events(const HistoryBatch& batch);

// The checksums of a batch as they are stored: 32 bits each, little-endian.
[[nodiscard]] std::string_view bytes_of(const std::vector<std::uint32_t>& checksums);

[[nodiscard]] std::uint32_t current_run_checksum(std::string_view workflow_id, std::int64_t run);
[[nodiscard]] std::uint32_t blob_use_checksum(const Digest& hash, std::int64_t run);

static_assert(std::is_same_v<WallTime::duration, std::chrono::nanoseconds>,
              "times are stored as nanoseconds since the epoch");
[[nodiscard]] inline std::int64_t number_of(WallTime time) {
  return time.time_since_epoch().count();
}
[[nodiscard]] inline WallTime time_of(std::int64_t number) {
  return WallTime(WallTime::duration(number));
}
[[nodiscard]] inline std::optional<std::int64_t> number_of(const std::optional<WallTime>& time) {
  return time ? std::optional(number_of(*time)) : std::nullopt;
}

// The one record about the whole store, changed by every commit.
struct Head {
  std::int64_t epoch = 0;
  std::int64_t commit_number = 0;
  Digest chain{};  // over all commits
  WallTime last_time{};
  std::string boot_id;      // of the machine under the last owner
  WallTime time_at_boot{};  // engine time, the same for all owners within one boot
};
[[nodiscard]] std::uint32_t checksum_of(const Head& head);

}  // namespace durasim::inline v0::store::sqlite
