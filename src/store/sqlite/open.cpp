// The steps of an open, in their order.
#include "store/sqlite/open.hpp"

#include "mutants/mutants.hpp"
#include "store/sqlite/backup.hpp"
#include "store/sqlite/schema.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace durasim::inline v0::store::sqlite {

namespace {

constexpr int kOpenAttempts = 3;

std::uint32_t big_endian(std::span<const char> bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.first(4)) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

// A store of no version yet begins without commits.
void bring_up_to_date(const Connection& connection) {
  migrate(connection, schema_migrations());
  const Head head;
  connection.prepare("INSERT INTO meta VALUES(1, 0, 0, ?1, 0, x'', 0, ?2) ON CONFLICT DO NOTHING")
      .run(head.chain, std::int64_t{checksum_of(head)});
}

// Within one boot the first owner's clock goes on, whoever sets the wall clock; after another boot
// the wall clock counts, unless it is behind what the store has seen.
void set_clock(Head& head, const Place& place, const Logger& log) {
  const Clock& clock = place.environment->clock();
  std::string boot_id = place.environment->boot_id();
  if (head.boot_id == boot_id) return;
  const WallTime now = clock.wall_now();
  if (now < head.last_time) {
    log.warning(fmt::format(
        "{}: the wall clock is {:.3f} s behind the last commit; engine time goes on from there",
        place.path, Seconds(head.last_time - now).count()));
  }
  head.boot_id = std::move(boot_id);
  head.time_at_boot = std::max(now, head.last_time) - clock.boot_time();
}

std::string first_text(const Connection& connection, const char* sql) {
  Statement statement = connection.prepare(sql);
  Cursor row = statement.query();
  return row.next() ? std::string(row.text(0)) : std::string();
}

}  // namespace

Place find_place(const std::string& path, const std::string& vfs, StoreEnvironment* environment) {
  Place place;
  place.environment = environment != nullptr ? environment : &system_store_environment();
  place.vfs_name = vfs.empty() ? place.environment->vfs() : vfs;
  place.vfs = &find_vfs(place.vfs_name);
  place.path = place.environment->resolve(path);
  return place;
}

std::unique_ptr<OwnerLock> take_ownership(const Place& place, const SqliteOptions& options) {
  const std::string lock_path = lock_path_of(place.path);
  const SteadyTime begin = place.environment->clock().steady_now();
  const bool for_ever = options.standby >= SteadyTime::max() - begin;
  const SteadyTime until =
      for_ever ? SteadyTime::max()
               : begin + std::chrono::duration_cast<SteadyTime::duration>(options.standby);
  for (;;) {
    StoreEnvironment::LockResult result = place.environment->try_lock(lock_path);
    if (result.lock != nullptr) return std::move(result.lock);
    if (options.stop.stop_requested()) {
      throw CancelledError(fmt::format("stopped while waiting for the owner of {}", place.path));
    }
    if (place.environment->clock().steady_now() >= until) {
      throw StoreInUse(
          fmt::format("{} is in use by process {}; one process owns a store at a time. Stop it, or "
                      "wait for it as stand-by",
                      place.path, result.owner),
          result.owner);
    }
    place.environment->wait_for_owner(lock_path, options.stop, until);
  }
}

// https://www.sqlite.org/fileformat2.html#the_database_header
void refuse_foreign_file(const Place& place) {
  if (!file_exists(*place.vfs, place.path)) return;
  VfsFile file(*place.vfs, place.path, VfsFile::Kind::Database);
  std::array<char, 100> header{};
  if (file.size() == 0) return;
  file.read(0, header);
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (std::string_view(header.data(), kMagic.size()) != kMagic) {
    throw FormatError(
        fmt::format("{} is no SQLite database; give the store a path of its own", place.path));
  }
  DatabaseKind kind;
  kind.user_version = big_endian(std::span(header).subspan(60));
  kind.application_id = big_endian(std::span(header).subspan(68));
  kind.empty = false;
  refuse_foreign(kind, place.path.c_str(), schema_migrations());
}

// An empty file is as good as none.
bool has_database(const Place& place) {
  return file_exists(*place.vfs, place.path) &&
         VfsFile(*place.vfs, place.path, VfsFile::Kind::Database).size() > 0;
}

void create_store(const Place& place) {
  for (const char* suffix : {"-wal", "-journal"}) {
    if (file_exists(*place.vfs, place.path + suffix)) {
      throw StoreDamaged(fmt::format(
          "{0} is not there, but its log {0}{1} is, and may hold commits: restore the database, or "
          "delete the log",
          place.path, suffix));
    }
  }
  const std::string fresh = place.path + ".new";
  for (const char* suffix : {"", "-wal", "-journal"}) delete_file(*place.vfs, fresh + suffix);
  place.environment->create_private(fresh);
  {
    Connection connection(fresh, place.vfs_name, Connection::Access::ReadWrite);
    connection.execute(fmt::format("PRAGMA page_size = {}", kPageSize).c_str());
    connection.execute("PRAGMA journal_mode = MEMORY");  // a half-written one is deleted
    Transaction transaction(connection);
    bring_up_to_date(connection);
    transaction.commit();
    connection.execute("PRAGMA journal_mode = WAL");  // a mark in the file, once and for all
    connection.set_checkpoint_on_close(true);
  }
  VfsFile(*place.vfs, fresh, VfsFile::Kind::Side).sync();
  place.environment->rename(fresh, place.path);
}

