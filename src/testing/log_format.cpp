// Writes and reads the frames of the simulated log. Frame: kind, length (32 bit each), payload.
// Commit frame: kind, number of entries, commit number (64 bit), chain. Little-endian.
#include "testing/log_format.hpp"

#include "durasim/core/bytes.hpp"
#include "durasim/core/crc32c.hpp"
#include "durasim/core/error.hpp"

#include "mutants/mutants.hpp"

#include <cstring>
#include <limits>

namespace durasim::inline v0::testing {

namespace {

using namespace store;

enum class FrameKind : std::uint32_t {
  Transition = 0x31525444,
  Removal = 0x31564d52,
  Commit = 0x31544d43
};

constexpr std::size_t kFrameHead = 8;
constexpr std::size_t kCommitSize = 20;
constexpr std::size_t kMaxText = std::numeric_limits<std::uint32_t>::max();

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <class T>
  Writer& raw(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Writer& number(std::int64_t value) { return raw(value); }
  Writer& time(WallTime value) { return raw(std::int64_t{value.time_since_epoch().count()}); }
  Writer& text(std::string_view value) {
    if (value.size() > kMaxText) throw StoreRejected("a value of 4 GiB or more");
    raw(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
    return *this;
  }
  Writer& digest(const Digest& value) {
    out_.append(as_text(value));
    return *this;
  }
  Writer& count(std::size_t value) { return raw(static_cast<std::uint32_t>(value)); }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  T raw() {
    T value;
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::int64_t number() { return raw<std::int64_t>(); }
  WallTime time() { return WallTime(WallTime::duration(number())); }
  std::string text() { return std::string(take(raw<std::uint32_t>())); }
  Digest digest() {
    Digest value;
    std::memcpy(value.data(), take(value.size()).data(), value.size());
    return value;
  }
  // A count of elements that take at least four bytes each.
  std::size_t count() {
    const auto value = raw<std::uint32_t>();
    if (value > rest_.size() / 4) throw FormatError("a count in the log is larger than its frame");
    return value;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) throw FormatError("a frame of the log ends too early");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
};

void write(Writer& out, const RunRow& row) {
  out.text(row.run_id).text(row.workflow_id).text(row.workflow_type).text(row.task_queue);
  out.raw(row.status).number(row.version).number(row.next_event_id).number(row.history_bytes);
  out.time(row.start_time).time(row.close_time);
  out.raw(std::uint8_t{row.due.has_value()}).time(row.due.value_or(WallTime{}));
  out.digest(row.chain).text(row.state).raw(row.checksum);
}

RunRow read_run(Reader& in) {
  RunRow row;
  row.run_id = in.text();
  row.workflow_id = in.text();
  row.workflow_type = in.text();
  row.task_queue = in.text();
  row.status = in.raw<RunStatus>();
  row.version = in.number();
  row.next_event_id = in.number();
  row.history_bytes = in.number();
  row.start_time = in.time();
  row.close_time = in.time();
  const bool has_due = in.raw<std::uint8_t>() != 0;
  const WallTime due = in.time();
  if (has_due) row.due = due;
  row.chain = in.digest();
  row.state = in.text();
  row.checksum = in.raw<std::uint32_t>();
  return row;
}

void write(Writer& out, const TaskKey& key) {
  out.text(key.run_id).raw(key.kind).number(key.event_id);
}

TaskKey read_key(Reader& in) {
  TaskKey key;
  key.run_id = in.text();
  key.kind = in.raw<TaskKind>();
  key.event_id = in.number();
  return key;
}

void write(Writer& out, const TaskRow& row) {
  write(out, row.key);
  out.text(row.state).raw(row.checksum);
}

TaskRow read_task(Reader& in) {
  TaskRow row;
  row.key = read_key(in);
  row.state = in.text();
  row.checksum = in.raw<std::uint32_t>();
  return row;
}

void write(Writer& out, const HistoryBatch& batch) {
  out.text(batch.run_id).number(batch.first_event_id).number(batch.last_event_id);
  out.text(batch.events).count(batch.event_checksums.size());
  for (const std::uint32_t checksum : batch.event_checksums) out.raw(checksum);
  out.digest(batch.chain);
}

HistoryBatch read_batch(Reader& in) {
  HistoryBatch batch;
  batch.run_id = in.text();
  batch.first_event_id = in.number();
  batch.last_event_id = in.number();
  batch.events = in.text();
  batch.event_checksums.resize(in.count());
  for (std::uint32_t& checksum : batch.event_checksums) checksum = in.raw<std::uint32_t>();
  batch.chain = in.digest();
  return batch;
}

void write(Writer& out, const RequestRow& row) {
  out.text(row.scope).text(row.request_id).text(row.run_id).digest(row.fingerprint);
  out.raw(row.checksum);
}

RequestRow read_request(Reader& in) {
  RequestRow row;
  row.scope = in.text();
  row.request_id = in.text();
  row.run_id = in.text();
  row.fingerprint = in.digest();
  row.checksum = in.raw<std::uint32_t>();
  return row;
}

void write(Writer& out, const BlobRow& row) {
  out.digest(row.hash).text(row.bytes);
}

BlobRow read_blob(Reader& in) {
  BlobRow row;
  row.hash = in.digest();
  row.bytes = in.text();
  return row;
}

template <class Row>
void write_all(Writer& out, const std::vector<Row>& rows) {
  out.count(rows.size());
  for (const Row& row : rows) write(out, row);
}

template <class Row>
std::vector<Row> read_all(Reader& in, Row (*read)(Reader&)) {
  std::vector<Row> rows;
  for (std::size_t left = in.count(); left > 0; --left) rows.push_back(read(in));
  return rows;
}

Transition read_transition(Reader& in) {
  Transition transition;
  transition.run = read_run(in);
  transition.expected_version = in.number();
  transition.make_current = in.raw<std::uint8_t>() != 0;
  transition.batches = read_all(in, read_batch);
  transition.put_tasks = read_all(in, read_task);
  transition.delete_tasks = read_all(in, read_key);
  transition.requests = read_all(in, read_request);
  transition.note_time = in.time();
  if (!in.at_end()) transition.blobs = read_all(in, read_blob);  // most have none
  return transition;
}

LogEntry read_entry(FrameKind kind, std::string_view payload) {
  Reader in(payload);
  LogEntry entry =
      kind == FrameKind::Transition ? LogEntry(read_transition(in)) : LogEntry(in.text());
  if (!in.at_end()) throw FormatError("a frame of the log is longer than its entry");
  return entry;
}

// Writes the head of a frame whose payload follows, and its length once it is known.
template <class Payload>
void frame(std::string& frames, FrameKind kind, const Payload& payload) {
  Writer out(frames);
  out.raw(kind).raw(std::uint32_t{0});
  const std::size_t begin = frames.size();
  payload(out);
  const std::size_t size = frames.size() - begin;
  if (size > kMaxText) throw StoreRejected("a transition of 4 GiB or more");
  const auto length = static_cast<std::uint32_t>(size);
  std::memcpy(frames.data() + begin - sizeof length, &length, sizeof length);
}

}  // namespace

void append_frame(std::string& frames, const Transition& transition) {
  frame(frames, FrameKind::Transition, [&](Writer& out) {
    write(out, transition.run);
    out.number(transition.expected_version).raw(std::uint8_t{transition.make_current});
    write_all(out, transition.batches);
    write_all(out, transition.put_tasks);
    write_all(out, transition.delete_tasks);
    write_all(out, transition.requests);
    out.time(transition.note_time);
    if (!transition.blobs.empty()) write_all(out, transition.blobs);
  });
}

void append_removal(std::string& frames, std::string_view run_id) {
  frame(frames, FrameKind::Removal, [&](Writer& out) { out.text(run_id); });
}

std::uint32_t append_commit(std::string& frames, std::uint32_t count, std::uint64_t number,
                            std::uint32_t chain) {
  Writer out(frames);
  out.raw(FrameKind::Commit).raw(count).raw(number);
  const std::uint32_t next = crc32c(frames, chain);
  out.raw(next);
  return next;
}

std::optional<LogCommit> read_commit(std::string_view log, std::size_t offset, std::uint64_t number,
                                     std::uint32_t chain) {
  struct Frame {
    FrameKind kind;
    std::string_view payload;
  };
  std::vector<Frame> frames;
  LogCommit commit{{}, number + 1, chain, offset};
  const auto finish = [&] {
    for (const Frame& f : frames) commit.entries.push_back(read_entry(f.kind, f.payload));
    return commit;
  };
  std::string_view rest = log.substr(offset);
  while (rest.size() >= kFrameHead) {
    Reader head(rest.substr(0, kFrameHead));
    const auto kind = head.raw<FrameKind>();
    const auto length = head.raw<std::uint32_t>();
    if (kind == FrameKind::Commit) {
      if (rest.size() < kCommitSize) break;
      Reader tail(rest.substr(kFrameHead, kCommitSize - kFrameHead));
      const auto stored_number = tail.raw<std::uint64_t>();
      const auto stored_chain = tail.raw<std::uint32_t>();
      const std::size_t end = log.size() - rest.size() + kCommitSize;
      commit.chain = crc32c(log.substr(offset, end - sizeof stored_chain - offset), chain);
      commit.end = end;
      if (mutant(MutantId::TornCommitAccepted)) return finish();
      if (stored_number != commit.number || length != frames.size()) break;
      if (commit.chain != stored_chain) break;
      return finish();
    }
    if (kind != FrameKind::Transition && kind != FrameKind::Removal) break;
    if (length > rest.size() - kFrameHead) break;
    frames.push_back({kind, rest.substr(kFrameHead, length)});
    rest.remove_prefix(kFrameHead + length);
  }
  if (mutant(MutantId::HalfGroupCommit) && !frames.empty()) {
    commit.end = log.size() - rest.size();
    return finish();
  }
  return std::nullopt;
}

}  // namespace durasim::inline v0::testing
