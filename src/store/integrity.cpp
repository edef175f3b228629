// Seals and checks rows. A row's checksum goes over its members in order, each with its length or
// at a fixed width, so that no bit can move from one member to the next unseen.
#include "durasim/store/integrity.hpp"

#include "durasim/core/bytes.hpp"
#include "durasim/core/crc32c.hpp"
#include "durasim/core/sha256.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

namespace durasim::inline v0::store {

namespace {

class Checksum {
 public:
  template <class... T>
  Checksum& numbers(T... value) {
    const std::array<std::int64_t, sizeof...(T)> row{static_cast<std::int64_t>(value)...};
    crc_ = crc32c(as_text(std::as_bytes(std::span(row))), crc_);
    return *this;
  }
  Checksum& text(std::string_view value) {
    numbers(value.size());
    crc_ = crc32c(value, crc_);
    return *this;
  }
  Checksum& digest(const Digest& value) {
    crc_ = crc32c(as_text(value), crc_);
    return *this;
  }
  [[nodiscard]] std::uint32_t value() const { return crc_; }

 private:
  std::uint32_t crc_ = 0;
};

std::uint32_t checksum_of(const RunRow& row) {
  Checksum sum;
  sum.text(row.run_id).text(row.workflow_id).text(row.workflow_type).text(row.task_queue);
  sum.numbers(row.status, row.version, row.next_event_id, row.history_bytes,
              row.start_time.time_since_epoch().count(), row.close_time.time_since_epoch().count(),
              row.due.has_value(), row.due.value_or(WallTime{}).time_since_epoch().count());
  return sum.digest(row.chain).text(row.state).value();
}

std::uint32_t checksum_of(const TaskRow& row) {
  Checksum sum;
  sum.text(row.key.run_id).numbers(row.key.kind, row.key.event_id);
  return sum.text(row.state).value();
}

std::uint32_t checksum_of(const RequestRow& row) {
  Checksum sum;
  return sum.text(row.scope).text(row.request_id).text(row.run_id).digest(row.fingerprint).value();
}

[[noreturn]] void damaged(std::string_view run_id, const std::string& what) {
  throw StoreDamaged(fmt::format("run \"{}\": {}", run_id, what));
}

// Reads a varint off the front. Throws FormatError when it does not end within ten bytes.
std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= shift < 64 ? static_cast<std::uint64_t>(byte & 0x7f) << shift : 0;
    if ((byte & 0x80) == 0) return value;
  }
  throw FormatError("a stored history ends inside a number");
}

// Calls f for the bytes of each event of a serialized History.
template <class F>
void for_each_event(std::string_view history, const F& f) {
  constexpr std::uint64_t kEventsTag = (1 << 3) | 2;  // field 1, length-delimited
  while (!history.empty()) {
    if (take_varint(history) != kEventsTag) {
      throw FormatError("a stored history holds something else than events");
    }
    const std::uint64_t size = take_varint(history);
    if (size > history.size()) throw FormatError("a stored history ends inside an event");
    f(history.substr(0, size));
    history.remove_prefix(size);
  }
}

// The checksums of the batch's events, of which there are as many as its ids say.
std::vector<std::uint32_t> checksums_of_events(const HistoryBatch& batch) {
  std::vector<std::uint32_t> checksums;
  checksums.reserve(8);
  for_each_event(batch.events, [&](std::string_view event) { checksums.push_back(crc32c(event)); });
  if (batch.last_event_id < batch.first_event_id ||
      std::uint64_t(batch.last_event_id) - std::uint64_t(batch.first_event_id) + 1 !=
          checksums.size()) {
    throw InvalidArgument(fmt::format("the batch of events {}..{} holds {} events",
                                      batch.first_event_id, batch.last_event_id, checksums.size()));
  }
  return checksums;
}

