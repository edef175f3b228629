// The VFS through which SQLite works on a disk that loses power: one registration over one disk,
// and the functions that SQLite calls. Names and the registration are in power_loss_vfs.cpp, the
// bytes of an open file in power_loss_handle.cpp, locks and shared memory in power_loss_locks.cpp.
#pragma once

#include "testing/power_loss_disk.hpp"

#include <sqlite3.h>

#include <array>
#include <string>

namespace durasim::inline v0::testing {

class PowerLossFiles::Vfs {
 public:
  using Result = Disk::Result;

  explicit Vfs(Disk& disk);
  ~Vfs();
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  // A file that SQLite has open.
  struct Handle {
    sqlite3_file base;
    Disk* disk;
    Disk::FilePointer file;
    bool sync_folder;                             // with the next sync: the file may be new
    bool maps;                                    // shared memory
    int level;                                    // of the lock on the database file
    std::array<int, Disk::Shared::kLocks> locks;  // 0 none, 1 shared, 2 exclusive
  };

  static Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static Vfs& of(sqlite3_vfs* vfs) { return *static_cast<Vfs*>(vfs->pAppData); }

  // The code of a failed call; a machine that has stopped fails every call alike.
  static int code(Result result, int failure) {
    if (result == Result::Done) return SQLITE_OK;
    return result == Result::NoSpace && failure == SQLITE_IOERR_WRITE ? SQLITE_FULL : failure;
  }

  // Of the VFS.
  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out);
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder);
  static int access(sqlite3_vfs* vfs, const char* name, int flags, int* there);
  static int full_name(sqlite3_vfs* vfs, const char* name, int size, char* out);
  static int randomness(sqlite3_vfs* vfs, int size, char* out);
  static int sleep(sqlite3_vfs* vfs, int microseconds);
  static int current_time(sqlite3_vfs* vfs, double* now);
  static int last_error(sqlite3_vfs* vfs, int size, char* text);

  // Of an open file: its bytes.
  static sqlite3_io_methods io_methods();
  static int close(sqlite3_file* file);
  static int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset);
  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset);
  static int truncate(sqlite3_file* file, sqlite3_int64 size);
  static int sync(sqlite3_file* file, int flags);
  static int size(sqlite3_file* file, sqlite3_int64* size);
  static int control(sqlite3_file* file, int operation, void* argument);
  static int sector_size(sqlite3_file* file);
  static int characteristics(sqlite3_file* file);

  // Its locks, and its shared memory.
  static int lock(sqlite3_file* file, int level);
  static int unlock(sqlite3_file* file, int level);
  static void set_level(Handle& handle, int level);
  static int reserved(sqlite3_file* file, int* reserved);
  static int map(sqlite3_file* file, int region, int size, int extend, void volatile** memory);
  static int lock_shared(sqlite3_file* file, int first, int count, int flags);
  static void release(Handle& handle, std::size_t at);
  static void barrier(sqlite3_file* file);
  static void unmap(Handle& handle);
  static int unmap_shared(sqlite3_file* file, int remove);

  Disk& disk_;
  std::string name_;
  sqlite3_vfs vfs_{};
};

}  // namespace durasim::inline v0::testing
