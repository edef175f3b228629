// What a SQLite store needs of the machine beside SQL: through which VFS files are read and
// written, who owns a store, names and permissions of files, clock and boot. A seam: production
// uses the system's, tests one that loses power (testing/power_loss_files.hpp).
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace durasim::inline v0::store {

// Ownership of a store; ends with the object or with the process, however it dies.
class DURASIM_EXPORT OwnerLock {
 public:
  virtual ~OwnerLock();
};

// Thread-safety: every member may be called from any thread.
class DURASIM_EXPORT StoreEnvironment {
 public:
  virtual ~StoreEnvironment();

  // The SQLite VFS for the database and the files beside it; empty: SQLite's default.
  [[nodiscard]] virtual std::string vfs() const = 0;
  // The one name of the file that `path` leads to, links followed; it need not exist. Throws
  // IoError when its folder does not exist, UnavailableError for a file system on which a store
  // cannot be durable or locked (network, user space) and for a file with several names.
  [[nodiscard]] virtual std::string resolve(const std::string& path) const = 0;
  // Creates the file, empty and readable for its owner alone, if it is not there. Throws IoError.
  virtual void create_private(const std::string& path) = 0;
  // Takes the lock, or gives the process id of who holds it (0 where it can't be told).
  struct LockResult {
    std::unique_ptr<OwnerLock> lock;  // null: held by `owner`
    std::int64_t owner = 0;
  };
  [[nodiscard]] virtual LockResult try_lock(const std::string& lock_path) = 0;
  // Blocks until the lock may be free (it may as well not be), the time is over or a stop is
  // requested.
  virtual void wait_for_owner(const std::string& lock_path, const std::stop_token& stop,
                              SteadyTime until) = 0;
  // Durably gives the file another name; what had it is gone. Throws IoError.
  virtual void rename(const std::string& from, const std::string& to) = 0;

  [[nodiscard]] virtual std::int64_t process_id() const = 0;
  // The same until the machine starts anew.
  [[nodiscard]] virtual std::string boot_id() const = 0;
  [[nodiscard]] virtual const Clock& clock() const = 0;
};

// The machine's own. The object lives as long as the process.
DURASIM_EXPORT StoreEnvironment& system_store_environment();

}  // namespace durasim::inline v0::store
