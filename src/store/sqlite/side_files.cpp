// Mark, slots of runs in flight, and ballast.
#include "store/sqlite/side_files.hpp"

#include "durasim/core/crc32c.hpp"
#include "durasim/store/integrity.hpp"

#include <algorithm>
#include <cstring>

namespace durasim::inline v0::store::sqlite {

namespace {

constexpr std::int64_t kSector = 512;  // no write of one record touches another one's sector

// Persistent.
struct MarkRecord {
  std::uint64_t sequence = 0;  // 0: never written
  std::int64_t commit_number = 0;
  std::array<std::byte, 32> chain{};
  std::uint32_t sync_failed = 0;
  std::uint32_t checksum = 0;  // over all members above
};
static_assert(sizeof(MarkRecord) == 56);

// Persistent.
struct SlotRecord {
  std::uint32_t checksum = 0;  // over what follows
  std::uint8_t size = 0;       // 0: clear
  std::array<char, kMaxRunIdBytes> run_id{};
};
static_assert(sizeof(SlotRecord) == 260);

template <class Record>
std::string_view record_bytes(const Record& record) {
  return {reinterpret_cast<const char*>(&record), sizeof record};
}

std::uint32_t checksum_of_record(const MarkRecord& record) {
  return crc32c(record_bytes(record).substr(0, sizeof record - sizeof record.checksum));
}

std::uint32_t checksum_of_record(const SlotRecord& record) {
  return crc32c(record_bytes(record).substr(sizeof record.checksum));
}

template <class Record>
Record read_record(VfsFile& file, std::int64_t offset) {
  std::array<char, sizeof(Record)> bytes{};
  file.read(offset, bytes);
  Record record;
  std::memcpy(&record, bytes.data(), sizeof record);
  return record;
}

// Overwriting zeros that are there costs half of growing, and cannot fail for want of space.
void fill_with_zeros(VfsFile& file, std::int64_t size) {
  const std::int64_t now = file.size();
  if (now >= size) return;
  file.write(now, std::string(static_cast<std::size_t>(size - now), '\0'));
  file.sync();  // the folder's entry too
}

}  // namespace

std::string lock_path_of(const std::string& database) {
  return database + ".lock";
}
std::string mark_path_of(const std::string& database) {
  return database + ".mark";
}
std::string in_flight_path_of(const std::string& database) {
  return database + ".inflight";
}
std::string ballast_path_of(const std::string& database) {
  return database + ".ballast";
}

MarkFile::MarkFile(sqlite3_vfs& vfs, const std::string& database)
    : file_(vfs, mark_path_of(database), VfsFile::Kind::Side) {
  fill_with_zeros(file_, 2 * kSector);
}

std::optional<Mark> MarkFile::read() {
  std::optional<Mark> mark;
  for (const std::int64_t offset : {std::int64_t{0}, kSector}) {
    const auto record = read_record<MarkRecord>(file_, offset);
    if (record.sequence <= sequence_ || record.checksum != checksum_of_record(record)) continue;
    sequence_ = record.sequence;
    mark = Mark{record.commit_number, record.chain, record.sync_failed != 0};
  }
  return mark;
}

void MarkFile::write(const Mark& mark) noexcept {
  ++sequence_;
  MarkRecord record{sequence_, mark.commit_number, mark.chain, mark.sync_failed ? 1U : 0U, 0};
  record.checksum = checksum_of_record(record);
  try {
    file_.write(sequence_ % 2 == 0 ? 0 : kSector, record_bytes(record));
  } catch (...) {
    return;  // a mark helps to notice a loss later; the commit itself is as durable without it
  }
}

InFlightFile::InFlightFile(sqlite3_vfs& vfs, const std::string& database)
    : file_(vfs, in_flight_path_of(database), VfsFile::Kind::Side) {
  fill_with_zeros(file_, kSector * static_cast<std::int64_t>(kInFlightSlots));
}

std::vector<std::string> InFlightFile::take() {
  std::vector<std::string> found;
  for (std::size_t slot = 0; slot < kInFlightSlots; ++slot) {
    const auto record = read_record<SlotRecord>(file_, kSector * static_cast<std::int64_t>(slot));
    if (record.size == 0) continue;
    if (record.checksum == checksum_of_record(record)) {
      found.emplace_back(record.run_id.data(), record.size);
    }
    is_set_.at(slot) = true;
    set(slot, {});
  }
  return found;
}

void InFlightFile::set(std::size_t slot, std::string_view run_id) noexcept {
  if (slot >= kInFlightSlots || run_id.size() > kMaxRunIdBytes) return;
  if (run_id.empty() && !is_set_[slot]) return;
  SlotRecord record;
  record.size = static_cast<std::uint8_t>(run_id.size());
  std::ranges::copy(run_id, record.run_id.begin());
  record.checksum = checksum_of_record(record);
  try {
    file_.write(kSector * static_cast<std::int64_t>(slot), record_bytes(record));
    is_set_[slot] = !run_id.empty();
  } catch (...) {
    return;  // not durable by contract: a crash in this slot would be miscounted
  }
}

Ballast::Ballast(sqlite3_vfs& vfs, const std::string& database, std::size_t bytes)
    : vfs_(vfs), path_(ballast_path_of(database)), bytes_(bytes) {}

// Bytes that no file system stores in less space than they take, as it would zeros.
void Ballast::take() noexcept {
  if (bytes_ == 0 || taken_) return;
  try {
    VfsFile file(vfs_, path_, VfsFile::Kind::Side);
    std::string block(std::size_t{1} << 16, '\0');
    std::uint64_t state = 0x9e3779b97f4a7c15;
    const auto wanted = static_cast<std::int64_t>(bytes_);
    for (std::int64_t at = file.size(); at < wanted;) {
      for (char& c : block) {
        state = (state * 6364136223846793005U) + 1442695040888963407U;
        c = static_cast<char>(state >> 56);
      }
      const auto size = std::min(wanted - at, static_cast<std::int64_t>(block.size()));
      file.write(at, std::string_view(block).substr(0, static_cast<std::size_t>(size)));
      at += size;
    }
    taken_ = true;
  } catch (...) {
    release();  // half of it would only make the disk fuller
  }
}

bool Ballast::release() noexcept {
  try {
    if (!file_exists(vfs_, path_)) return false;
    taken_ = false;
    delete_file(vfs_, path_);
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace durasim::inline v0::store::sqlite
