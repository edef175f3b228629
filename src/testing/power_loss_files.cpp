// PowerLossFiles as SQLite and as a store see it: the VFS, and the store's environment.
#include "durasim/testing/power_loss_files.hpp"

#include "testing/power_loss_disk.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <new>

namespace durasim::inline v0::testing {

namespace {

class StandingClock final : public Clock {
 public:
  WallTime wall_now() const override { return WallTime(std::chrono::seconds(1'800'000'000)); }
  SteadyTime steady_now() const override { return SteadyTime(std::chrono::seconds(1)); }
};

constexpr int kBlockSize = 4096;
constexpr int kMostBytes = 0x1ffff;  // in one call, as with SQLite's own VFS

}  // namespace

// One registered VFS over one disk, with the functions that SQLite calls.
class PowerLossFiles::Vfs {
 public:
  using Result = Disk::Result;

  explicit Vfs(Disk& disk) : disk_(disk), name_(unique_name()) {
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
  ~Vfs() { sqlite3_vfs_unregister(&vfs_); }
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  struct Handle {
    sqlite3_file base;
    Disk* disk;
    Disk::FilePointer file;
    bool sync_folder;                             // with the next sync: the file may be new
    bool maps;                                    // shared memory
    int level;                                    // of the lock on the database file
    std::array<int, Disk::Shared::kLocks> locks;  // 0 none, 1 shared, 2 exclusive
  };

  static std::string unique_name() {
    static std::atomic<int> count{0};
    return "durasim-power-loss-" + std::to_string(++count);
  }

  static Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static Vfs& of(sqlite3_vfs* vfs) { return *static_cast<Vfs*>(vfs->pAppData); }

  // The code of a failed call; a machine that has stopped fails every call alike.
  static int code(Result result, int failure) {
    if (result == Result::Done) return SQLITE_OK;
    return result == Result::NoSpace && failure == SQLITE_IOERR_WRITE ? SQLITE_FULL : failure;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    Disk& disk = of(vfs).disk_;
    const std::scoped_lock lock(disk.mutex);
    auto* handle = new (file) Handle{};
    handle->disk = &disk;
    bool created = false;
    if (name == nullptr) {
      handle->file = std::make_shared<Disk::File>();
    } else {
      const Result result =
          disk.open(name, (flags & SQLITE_OPEN_CREATE) != 0, handle->file, created);
      if (result != Result::Done) {
        handle->~Handle();
        file->pMethods = nullptr;
        return SQLITE_CANTOPEN;
      }
    }
    // As SQLite's own: for a journal that might be new, whether it is or not.
    constexpr int kJournals =
        SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    handle->sync_folder = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & kJournals) != 0;
    static const sqlite3_io_methods methods = io_methods();
    handle->base.pMethods = &methods;
    if (out != nullptr) *out = flags;
    return SQLITE_OK;
  }

  static int close(sqlite3_file* file) {
    Handle& handle = of(file);
    Disk& disk = *handle.disk;
    const std::scoped_lock lock(disk.mutex);
    unmap(handle);
    set_level(handle, SQLITE_LOCK_NONE);
    handle.~Handle();
    file->pMethods = nullptr;
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
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

  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    if (size > kMostBytes) return SQLITE_FULL;
    const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
    return code(handle.disk->write(*handle.file, static_cast<std::size_t>(offset), bytes),
                SQLITE_IOERR_WRITE);
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    return code(handle.disk->truncate(*handle.file, static_cast<std::size_t>(size)),
                SQLITE_IOERR_TRUNCATE);
  }

  static int sync(sqlite3_file* file, int /*flags*/) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    const Result result = handle.disk->sync(*handle.file, handle.sync_folder);
    if (result == Result::Done) handle.sync_folder = false;
    return code(result, SQLITE_IOERR_FSYNC);
  }

  static int size(sqlite3_file* file, sqlite3_int64* size) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    std::size_t bytes = 0;
    const Result result = handle.disk->size(*handle.file, bytes);
    *size = static_cast<sqlite3_int64>(bytes);
    return code(result, SQLITE_IOERR_FSTAT);
  }

  // None, shared, reserved, (pending,) exclusive: as far as connections of one process need it.
  static int lock(sqlite3_file* file, int level) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    Disk::Shared& shared = handle.file->shared;
    if (handle.level >= level) return SQLITE_OK;
    const bool others_write = shared.writer != nullptr && shared.writer != &handle;
    const bool own = handle.level >= SQLITE_LOCK_SHARED;
    if (level == SQLITE_LOCK_SHARED && shared.exclusively) return SQLITE_BUSY;
    if (level > SQLITE_LOCK_SHARED && others_write) return SQLITE_BUSY;
    if (level == SQLITE_LOCK_EXCLUSIVE && shared.readers > (own ? 1 : 0)) return SQLITE_BUSY;
    set_level(handle, level);
    return SQLITE_OK;
  }

