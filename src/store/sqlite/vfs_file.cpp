// Files through sqlite3_vfs and sqlite3_io_methods.
#include "store/sqlite/vfs_file.hpp"

#include "store/sqlite/statement.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace durasim::inline v0::store::sqlite {

namespace {

// SQLite's own VFS takes a length modulo 128 KiB: it never has more than a page.
constexpr std::size_t kMostBytes = std::size_t{1} << 16;

// Newer versions of SQLite take and give a const name.
void free_name(const char* name) {
  sqlite3_free_filename(const_cast<char*>(name));
}

int flags_of(VfsFile::Kind kind) {
  switch (kind) {
    // SQLite takes no locks on a super-journal, and syncs its folder when it was created.
    case VfsFile::Kind::Side:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL;
    case VfsFile::Kind::WriteAheadLog:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL;
    case VfsFile::Kind::Database:
      break;
  }
  return SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
}

}  // namespace

sqlite3_vfs& find_vfs(const std::string& name) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(name.empty() ? nullptr : name.c_str());
  if (vfs == nullptr) {
    throw UnavailableError(fmt::format("SQLite has no VFS of the name \"{}\"", name));
  }
  return *vfs;
}

VfsFile::VfsFile(sqlite3_vfs& vfs, const std::string& path, Kind kind)
    : path_(kind == Kind::WriteAheadLog ? write_ahead_log_of(path) : path),
      name_(sqlite3_create_filename(path.c_str(), "", write_ahead_log_of(path).c_str(), 0, nullptr),
            free_name),
      memory_(
          new std::max_align_t[(static_cast<std::size_t>(vfs.szOsFile) / sizeof(std::max_align_t)) +
                               1]) {
  if (name_ == nullptr) throw std::bad_alloc();
  auto* file = reinterpret_cast<sqlite3_file*>(memory_.get());
  file->pMethods = nullptr;
  const char* name = kind == Kind::WriteAheadLog ? sqlite3_filename_wal(name_.get()) : name_.get();
  int ignored = 0;
  const int rc = vfs.xOpen(&vfs, name, file, flags_of(kind), &ignored);
  if (rc != SQLITE_OK && file->pMethods != nullptr) file->pMethods->xClose(file);
  expect_ok(rc, "opened");
  file_ = file;
}

VfsFile::~VfsFile() {
  if (file_ != nullptr && file_->pMethods != nullptr) file_->pMethods->xClose(file_);
}

void VfsFile::expect_ok(int code, const char* doing) const {
  if (code != SQLITE_OK) {
    throw SqliteError(code, fmt::format("{} could not be {}: {} (SQLite {})", path_, doing,
                                        sqlite3_errstr(code), code));
  }
}

std::int64_t VfsFile::size() {
  sqlite3_int64 size = 0;
  expect_ok(file_->pMethods->xFileSize(file_, &size), "measured");
  return size;
}

void VfsFile::read(std::int64_t offset, std::span<char> into) {
  for (; !into.empty(); into = into.subspan(std::min(into.size(), kMostBytes))) {
    const auto part = into.first(std::min(into.size(), kMostBytes));
    const int rc =
        file_->pMethods->xRead(file_, part.data(), static_cast<int>(part.size()), offset);
    expect_ok(rc == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : rc, "read");
    offset += static_cast<std::int64_t>(part.size());
  }
}

void VfsFile::write(std::int64_t offset, std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kMostBytes))) {
    const std::string_view part = bytes.substr(0, kMostBytes);
    expect_ok(file_->pMethods->xWrite(file_, part.data(), static_cast<int>(part.size()), offset),
              "written");
    offset += static_cast<std::int64_t>(part.size());
  }
}

void VfsFile::sync() {
  expect_ok(file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL), "synced");
}

void VfsFile::truncate(std::int64_t size) {
  expect_ok(file_->pMethods->xTruncate(file_, size), "truncated");
}

std::string write_ahead_log_of(const std::string& database) {
  return database + "-wal";
}

bool file_exists(sqlite3_vfs& vfs, const std::string& path) {
  int exists = 0;
  const int rc = vfs.xAccess(&vfs, path.c_str(), SQLITE_ACCESS_EXISTS, &exists);
  if (rc != SQLITE_OK) {
    throw SqliteError(rc, fmt::format("{}: {} (SQLite {})", path, sqlite3_errstr(rc), rc));
  }
  return exists != 0;
}

void delete_file(sqlite3_vfs& vfs, const std::string& path) {
  const int rc = vfs.xDelete(&vfs, path.c_str(), 0);
  if (rc != SQLITE_OK && rc != SQLITE_IOERR_DELETE_NOENT) {
    throw SqliteError(
        rc, fmt::format("{} could not be deleted: {} (SQLite {})", path, sqlite3_errstr(rc), rc));
  }
}

}  // namespace durasim::inline v0::store::sqlite