std::unique_ptr<Connection> connect_writer(const Place& place, Durability durability) {
  auto connection =
      std::make_unique<Connection>(place.path, place.vfs_name, Connection::Access::ReadWrite);
  // The header may be older than what the log holds. Reading changes nothing.
  refuse_foreign(kind_of(*connection), place.path.c_str(), schema_migrations());
  const std::string mode = first_text(*connection, "PRAGMA journal_mode = WAL");
  if (mode != "wal") {
    throw UnavailableError(
        fmt::format("{}: SQLite has journal_mode {} in force, not wal", place.path, mode));
  }
  const bool power_loss = durability == Durability::PowerLoss;
  if (mutant(MutantId::SqliteNoFsync)) {
    connection->set("synchronous", "OFF", 0);
    return connection;
  }
  connection->set("synchronous", power_loss ? "FULL" : "NORMAL", power_loss ? 2 : 1);
  connection->set("secure_delete", "FAST", 2);  // zeroes what is deleted where that costs no I/O
  return connection;
}

Head read_head(const Connection& connection) {
  if (connection.number_of("PRAGMA user_version") == 0) return {};
  Statement statement = connection.prepare(
      "SELECT epoch, commit_number, chain, last_time, boot_id, time_at_boot, checksum FROM meta "
      "WHERE id = 1");
  Cursor row = statement.query();
  if (!row.next()) throw StoreDamaged("the store has no record of itself (table meta)");
  Head head;
  bool whole = false;
  try {
    head = {row.number(0),
            row.number(1),
            digest_of(row.blob(2)),
            time_of(row.number(3)),
            std::string(row.blob(4)),
            time_of(row.number(5))};
    whole = row.number(6) == checksum_of(head);
  } catch (const FormatError&) {
    whole = false;
  }
  if (!whole) {
    throw StoreDamaged("the store's record of itself (table meta) does not carry its checksum");
  }
  return head;
}

std::int64_t lost_commits(const Head& head, const std::optional<Mark>& mark, const Place& place,
                          const SqliteOptions& options) {
  if (!mark || mark->commit_number < head.commit_number) return 0;
  if (mutant(MutantId::SqliteMarkIgnored)) return 0;
  const std::int64_t missing = mark->commit_number - head.commit_number;
  if (missing == 0 && mark->chain == head.chain) return 0;
  const std::string text =
      missing == 0
          ? fmt::format("{}: its commit {} is another one than was acknowledged", place.path,
                        head.commit_number)
          : fmt::format("{} ends at commit {}, but commit {} was acknowledged: {} commits are gone",
                        place.path, head.commit_number, mark->commit_number, missing);
  if (options.durability == Durability::PowerLoss && !options.accept_lost_commits) {
    throw StoreDamaged(fmt::format(
        "{}. The file was damaged, or an older one was put in its place. Restore the newest copy; "
        "to go on from here and lose them, open it once with accept_lost_commits",
        text));
  }
  options.log.error(text);
  return std::max<std::int64_t>(missing, 1);
}

Head enter_owner(Connection& connection, const Place& place, const SqliteOptions& options) {
  for (int attempt = 1;; ++attempt) {
    try {
      Transaction transaction(connection);
      bring_up_to_date(connection);
      Head head = read_head(connection);
      ++head.epoch;
      set_clock(head, place, options.log);
      connection
          .prepare(
              "UPDATE meta SET epoch = ?1, boot_id = ?2, time_at_boot = ?3, checksum = ?4 "
              "WHERE id = 1")
          .run(head.epoch, std::string_view(head.boot_id), number_of(head.time_at_boot),
               std::int64_t{checksum_of(head)});
      connection
          .prepare(
              "INSERT INTO owner VALUES(1, ?1, ?2, ?3, ?4, ?5) ON CONFLICT(id) DO UPDATE SET "
              "pid = ?1, boot_id = ?2, opened_at = ?3, durability = ?4, software = ?5")
          .run(place.environment->process_id(), std::string_view(place.environment->boot_id()),
               number_of(place.environment->clock().wall_now()),
               static_cast<std::int64_t>(options.durability),
               std::string_view("durasim " DURASIM_VERSION_STRING));
      transaction.commit();
      return head;
    } catch (const SqliteError&) {
      // Written again as a whole, so that a sync that then succeeds has covered it.
      if (attempt == kOpenAttempts) throw;
    }
  }
}

std::vector<Finding> replace_by_verified_copy(const Place& place) {
  const std::string copy = place.path + ".copy";
  std::vector<Finding> findings;
  {
    Connection source(place.path, place.vfs_name, Connection::Access::ReadWrite);
    const DatabaseKind kind = kind_of(source);
    refuse_foreign(kind, place.path.c_str(), schema_migrations());
    if (kind.empty) return findings;
    findings = copy_database(source, place, copy);
    // The log's pages are in the copy; left behind, they would be applied to it once more.
    sqlite3_wal_checkpoint_v2(source.handle(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                              nullptr);
    source.set_checkpoint_on_close(true);
  }
  if (file_exists(*place.vfs, write_ahead_log_of(place.path))) {
    VfsFile log(*place.vfs, place.path, VfsFile::Kind::WriteAheadLog);
    if (log.size() != 0) {
      throw IoError(
          fmt::format("{}: its log could not be emptied after a failed sync; is another "
                      "program reading it?",
                      place.path));
    }
    // Else a power loss could bring back what it held, and that would be applied to the copy.
    log.sync();
  }
  place.environment->rename(copy, place.path);
  return findings;
}

}  // namespace durasim::inline v0::store::sqlite
