// Locks on a database file and the memory that connections share in WAL mode, as far as connections
// of one process need them: nothing of it is on the disk.
#include "testing/power_loss_vfs.hpp"

#include <atomic>
#include <memory>

namespace durasim::inline v0::testing {

// None, shared, reserved, (pending,) exclusive.
int PowerLossFiles::Vfs::lock(sqlite3_file* file, int level) {
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

int PowerLossFiles::Vfs::unlock(sqlite3_file* file, int level) {
  Handle& handle = of(file);
  const std::scoped_lock lock(handle.disk->mutex);
  if (handle.level > level) set_level(handle, level);
  return SQLITE_OK;
}

void PowerLossFiles::Vfs::set_level(Handle& handle, int level) {
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

int PowerLossFiles::Vfs::reserved(sqlite3_file* file, int* reserved) {
  Handle& handle = of(file);
  const std::scoped_lock lock(handle.disk->mutex);
  *reserved = handle.file->shared.writer != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int PowerLossFiles::Vfs::map(sqlite3_file* file, int region, int size, int extend,
                             void volatile** memory) {
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

int PowerLossFiles::Vfs::lock_shared(sqlite3_file* file, int first, int count, int flags) {
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

void PowerLossFiles::Vfs::release(Handle& handle, std::size_t at) {
  Disk::Shared& shared = handle.file->shared;
  if (handle.locks.at(at) == 1) --shared.shared.at(at);
  if (handle.locks.at(at) == 2) shared.exclusive.at(at) = false;
  handle.locks.at(at) = 0;
}

void PowerLossFiles::Vfs::barrier(sqlite3_file* /*file*/) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void PowerLossFiles::Vfs::unmap(Handle& handle) {
  for (std::size_t at = 0; at < handle.locks.size(); ++at) release(handle, at);
  if (!handle.maps) return;
  handle.maps = false;
  Disk::Shared& shared = handle.file->shared;
  if (--shared.users == 0) shared.regions.clear();
}

int PowerLossFiles::Vfs::unmap_shared(sqlite3_file* file, int /*remove*/) {
  Handle& handle = of(file);
  const std::scoped_lock lock(handle.disk->mutex);
  unmap(handle);
  return SQLITE_OK;
}

}  // namespace durasim::inline v0::testing
