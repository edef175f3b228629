// Reads rows out of cursors, and the checksums that are the store's own.
#include "store/sqlite/rows.hpp"

#include "durasim/core/crc32c.hpp"
#include "durasim/store/integrity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace durasim::inline v0::store::sqlite {

static_assert(std::endian::native == std::endian::little, "numbers are stored little-endian");

namespace {

std::uint32_t checksum_column(const Cursor& cursor, int column) {
  const std::int64_t value = cursor.number(column);
  if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
    throw FormatError("a checksum is out of range");
  }
  return static_cast<std::uint32_t>(value);
}

template <class Value>
std::uint32_t add_to(std::uint32_t crc, const Value& value) {
  return crc32c({reinterpret_cast<const char*>(&value), sizeof value}, crc);
}

}  // namespace

Digest digest_of(std::string_view bytes) {
  Digest digest{};
  if (bytes.size() != digest.size()) {
    throw FormatError(fmt::format("a digest of {} bytes", bytes.size()));
  }
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

RunRow run_of(const Cursor& cursor, int first) {
  RunRow row;
  row.run_id = cursor.blob(first);
  row.workflow_id = cursor.blob(first + 1);
  row.workflow_type = cursor.blob(first + 2);
  row.task_queue = cursor.blob(first + 3);
  row.status = static_cast<RunStatus>(cursor.number(first + 4));
  row.version = cursor.number(first + 5);
  row.next_event_id = cursor.number(first + 6);
  row.history_bytes = cursor.number(first + 7);
  row.start_time = time_of(cursor.number(first + 8));
  row.close_time = time_of(cursor.number(first + 9));
  if (const auto due = cursor.optional_number(first + 10)) row.due = time_of(*due);
  row.chain = digest_of(cursor.blob(first + 11));
  row.checksum = checksum_column(cursor, first + 12);
  row.state = cursor.blob(first + 13);
  return row;
}

TaskRow task_of(const Cursor& cursor, std::string_view run_id, int first) {
  TaskRow row;
  row.key.run_id = run_id;
  row.key.kind = static_cast<TaskKind>(cursor.number(first));
  row.key.event_id = cursor.number(first + 1);
  row.checksum = checksum_column(cursor, first + 2);
  row.state = cursor.blob(first + 3);
  return row;
}

HistoryBatch batch_of(const Cursor& cursor, std::string_view run_id, int first) {
  HistoryBatch batch;
  batch.run_id = run_id;
  batch.first_event_id = cursor.number(first);
  batch.last_event_id = cursor.number(first + 1);
  batch.chain = digest_of(cursor.blob(first + 2));
  const std::string_view checksums = cursor.blob(first + 3);
  if (checksums.size() % sizeof(std::uint32_t) != 0) {
    throw FormatError(fmt::format("{} bytes of checksums", checksums.size()));
  }
  batch.event_checksums.resize(checksums.size() / sizeof(std::uint32_t));
  if (!checksums.empty()) {
    std::memcpy(batch.event_checksums.data(), checksums.data(), checksums.size());
  }
  batch.events = cursor.blob(first + 4);
  return batch;
}

RequestRow request_of(const Cursor& cursor, int first) {
  RequestRow row;
  row.scope = cursor.blob(first);
  row.request_id = cursor.blob(first + 1);
  row.run_id = cursor.blob(first + 2);
  row.fingerprint = digest_of(cursor.blob(first + 3));
  row.checksum = checksum_column(cursor, first + 4);
  return row;
}

void verify_events(const HistoryBatch& batch) {
  const auto damaged = [&](std::string_view what) {
    throw StoreDamaged(fmt::format("run \"{}\": events {}..{}: {}", batch.run_id,
                                   batch.first_event_id, batch.last_event_id, what));
  };
  std::vector<std::string_view> events;
  try {
    events = event_views(batch.events);
  } catch (const FormatError& error) {
    damaged(error.what());
  }
  const std::int64_t expected = batch.last_event_id - batch.first_event_id + 1;
  if (std::cmp_not_equal(events.size(), expected) ||
      events.size() != batch.event_checksums.size()) {
    damaged(fmt::format("{} events, {} checksums", events.size(), batch.event_checksums.size()));
  }
  const auto carries = [](std::string_view event, std::uint32_t sum) {
    return crc32c(event) == sum;
  };
  if (!std::ranges::equal(events, batch.event_checksums, carries)) {
    damaged("an event does not carry its checksum");
  }
}

std::string_view bytes_of(const std::vector<std::uint32_t>& checksums) {
  return {reinterpret_cast<const char*>(checksums.data()),
          checksums.size() * sizeof(std::uint32_t)};
}

std::uint32_t current_run_checksum(std::string_view workflow_id, std::int64_t run) {
  return add_to(crc32c(workflow_id), run);
}

std::uint32_t blob_use_checksum(const Digest& hash, std::int64_t run) {
  return add_to(add_to(0, hash), run);
}

std::uint32_t checksum_of(const Head& head) {
  std::uint32_t crc = add_to(0, head.epoch);
  crc = add_to(crc, head.commit_number);
  crc = add_to(crc, head.chain);
  crc = add_to(crc, number_of(head.last_time));
  return add_to(crc32c(head.boot_id, crc), number_of(head.time_at_boot));
}

}  // namespace durasim::inline v0::store::sqlite
