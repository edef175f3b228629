// The disk behind PowerLossFiles: two images of each file (what reads see, what survives) and of
// the folder, and the changes between them. Knows nothing of SQLite.
#pragma once

#include "durasim/testing/power_loss_files.hpp"

#include "testing/seeded_random.hpp"

#include <array>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <string_view>

namespace durasim::inline v0::testing {

class PowerLossFiles::Disk {
 public:
  // What came of a call.
  enum class Result { Done, NoSpace, Failed, Stopped };

  struct Pending {
    std::size_t offset = 0;  // or the size, of a truncation
    std::string bytes;
    bool truncates = false;
  };
  // What connections share of a database in SQLite's WAL mode; gone with the process.
  struct Shared {
    static constexpr int kLocks = 8;
    std::vector<std::unique_ptr<std::string>> regions;
    int users = 0;  // the first one finds them empty
    std::array<int, kLocks> shared{};
    std::array<bool, kLocks> exclusive{};
    int readers = 0;               // of the database file
    const void* writer = nullptr;  // who has reserved it
    bool exclusively = false;
  };
  struct File {
    std::string cached;
    std::string durable;
    std::vector<Pending> pending;  // in order
    bool evict_at_death = false;
    Shared shared;
  };
  using FilePointer = std::shared_ptr<File>;

  Disk(std::uint64_t seed, bool safe_overwrites)
      : random(seed), safe_overwrites_(safe_overwrites) {}

  // `created` is set when the file was not there and `create` made it.
  Result open(const std::string& name, bool create, FilePointer& file, bool& created);
  Result read(const File& file, std::size_t offset, std::string& into);  // `into` has its size
  Result write(File& file, std::size_t offset, std::string_view bytes);
  Result truncate(File& file, std::size_t size);
  Result sync(File& file, bool folder);
  Result size(const File& file, std::size_t& size);
  Result exists(const std::string& name, bool& there);
  Result remove(const std::string& name, bool sync_folder, bool& was_there);
  Result rename(const std::string& from, const std::string& to);
  Result shared_memory();  // a call that maps some

  void crash(Crash mode);

  template <class Fault>
  struct Armed {
    std::uint64_t after = 0;
    std::uint64_t count = 0;
    Fault fault{};
    bool fires() {
      if (count == 0) return false;
      if (after > 0) {
        --after;
        return false;
      }
      --count;
      return true;
    }
  };
  struct CallFault {
    WriteFault write{};
    SyncFault sync{};
  };
  struct ReadFault {};  // there is one kind only

  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  std::mutex mutex;
  SeededRandom random;
  std::map<std::string, FilePointer> names;
  std::map<std::string, FilePointer> durable_names;
  std::set<std::string> locks;
  Armed<CallFault> call_fault;
  Armed<ReadFault> read_fault;
  Armed<WriteFault> write_fault;
  Armed<SyncFault> sync_fault;
  std::uint64_t left = kNever;  // changes until the files stop
  std::uint64_t capacity = kNever;
  bool overwrites_take_space = false;
  std::uint64_t changes = 0;
  std::uint64_t calls = 0;
  std::uint64_t syncs = 0;
  bool stopped = false;

  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] bool safe_overwrites() const { return safe_overwrites_; }

 private:
  bool change();
  Result call();
  void put(File& file, std::size_t offset, std::string_view bytes);
  [[nodiscard]] bool bytes_would_exceed(std::size_t growth) const;
  [[nodiscard]] std::size_t room() const;  // below the capacity
  void lose_pending(File& file, Crash mode);
  void lose_names(Crash mode);
  void apply_sectors(std::string& image, const Pending& write, bool tear);
  static void apply(std::string& image, const Pending& write);
  Result failed_sync(File& file, SyncFault fault);

  bool safe_overwrites_;
};

}  // namespace durasim::inline v0::testing