  static int unlock(sqlite3_file* file, int level) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    if (handle.level > level) set_level(handle, level);
    return SQLITE_OK;
  }

  static void set_level(Handle& handle, int level) {
    Disk::Shared& shared = handle.file->shared;
    const bool was = handle.level >= SQLITE_LOCK_SHARED;
    const bool is = level >= SQLITE_LOCK_SHARED;
    shared.readers += static_cast<int>(is) - static_cast<int>(was);
    if (level > SQLITE_LOCK_SHARED) {
      shared.writer = &handle;
    } else if (shared.writer == &handle) {
      shared.writer = nullptr;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
      shared.exclusively = true;
    } else if (handle.level == SQLITE_LOCK_EXCLUSIVE) {
      shared.exclusively = false;
    }
    handle.level = level;
  }

  static int reserved(sqlite3_file* file, int* reserved) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    *reserved = handle.file->shared.writer != nullptr ? 1 : 0;
    return SQLITE_OK;
  }

  static int control(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
    return SQLITE_NOTFOUND;
  }
  static int sector_size(sqlite3_file* /*file*/) { return kBlockSize; }
  static int characteristics(sqlite3_file* file) {
    return of(file).disk->safe_overwrites() ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
  }

  static int map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    auto& regions = handle.file->shared.regions;
    *memory = nullptr;
    if (!handle.maps) ++handle.file->shared.users;
    handle.maps = true;
    const auto wanted = static_cast<std::size_t>(region);
    if (regions.size() <= wanted) {
      const Result result = handle.disk->shared_memory();
      if (result != Result::Done) {
        return result == Result::NoSpace ? SQLITE_IOERR_SHMSIZE : SQLITE_IOERR_SHMMAP;
      }
      if (extend == 0) return SQLITE_OK;
      while (regions.size() <= wanted) {
        regions.push_back(std::make_unique<std::string>(static_cast<std::size_t>(size), '\0'));
      }
    }
    *memory = regions[wanted]->data();
    return SQLITE_OK;
  }

  static int lock_shared(sqlite3_file* file, int first, int count, int flags) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    Disk::Shared& shared = handle.file->shared;
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (int i = first; i < first + count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        release(handle, at);
        continue;
      }
      const int others = shared.shared.at(at) - (handle.locks.at(at) == 1 ? 1 : 0);
      const bool held = shared.exclusive.at(at) && handle.locks.at(at) != 2;
      if (held || (exclusive && others > 0)) return SQLITE_BUSY;
    }
    if ((flags & SQLITE_SHM_UNLOCK) != 0) return SQLITE_OK;
    for (int i = first; i < first + count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      release(handle, at);
      handle.locks.at(at) = exclusive ? 2 : 1;
      shared.exclusive.at(at) = exclusive;
      if (!exclusive) ++shared.shared.at(at);
    }
    return SQLITE_OK;
  }

  static void release(Handle& handle, std::size_t at) {
    Disk::Shared& shared = handle.file->shared;
    if (handle.locks.at(at) == 1) --shared.shared.at(at);
    if (handle.locks.at(at) == 2) shared.exclusive.at(at) = false;
    handle.locks.at(at) = 0;
  }

  static void barrier(sqlite3_file* /*file*/) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  static void unmap(Handle& handle) {
    for (std::size_t at = 0; at < handle.locks.size(); ++at) release(handle, at);
    if (!handle.maps) return;
    handle.maps = false;
    Disk::Shared& shared = handle.file->shared;
    if (--shared.users == 0) shared.regions.clear();
  }
  static int unmap_shared(sqlite3_file* file, int /*remove*/) {
    Handle& handle = of(file);
    const std::scoped_lock lock(handle.disk->mutex);
    unmap(handle);
    return SQLITE_OK;
  }

  static sqlite3_io_methods io_methods() {
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

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    Disk& disk = of(vfs).disk_;
    const std::scoped_lock lock(disk.mutex);
    bool was_there = false;
    const Result result = disk.remove(name, sync_folder != 0, was_there);
    if (result == Result::Done && !was_there) return SQLITE_IOERR_DELETE_NOENT;
    return code(result, SQLITE_IOERR_DELETE);
  }
  static int access(sqlite3_vfs* vfs, const char* name, int /*flags*/, int* there) {
    Disk& disk = of(vfs).disk_;
    const std::scoped_lock lock(disk.mutex);
    bool exists = false;
    const Result result = disk.exists(name, exists);
    *there = exists ? 1 : 0;
    return code(result, SQLITE_IOERR_ACCESS);
  }
  static int full_name(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) {
    if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(out, name, std::strlen(name) + 1);
    return SQLITE_OK;
  }
  static int randomness(sqlite3_vfs* vfs, int size, char* out) {
    Disk& disk = of(vfs).disk_;
    const std::scoped_lock lock(disk.mutex);
    for (int i = 0; i < size; ++i) out[i] = static_cast<char>(disk.random.next());
    return size;
  }
  static int sleep(sqlite3_vfs* /*vfs*/, int microseconds) { return microseconds; }
  static int current_time(sqlite3_vfs* /*vfs*/, double* now) {
    *now = 2461000.5;
    return SQLITE_OK;
  }
  static int last_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*text*/) { return 0; }

  Disk& disk_;
  std::string name_;
  sqlite3_vfs vfs_{};
};

