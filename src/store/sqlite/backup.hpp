// Copies of a whole database, and reading the whole of one: for backups, for `check`, and for an
// open that may not trust what it reads.
#pragma once

#include "durasim/store/sqlite.hpp"

#include "store/sqlite/connection.hpp"
#include "store/sqlite/open.hpp"

#include <string>
#include <vector>

namespace durasim::inline v0::store::sqlite {

// Writes what `source` sees into the new file `to`, durably, and reads all of it again. Gives the
// damage that the source has and the copy with it; throws StoreDamaged when the copy has more. On
// any error no file is left.
std::vector<Finding> copy_database(Connection& source, const Place& place, const std::string& to);

// The same of the store at `place`, under another name until it is complete.
std::vector<Finding> write_backup(const Place& place, const std::string& to);

// Reads everything that the connection sees, in one transaction of the caller's, into the report.
void examine(Connection& connection, StoreReport& report);

}  // namespace durasim::inline v0::store::sqlite
