// Reads frames as SQLite's recovery does: https://sqlite.org/walformat.html, sections 4.1 to 4.4
// (frames and their checksums) and 2.3.1 (the header in shared memory, where the last commit ends).
#include "store/sqlite/log_tail.hpp"

#include <sqlite3.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace durasim::inline v0::store::sqlite {

namespace {

constexpr std::size_t kLogHeader = 32;
constexpr std::size_t kFrameHeader = 24;
constexpr std::size_t kFrame = kFrameHeader + kPageSize;
constexpr int kSharedRegion = 32768;

using Salts = std::array<std::byte, 8>;

std::uint32_t word_at(std::span<const std::byte> bytes, std::size_t offset, std::endian order) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return order == std::endian::native ? word : __builtin_bswap32(word);
}

Salts salts_at(std::span<const std::byte> bytes, std::size_t offset) {
  Salts salts{};
  std::memcpy(salts.data(), bytes.data() + offset, salts.size());
  return salts;
}

// Over pairs of words in the order that the log's header names; stored big-endian.
struct Checksum {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::endian order = std::endian::native;

  void add(std::span<const std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      a += word_at(bytes, at, order) + b;
      b += word_at(bytes, at + 4, order) + a;
    }
  }
  [[nodiscard]] bool is_at(std::span<const std::byte> bytes, std::size_t offset) const {
    return word_at(bytes, offset, std::endian::big) == a &&
           word_at(bytes, offset + 4, std::endian::big) == b;
  }
};

// The end of the last commit that the connection knows of.
struct KnownEnd {
  std::uint32_t frames = 0;
  Checksum checksum;
  Salts salts{};
};

KnownEnd known_end(std::span<const std::byte> shared) {
  KnownEnd end;
  end.checksum.order = shared[13] != std::byte{0} ? std::endian::big : std::endian::little;
  end.frames = word_at(shared, 16, std::endian::native);
  end.checksum.a = word_at(shared, 24, std::endian::native);
  end.checksum.b = word_at(shared, 28, std::endian::native);
  end.salts = salts_at(shared, 32);
  return end;
}

// What lies beyond the file's end reads as zeros. False when it can't be read.
bool read(sqlite3_file* file, std::size_t offset, std::span<std::byte> into) {
  const int rc = file->pMethods->xRead(file, into.data(), static_cast<int>(into.size()),
                                       static_cast<sqlite3_int64>(offset));
  return rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ;
}

// Of a log that was begun anew since the last commit the first checksum is in its own header.
bool begins_with(sqlite3_file* log, KnownEnd& end, bool& readable) {
  std::array<std::byte, kLogHeader> header{};
  readable = read(log, 0, header);
  if (!readable || salts_at(header, 16) != end.salts) return false;
  end.checksum.a = word_at(header, 24, std::endian::big);
  end.checksum.b = word_at(header, 28, std::endian::big);
  return true;
}

// Nothing: it can't be found out.
std::optional<KnownEnd> known_end(const Connection& writer) {
  sqlite3_file* database = writer.database_file();
  void volatile* memory = nullptr;
  if (database->pMethods->xShmMap(database, 0, kSharedRegion, 0, &memory) != SQLITE_OK ||
      memory == nullptr)
    return std::nullopt;
  // Only this connection changes it, and not now.
  return known_end({static_cast<const std::byte*>(const_cast<const void*>(memory)), 48});
}

sqlite3_file* open_log_of(const Connection& writer) {
  sqlite3_file* log = writer.log_file();
  return log != nullptr && log->pMethods != nullptr ? log : nullptr;
}

std::size_t offset_behind(const KnownEnd& end) {
  return kLogHeader + (end.frames * kFrame);
}

}  // namespace

bool may_hold_unknown_commit(const Connection& writer) noexcept {
  sqlite3_file* log = open_log_of(writer);
  std::optional<KnownEnd> known = known_end(writer);
  if (log == nullptr || !known) return true;
  KnownEnd& end = *known;
  bool readable = true;
  if (end.frames == 0 && !begins_with(log, end, readable)) return !readable;
  std::array<std::byte, kFrame> frame{};
  for (std::size_t at = offset_behind(end);; at += kFrame) {
    if (!read(log, at, frame)) return true;
    const std::span<const std::byte> bytes(frame);
    if (salts_at(bytes, 8) != end.salts) return false;
    end.checksum.add(bytes.first(8));
    end.checksum.add(bytes.subspan(kFrameHeader));
    if (!end.checksum.is_at(bytes, 16)) return false;
    if (word_at(bytes, 4, std::endian::big) != 0) return true;  // the database's size: a commit
  }
}

bool erase_unknown_commit(const Connection& writer) noexcept {
  sqlite3_file* log = open_log_of(writer);
  const std::optional<KnownEnd> end = known_end(writer);
  if (log == nullptr || !end) return false;
  constexpr std::array<std::byte, kFrameHeader> no_frame{};
  const auto at = static_cast<sqlite3_int64>(offset_behind(*end));
  return log->pMethods->xWrite(log, no_frame.data(), kFrameHeader, at) == SQLITE_OK &&
         log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

}  // namespace durasim::inline v0::store::sqlite