PowerLossFiles::PowerLossFiles(std::uint64_t seed, bool safe_overwrites)
    : disk_(std::make_unique<Disk>(seed, safe_overwrites)), vfs_(std::make_unique<Vfs>(*disk_)) {}

PowerLossFiles::~PowerLossFiles() = default;

void PowerLossFiles::stop() {
  disk_->left = 0;
  disk_->stopped = true;
}

void PowerLossFiles::stop_after(std::uint64_t after) {
  disk_->left = after;
}

bool PowerLossFiles::stopped() const {
  return disk_->stopped;
}

void PowerLossFiles::crash(Crash mode) {
  disk_->crash(mode);
}

void PowerLossFiles::fail_calls(std::uint64_t after, WriteFault fault, SyncFault sync_fault,
                                std::uint64_t count) {
  disk_->call_fault = {after, count, {fault, sync_fault}};
}

void PowerLossFiles::fail_writes(std::uint64_t after, WriteFault fault, std::uint64_t count) {
  disk_->write_fault = {after, count, fault};
}

void PowerLossFiles::fail_syncs(std::uint64_t after, SyncFault fault, std::uint64_t count) {
  disk_->sync_fault = {after, count, fault};
}

void PowerLossFiles::set_capacity(std::uint64_t bytes) {
  disk_->capacity = bytes;
}

std::uint64_t PowerLossFiles::changes() const {
  return disk_->changes;
}

std::uint64_t PowerLossFiles::calls() const {
  return disk_->calls;
}

std::uint64_t PowerLossFiles::syncs() const {
  return disk_->syncs;
}

std::uint64_t PowerLossFiles::bytes() const {
  return disk_->bytes();
}

std::vector<std::string> PowerLossFiles::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : disk_->names) names.push_back(name);
  return names;
}

std::string PowerLossFiles::contents(const std::string& name) const {
  const auto file = disk_->names.find(name);
  if (file == disk_->names.end()) throw InvalidArgument(fmt::format("there is no file {}", name));
  return file->second->cached;
}

void PowerLossFiles::put(const std::string& name, std::string contents) {
  auto file = std::make_shared<Disk::File>();
  file->cached = file->durable = std::move(contents);
  disk_->names[name] = disk_->durable_names[name] = std::move(file);
}

void PowerLossFiles::erase(const std::string& name) {
  disk_->names.erase(name);
  disk_->durable_names.erase(name);
}

void PowerLossFiles::flip_bit(const std::string& name, std::size_t byte, unsigned bit) {
  std::string bytes = contents(name);
  if (byte >= bytes.size()) {
    throw InvalidArgument(
        fmt::format("{} has {} bytes; there is no byte {}", name, bytes.size(), byte));
  }
  bytes[byte] = static_cast<char>(static_cast<unsigned char>(bytes[byte]) ^ (1U << (bit % 8)));
  put(name, std::move(bytes));
}

std::string PowerLossFiles::vfs() const {
  return vfs_->name();
}

void PowerLossFiles::create_private(const std::string& path) {
  const std::scoped_lock lock(disk_->mutex);
  Disk::FilePointer file;
  bool created = false;
  if (disk_->open(path, true, file, created) != Disk::Result::Done) {
    throw IoError(fmt::format("{} could not be created", path));
  }
}

namespace {

class NameLock final : public store::OwnerLock {
 public:
  NameLock(std::set<std::string>& locks, std::string name) : locks_(locks), name_(std::move(name)) {
    locks_.insert(name_);
  }
  ~NameLock() override { locks_.erase(name_); }

 private:
  std::set<std::string>& locks_;
  std::string name_;
};

}  // namespace

store::StoreEnvironment::LockResult PowerLossFiles::try_lock(const std::string& lock_path) {
  if (disk_->locks.contains(lock_path)) return {nullptr, process_id()};
  return {std::make_unique<NameLock>(disk_->locks, lock_path), process_id()};
}

void PowerLossFiles::wait_for_owner(const std::string& lock_path, const std::stop_token& /*stop*/,
                                    SteadyTime /*until*/) {
  throw LogicError(fmt::format("{}: nobody here could free it", lock_path));
}

void PowerLossFiles::rename(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(disk_->mutex);
  if (disk_->rename(from, to) != Disk::Result::Done) {
    throw IoError(fmt::format("{} could not be renamed to {}", from, to));
  }
}

const Clock& PowerLossFiles::clock() const {
  static const StandingClock clock;
  return clock;
}

}  // namespace durasim::inline v0::testing
