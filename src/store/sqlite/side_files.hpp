// The small files beside a database. Their records are written in place, into zeros that are there,
// and never synced: they survive the process, and after a power loss an older one does no harm.
// Each record has a checksum, so that a torn one counts as none.
#pragma once

#include "durasim/store/rules.hpp"

#include "store/sqlite/rows.hpp"
#include "store/sqlite/vfs_file.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::store::sqlite {

// Names of the files of the store at `database`.
[[nodiscard]] std::string lock_path_of(const std::string& database);
[[nodiscard]] std::string mark_path_of(const std::string& database);
[[nodiscard]] std::string in_flight_path_of(const std::string& database);
[[nodiscard]] std::string ballast_path_of(const std::string& database);

// The last commit that was acknowledged. A database that ends before it has lost its tail, which
// nothing within the database could tell.
struct Mark {
  std::int64_t commit_number = 0;
  Digest chain{};
  // A sync has failed and no later one has made up for it: what the system's cache shows of the
  // store need not be on the disk.
  bool sync_failed = false;
};

class MarkFile {
 public:
  // Creates it if it is not there. Throws SqliteError.
  MarkFile(sqlite3_vfs& vfs, const std::string& database);
  // Of the two copies the later one that is whole; nothing where none is.
  [[nodiscard]] std::optional<Mark> read();
  void write(const Mark& mark) noexcept;

 private:
  VfsFile file_;
  std::uint64_t sequence_ = 0;  // which of two copies is the later one
};

// Which runs' code is being executed, in slots.
class InFlightFile {
 public:
  InFlightFile(sqlite3_vfs& vfs, const std::string& database);
  // The runs in slots that are set, by slot; the slots are cleared.
  [[nodiscard]] std::vector<std::string> take();
  void set(std::size_t slot, std::string_view run_id) noexcept;

 private:
  VfsFile file_;
  std::array<bool, kInFlightSlots> is_set_{};  // spares clearing what is clear
};

// Space that is held so that it can be given back: when the disk is full, deleting and closing need
// some before they free any.
class Ballast {
 public:
  Ballast(sqlite3_vfs& vfs, const std::string& database, std::size_t bytes);
  // Takes the space, if there is enough. Never throws.
  void take() noexcept;
  // Gives it back; false when there was nothing to give.
  bool release() noexcept;
  [[nodiscard]] bool taken() const { return taken_; }

 private:
  sqlite3_vfs& vfs_;
  std::string path_;
  std::size_t bytes_;
  bool taken_ = false;
};

}  // namespace durasim::inline v0::store::sqlite
