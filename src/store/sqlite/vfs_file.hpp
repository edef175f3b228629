// A file read and written through a SQLite VFS, so that whatever stands behind that name (a disk
// that loses power, an encrypted folder) holds for the files beside the database too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3_file;
struct sqlite3_vfs;

namespace durasim::inline v0::store::sqlite {

// The VFS of that name; empty: the default. Throws UnavailableError.
sqlite3_vfs& find_vfs(const std::string& name);

// Throw SqliteError with the path and what was being done. Not thread-safe.
class VfsFile {
 public:
  enum class Kind {
    Side,           // created if it is not there
    WriteAheadLog,  // of the database at `path`; must be there
    Database,       // read only; must be there
  };
  VfsFile(sqlite3_vfs& vfs, const std::string& path, Kind kind);
  ~VfsFile();
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;

  [[nodiscard]] std::int64_t size();
  // What lies beyond the end reads as zeros.
  void read(std::int64_t offset, std::span<char> into);
  void write(std::int64_t offset, std::string_view bytes);
  void sync();
  void truncate(std::int64_t size);

 private:
  void expect_ok(int code, const char* doing) const;

  std::string path_;
  std::unique_ptr<const char, void (*)(const char*)>
      name_;  // with what a VFS may look for behind its end
  std::unique_ptr<std::max_align_t[]> memory_;
  sqlite3_file* file_ = nullptr;
};

[[nodiscard]] std::string write_ahead_log_of(const std::string& database);
[[nodiscard]] bool file_exists(sqlite3_vfs& vfs, const std::string& path);
// Absence is no error.
void delete_file(sqlite3_vfs& vfs, const std::string& path);

}  // namespace durasim::inline v0::store::sqlite
