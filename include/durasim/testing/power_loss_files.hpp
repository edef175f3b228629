// A file system in memory that loses power, for stores on SQLite: registered as a VFS under a name
// of its own and handed to a store as its environment, so that the database, its log and the files
// beside it are all on it. What was written but not synced may be kept, dropped, torn or reordered,
// names too; every operation can be told to fail or to be the machine's last. Follows from its
// seed.
#pragma once

#include "durasim/store/sqlite_environment.hpp"
#include "durasim/testing/simulated_disk.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace durasim::inline v0::testing {

// Thread-safety: several connections of one process may use it; the members below belong to one
// thread.
class DURASIM_EXPORT PowerLossFiles final : public store::StoreEnvironment {
 public:
  // `safe_overwrites`: whether a write that loses power leaves the bytes beside it alone (SQLite's
  // POWERSAFE_OVERWRITE); without it, torn writes also damage the rest of their block of 4 KiB.
  explicit PowerLossFiles(std::uint64_t seed, bool safe_overwrites = true);
  ~PowerLossFiles() override;
  PowerLossFiles(const PowerLossFiles&) = delete;
  PowerLossFiles& operator=(const PowerLossFiles&) = delete;

  // From now on every operation fails, as those of a process that is no more: what its destructors
  // do has no effect.
  void stop();
  // The next `after` changes of a file or a name happen (a sync counts twice: before it and behind
  // it), then the files stop. A write that stops has written a prefix.
  void stop_after(std::uint64_t after);
  [[nodiscard]] bool stopped() const;
  // Goes on as what the next process finds. No connection may be open. Disarms everything but the
  // capacity.
  void crash(Crash mode);

  // `after` more calls succeed, whatever they do (reads, sizes, names and shared memory included),
  // then `count` fail: as this write fault, a sync as this sync fault.
  void fail_calls(std::uint64_t after, WriteFault fault, SyncFault sync_fault,
                  std::uint64_t count = 1);
  // The same for reads of a file's bytes, writes or syncs alone.
  void fail_reads(std::uint64_t after, std::uint64_t count = 1);
  void fail_writes(std::uint64_t after, WriteFault fault, std::uint64_t count = 1);
  void fail_syncs(std::uint64_t after, SyncFault fault, std::uint64_t count = 1);
  // Writes fail for want of space when all files together would be larger; what fits is written.
  // With `overwrites_take_space`, as in file systems that never write in place, each byte of a
  // write counts, not only those behind a file's end.
  void set_capacity(std::uint64_t bytes, bool overwrites_take_space = false);

  [[nodiscard]] std::uint64_t changes() const;  // as stop_after counts
  [[nodiscard]] std::uint64_t calls() const;    // as fail_calls counts
  [[nodiscard]] std::uint64_t syncs() const;
  [[nodiscard]] std::uint64_t bytes() const;  // of all files together

  // Names and contents, as a reader sees them now.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::string contents(const std::string& name) const;
  // Makes or replaces a file, durably.
  void put(const std::string& name, std::string contents);
  void erase(const std::string& name);
  void flip_bit(const std::string& name, std::size_t byte, unsigned bit);

  [[nodiscard]] std::string vfs() const override;
  [[nodiscard]] std::string resolve(const std::string& path) const override { return path; }
  void create_private(const std::string& path) override;
  [[nodiscard]] LockResult try_lock(const std::string& lock_path) override;
  void wait_for_owner(const std::string& lock_path, const std::stop_token& stop,
                      SteadyTime until) override;
  void rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] std::int64_t process_id() const override { return 1; }
  [[nodiscard]] std::string boot_id() const override { return "simulated"; }
  [[nodiscard]] const Clock& clock() const override;

 private:
  class Disk;
  class Vfs;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace durasim::inline v0::testing
