// Reading, writing and syncing an open file. A call is at most as large as one of SQLite's own VFS;
// a machine that has stopped fails all of them.
#include "testing/power_loss_vfs.hpp"

#include <cstring>
#include <string_view>

namespace durasim::inline v0::testing {

namespace {

constexpr int kBlockSize = 4096;
constexpr int kMostBytes = 0x1ffff;  // in one call, as with SQLite's own VFS

}  // namespace

sqlite3_io_methods PowerLossFiles::Vfs::io_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 2;
  methods.xClose = close;
  methods.xRead = read;
  methods.xWrite = write;
  methods.xTruncate = truncate;
  methods.xSync = sync;
  methods.xFileSize = size;
  methods.xLock = lock;
  methods.xUnlock = unlock;
  methods.xCheckReservedLock = reserved;
  methods.xFileControl = control;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  methods.xShmMap = map;
  methods.xShmLock = lock_shared;
  methods.xShmBarrier = barrier;
  methods.xShmUnmap = unmap_shared;
  return methods;
}

int PowerLossFiles::Vfs::close(sqlite3_file* file) {
  Handle& handle = of(file);
  Disk& disk = *handle.disk;
  const std::scoped_lock lock(disk.mutex);
  unmap(handle);
  set_level(handle, SQLITE_LOCK_NONE);
  handle.~Handle();
  file->pMethods = nullptr;
  return SQLITE_OK;
}

int PowerLossFiles::Vfs::read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  if (size > kMostBytes) return SQLITE_IOERR_READ;
  Handle& handle = of(file);
  const std::scoped_lock lock(handle.disk->mutex);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  const Result result = handle.disk->read(*handle.file, static_cast<std::size_t>(offset), bytes);
  if (result != Result::Done) return SQLITE_IOERR_READ;
  std::memcpy(into, bytes.data(), bytes.size());
  if (bytes.size() == static_cast<std::size_t>(size)) return SQLITE_OK;
  std::memset(static_cast<char*>(into) + bytes.size(), 0,
              static_cast<std::size_t>(size) - bytes.size());
  return SQLITE_IOERR_SHORT_READ;
}

int PowerLossFiles::Vfs::write(sqlite3_file* file, const void* from, int size,
                               sqlite3_int64 offset) {
  Handle& handle = of(file);
  const std::scoped_lock lock(handle.disk->mutex);
  if (size > kMostBytes) return SQLITE_FULL;
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
  return code(handle.disk->write(*handle.file, static_cast<std::size_t>(offset), bytes),
              SQLITE_IOERR_WRITE);
}

int PowerLossFiles::Vfs::truncate(sqlite3_file* file, sqlite3_int64 size) {
  Handle& handle = of(file);
  const std::scoped_lock lock(handle.disk->mutex);
  return code(handle.disk->truncate(*handle.file, static_cast<std::size_t>(size)),
              SQLITE_IOERR_TRUNCATE);
}

int PowerLossFiles::Vfs::sync(sqlite3_file* file, int /*flags*/) {
  Handle& handle = of(file);
  const std::scoped_lock lock(handle.disk->mutex);
  const Result result = handle.disk->sync(*handle.file, handle.sync_folder);
  if (result == Result::Done) handle.sync_folder = false;
  return code(result, SQLITE_IOERR_FSYNC);
}

int PowerLossFiles::Vfs::size(sqlite3_file* file, sqlite3_int64* size) {
  Handle& handle = of(file);
  const std::scoped_lock lock(handle.disk->mutex);
  std::size_t bytes = 0;
  const Result result = handle.disk->size(*handle.file, bytes);
  *size = static_cast<sqlite3_int64>(bytes);
  return code(result, SQLITE_IOERR_FSTAT);
}

int PowerLossFiles::Vfs::control(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}

int PowerLossFiles::Vfs::sector_size(sqlite3_file* /*file*/) {
  return kBlockSize;
}

int PowerLossFiles::Vfs::characteristics(sqlite3_file* file) {
  return of(file).disk->safe_overwrites() ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

}  // namespace durasim::inline v0::testing
