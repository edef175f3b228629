// Opening a store as its owner: who it is, whether this program may touch it, whether all that was
// acknowledged is there; only then the first write.
#pragma once

#include "durasim/store/sqlite.hpp"

#include "store/sqlite/connection.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/side_files.hpp"

#include <memory>
#include <optional>
#include <string>

namespace durasim::inline v0::store::sqlite {

// Where a store is: its one name, and through what it is read and written.
struct Place {
  std::string path;
  std::string vfs_name;
  sqlite3_vfs* vfs = nullptr;
  StoreEnvironment* environment = nullptr;
};
[[nodiscard]] Place find_place(const std::string& path, const std::string& vfs,
                               StoreEnvironment* environment);

// Takes the lock, as stand-by if the options say so. Throws StoreInUse, CancelledError.
[[nodiscard]] std::unique_ptr<OwnerLock> take_ownership(const Place& place,
                                                        const SqliteOptions& options);

// Looks at the file's first bytes only, so that a foreign or newer one is refused untouched. A file
// that is not there, or empty, is all right.
void refuse_foreign_file(const Place& place);

[[nodiscard]] bool has_database(const Place& place);

// Makes an empty store where there is none: as a whole, under another name until it is complete, so
// that a database under the store's own name is never half a one. Throws StoreDamaged when a log
// lies there without its database.
void create_store(const Place& place);

// The writing connection with all settings in force.
[[nodiscard]] std::unique_ptr<Connection> connect_writer(const Place& place, Durability durability);

// The store's own record; that of a database of version 0 is empty. Throws StoreDamaged when it
// does not carry its checksum, and when a store has none.
[[nodiscard]] Head read_head(const Connection& connection);

// Compares with the mark. The number of acknowledged commits that are missing; throws StoreDamaged
// when there are any and the options do not allow it.
[[nodiscard]] std::int64_t lost_commits(const Head& head, const std::optional<Mark>& mark,
                                        const Place& place, const SqliteOptions& options);

// Brings the schema up to date and enters this process as the owner, in one durable transaction.
// The head that it leaves.
[[nodiscard]] Head enter_owner(Connection& connection, const Place& place,
                               const SqliteOptions& options);

// After a failed sync of an earlier owner: writes every page of the store into a new file, reads it
// again and puts it in the old one's place. No connection may be open. Gives the damage found.
std::vector<Finding> replace_by_verified_copy(const Place& place);

}  // namespace durasim::inline v0::store::sqlite
