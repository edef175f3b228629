// What belongs to no open file: the registration, names, and the randomness and time that SQLite
// asks its VFS for.
#include "testing/power_loss_vfs.hpp"

#include <atomic>
#include <cstring>
#include <new>

namespace durasim::inline v0::testing {

namespace {

std::string unique_name() {
  static std::atomic<int> count{0};
  return "durasim-power-loss-" + std::to_string(++count);
}

}  // namespace

PowerLossFiles::Vfs::Vfs(Disk& disk) : disk_(disk), name_(unique_name()) {
  vfs_.iVersion = 1;
  vfs_.szOsFile = sizeof(Handle);
  vfs_.mxPathname = 512;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  vfs_.xAccess = access;
  vfs_.xFullPathname = full_name;
  vfs_.xRandomness = randomness;
  vfs_.xSleep = sleep;
  vfs_.xCurrentTime = current_time;
  vfs_.xGetLastError = last_error;
  sqlite3_vfs_register(&vfs_, 0);
  // SQLite draws the salts of its logs from a generator of its own.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(disk.random.next() >> 33) | 1,
                       nullptr);
}

PowerLossFiles::Vfs::~Vfs() {
  sqlite3_vfs_unregister(&vfs_);
}

int PowerLossFiles::Vfs::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                              int* out) {
  Disk& disk = of(vfs).disk_;
  const std::scoped_lock lock(disk.mutex);
  auto* handle = new (file) Handle{};
  handle->disk = &disk;
  bool created = false;
  if (name == nullptr) {
    handle->file = std::make_shared<Disk::File>();
  } else {
    const Result result = disk.open(name, (flags & SQLITE_OPEN_CREATE) != 0, handle->file, created);
    if (result != Result::Done) {
      handle->~Handle();
      file->pMethods = nullptr;
      return SQLITE_CANTOPEN;
    }
  }
  // As SQLite's own: for a journal that might be new, whether it is or not.
  constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  handle->sync_folder = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & kJournals) != 0;
  static const sqlite3_io_methods methods = io_methods();
  handle->base.pMethods = &methods;
  if (out != nullptr) *out = flags;
  return SQLITE_OK;
}

int PowerLossFiles::Vfs::remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  Disk& disk = of(vfs).disk_;
  const std::scoped_lock lock(disk.mutex);
  bool was_there = false;
  const Result result = disk.remove(name, sync_folder != 0, was_there);
  if (result == Result::Done && !was_there) return SQLITE_IOERR_DELETE_NOENT;
  return code(result, SQLITE_IOERR_DELETE);
}

int PowerLossFiles::Vfs::access(sqlite3_vfs* vfs, const char* name, int /*flags*/, int* there) {
  Disk& disk = of(vfs).disk_;
  const std::scoped_lock lock(disk.mutex);
  bool exists = false;
  const Result result = disk.exists(name, exists);
  *there = exists ? 1 : 0;
  return code(result, SQLITE_IOERR_ACCESS);
}

int PowerLossFiles::Vfs::full_name(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) {
  if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, std::strlen(name) + 1);
  return SQLITE_OK;
}

int PowerLossFiles::Vfs::randomness(sqlite3_vfs* vfs, int size, char* out) {
  Disk& disk = of(vfs).disk_;
  const std::scoped_lock lock(disk.mutex);
  for (int i = 0; i < size; ++i) out[i] = static_cast<char>(disk.random.next());
  return size;
}

int PowerLossFiles::Vfs::sleep(sqlite3_vfs* /*vfs*/, int microseconds) {
  return microseconds;
}

int PowerLossFiles::Vfs::current_time(sqlite3_vfs* /*vfs*/, double* now) {
  *now = 2461000.5;
  return SQLITE_OK;
}

int PowerLossFiles::Vfs::last_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*text*/) {
  return 0;
}

}  // namespace durasim::inline v0::testing