void verify_batch(const HistoryBatch& batch, std::int64_t first, const Digest& previous,
                  const RunRow& row) {
  if (batch.run_id != row.run_id) {
    damaged(row.run_id, fmt::format("its history holds a batch of run \"{}\"", batch.run_id));
  }
  if (batch.first_event_id != first) {
    damaged(row.run_id,
            fmt::format("event {} expected, event {} found", first, batch.first_event_id));
  }
  std::vector<std::uint32_t> checksums;
  try {
    checksums = checksums_of_events(batch);
  } catch (const Error& error) {
    damaged(row.run_id, fmt::format("events from {}: {}", first, error.what()));
  }
  if (checksums.size() != batch.event_checksums.size()) {
    damaged(row.run_id, fmt::format("events from {}: {} events, {} checksums", first,
                                    checksums.size(), batch.event_checksums.size()));
  }
  for (std::size_t i = 0; i < checksums.size(); ++i) {
    if (checksums[i] != batch.event_checksums[i]) {
      damaged(row.run_id, fmt::format("event {} does not carry its checksum",
                                      first + static_cast<std::int64_t>(i)));
    }
  }
  if (next_chain(previous, batch) != batch.chain) {
    damaged(row.run_id, fmt::format("events {}..{} do not continue the history's hash chain", first,
                                    batch.last_event_id));
  }
}

}  // namespace

std::vector<std::string_view> event_views(std::string_view history) {
  std::vector<std::string_view> events;
  for_each_event(history, [&](std::string_view event) { events.push_back(event); });
  return events;
}

Digest next_chain(const Digest& previous, const HistoryBatch& batch) {
  const std::array<std::int64_t, 2> ids{batch.first_event_id, batch.last_event_id};
  return Sha256()
      .update(previous)
      .update(std::as_bytes(std::span(ids)))
      .update(as_bytes(batch.events))
      .finish_bytes();
}

Digest hash_of(std::string_view bytes) {
  return Sha256().update(as_bytes(bytes)).finish_bytes();
}

std::string hex(const Digest& digest) {
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::byte byte : digest) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

void seal(RunRow& row) {
  row.checksum = checksum_of(row);
}

void seal(TaskRow& row) {
  row.checksum = checksum_of(row);
}

void seal(RequestRow& row) {
  row.checksum = checksum_of(row);
}

void seal(HistoryBatch& batch, const Digest& previous) {
  batch.event_checksums = checksums_of_events(batch);
  batch.chain = next_chain(previous, batch);
}

void verify(const RunRow& row) {
  if (row.checksum != checksum_of(row)) damaged(row.run_id, "its row does not carry its checksum");
}

void verify(const TaskRow& row) {
  if (row.checksum != checksum_of(row)) {
    damaged(row.key.run_id,
            fmt::format("its task of kind {} for event {} does not carry its checksum",
                        static_cast<int>(row.key.kind), row.key.event_id));
  }
}

void verify(const RequestRow& row) {
  if (row.checksum != checksum_of(row)) {
    damaged(row.run_id, fmt::format("its request \"{}\" in \"{}\" does not carry its checksum",
                                    row.request_id, row.scope));
  }
}

void verify(const std::vector<HistoryBatch>& history, const RunRow& row) {
  std::int64_t next = 1;
  Digest chain{};
  for (const HistoryBatch& batch : history) {
    verify_batch(batch, next, chain, row);
    next = batch.last_event_id + 1;
    chain = batch.chain;
  }
  if (next != row.next_event_id) {
    damaged(row.run_id, fmt::format("its history ends before event {}, its row says {}", next,
                                    row.next_event_id));
  }
  if (chain != row.chain) damaged(row.run_id, "its history's hash chain is not its row's");
}

std::string read_blob(const Store& store, std::string_view run_id, const Digest& hash) {
  std::optional<std::string> bytes;
  try {
    bytes = store.blob(hash);
  } catch (const StoreDamaged& damage) {
    damaged(run_id, fmt::format("its blob {} cannot be read: {}", hex(hash), damage.what()));
  }
  if (!bytes) damaged(run_id, fmt::format("its blob {} is not there", hex(hash)));
  if (hash_of(*bytes) != hash)
    damaged(run_id, fmt::format("its blob {} is not what was written", hex(hash)));
  return *std::move(bytes);
}

}  // namespace durasim::inline v0::store
