// The tables, and how a database of an earlier version becomes one of this version. docs/store.md
// describes every table and column.
#pragma once

#include <cstdint>
#include <span>

namespace durasim::inline v0::store::sqlite {

class Connection;

inline constexpr std::int32_t kApplicationId = 0x44755261;  // "DuRa"; persistent, never change

// migrations[n] takes a database from version n to version n + 1.
[[nodiscard]] std::span<const char* const> schema_migrations();

// What a database says of itself.
struct DatabaseKind {
  std::int64_t application_id = 0;
  std::int64_t user_version = 0;
  bool empty = true;  // no table of anybody's
};

// Throws FormatError for another application's database, StoreTooNew for a version behind the last
// migration. `path` is for the message.
void refuse_foreign(const DatabaseKind& kind, const char* path,
                    std::span<const char* const> migrations);

// Reads it, without changing a byte.
[[nodiscard]] DatabaseKind kind_of(const Connection& connection);

// Brings the database to the last version, within the caller's transaction. False when it was there
// already.
bool migrate(const Connection& connection, std::span<const char* const> migrations);

}  // namespace durasim::inline v0::store::sqlite
