// A disk in memory that loses power: what was written but not synced may be kept, dropped, torn or
// reordered, syncs and writes can be told to fail, and everything follows from a seed. For stores
// under test, among them testing/log_store.hpp. No clock, no file.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::testing {

// Every operation of a disk that has stopped throws this: the machine is gone, nothing after it
// happens.
class DURASIM_EXPORT DiskStopped : public Error {
 public:
  using Error::Error;
  ~DiskStopped() override;
};

// What becomes of writes that no sync has covered.
enum class Crash {
  ProcessKill,    // nothing: they are in the system's cache, still unsynced
  KeepAll,        // power loss, all had been written back
  DropAll,        // power loss, none had
  RandomSectors,  // each sector of 512 bytes is old or new
  TornSectors,    // as before, and some are old from some byte on
  Reordered,      // each write as a whole or not at all, later ones perhaps below earlier ones
};
inline constexpr std::array kCrashes{Crash::ProcessKill,   Crash::KeepAll,     Crash::DropAll,
                                     Crash::RandomSectors, Crash::TornSectors, Crash::Reordered};

enum class WriteFault {
  NoSpace,
  Io,    // as with NoSpace, a part may be written, never the last byte
  Late,  // everything is written, and an I/O error reported all the same
};

// What a failed sync leaves in the cache. In all cases some of the sectors may have reached the
// disk, and the system counts the rest as clean: the next sync succeeds without them.
enum class SyncFault {
  PagesDropped,           // reads show the old bytes
  PagesKept,              // reads go on to show what is not on the disk
  PagesKeptUntilEvicted,  // ... until the process dies
};

// Thread-safety: none; one thread at a time.
class DURASIM_EXPORT SimulatedDisk {
 public:
  static constexpr std::size_t kFiles = 4;
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  explicit SimulatedDisk(std::uint64_t seed);

  // Files are numbered from 0 to kFiles - 1 and exist, empty, from the start. A write may go beyond
  // the end; a gap is zeros. Throw IoError for an armed fault (a failed write has written some
  // prefix of its bytes), DiskStopped after a stop.
  void write(std::size_t file, std::size_t offset, std::string_view bytes);
  void truncate(std::size_t file, std::size_t size);
  void sync(std::size_t file);
  // What a read of the whole file sees now. Valid until the next change.
  [[nodiscard]] const std::string& contents(std::size_t file) const;
  // What is on the disk itself, without what only the cache knows.
  [[nodiscard]] const std::string& durable(std::size_t file) const;

  // Goes on as the disk that the next process finds. Disarms stops and faults; a full disk stays
  // full.
  void crash(Crash mode);

  // The next `after` operations (write, truncate; a sync is two: before it and behind it) happen,
  // the one that follows and all later ones throw DiskStopped. A write that stops has written a
  // prefix.
  void stop_after(std::uint64_t after);
  // `after` more writes (syncs) succeed, then `count` fail.
  void fail_writes(std::uint64_t after, WriteFault fault, std::uint64_t count = 1);
  void fail_syncs(std::uint64_t after, SyncFault fault, std::uint64_t count = 1);
  // From now on writes fail for want of space when all files together would be larger; what fits is
  // written. With `overwrites_take_space`, as in file systems that never write in place, each byte
  // counts, not only those behind the end.
  void set_capacity(std::uint64_t bytes, bool overwrites_take_space = false);
  // Turns one bit over, in the cache and on the disk. The bit must be there.
  void flip_bit(std::size_t file, std::size_t byte, unsigned bit);

  [[nodiscard]] std::uint64_t operations() const { return operations_; }
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }
  [[nodiscard]] std::uint64_t bytes() const;  // of all files together
  // Whether an operation has thrown DiskStopped since the last crash.
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  struct Pending {
    std::size_t offset = 0;  // or the size, of a truncation
    std::string bytes;
    bool truncates = false;
  };
  struct File {
    std::string cached;
    std::string durable;
    std::vector<Pending> pending;  // in order
    bool evict_at_death = false;
  };
  template <class Fault>
  struct Armed {
    std::uint64_t after = 0;
    std::uint64_t count = 0;
    Fault fault{};
    bool fires();
  };

  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  File& at(std::size_t file);
  void tick();
  std::uint64_t below(std::uint64_t bound);
  // Of a write of so many bytes, those that there is space for.
  [[nodiscard]] std::size_t fitting(const File& file, std::size_t offset, std::size_t size) const;
  void put(File& file, std::size_t offset, std::string_view bytes);
  void lose_pending(File& file, Crash mode);
  void apply_sectors(std::string& image, const Pending& write, bool tear);
  static void apply(std::string& image, std::size_t offset, std::string_view bytes);
  static void apply(std::string& image, const Pending& write);

  std::array<File, kFiles> files_;
  std::mt19937_64 random_;
  std::uint64_t operations_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t left_ = kNever;
  std::uint64_t capacity_ = kUnlimited;
  bool overwrites_take_space_ = false;
  bool stopped_ = false;
  Armed<WriteFault> write_fault_;
  Armed<SyncFault> sync_fault_;
};

}  // namespace durasim::inline v0::testing
