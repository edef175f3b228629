// Copies by SQLite's online backup, within one read transaction: a writer goes on meanwhile.
#include "store/sqlite/backup.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <memory>

namespace durasim::inline v0::store::sqlite {

namespace {

// A file that is deleted again unless it is kept.
class NewFile {
 public:
  NewFile(const Place& place, std::string path) : place_(place), path_(std::move(path)) {
    delete_file(*place.vfs, path_);
    place.environment->create_private(path_);
  }
  ~NewFile() {
    if (kept_) return;
    try {
      delete_file(*place_.vfs, path_);
    } catch (const std::exception&) {
      return;  // the error that brought us here is the one to tell
    }
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  void keep() { kept_ = true; }

 private:
  const Place& place_;
  std::string path_;
  bool kept_ = false;
};

// One consistent view for all that is read from a connection.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection) : connection_(connection) {
    if (!connection.in_transaction()) connection.execute("BEGIN");
    static_cast<void>(connection.number_of("SELECT count(*) FROM sqlite_schema"));
  }
  ~Snapshot() { sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Connection& connection_;
};

void copy_pages(Connection& source, const Place& place, const std::string& to) {
  Connection target(to, place.vfs_name, Connection::Access::ReadWrite);
  target.execute(
      "PRAGMA journal_mode = MEMORY");  // a half-written copy is deleted, not rolled back
  const std::unique_ptr<sqlite3_backup, int (*)(sqlite3_backup*)> backup(
      sqlite3_backup_init(target.handle(), "main", source.handle(), "main"), sqlite3_backup_finish);
  if (backup == nullptr) {
    throw_error(target.handle(), sqlite3_errcode(target.handle()), "copy not begun");
  }
  const int rc = sqlite3_backup_step(backup.get(), -1);
  if (rc != SQLITE_DONE) {
    throw SqliteError(rc, fmt::format("{} could not be copied to {}: {} (SQLite {})", place.path,
                                      to, sqlite3_errstr(rc), rc));
  }
}

std::vector<Finding> findings_in(Connection& connection) {
  StoreReport report;
  examine(connection, report);
  return std::move(report.findings);
}

}  // namespace

std::vector<Finding> copy_database(Connection& source, const Place& place, const std::string& to) {
  const Snapshot snapshot(source);
  NewFile file(place, to);
  copy_pages(source, place, to);
  VfsFile(*place.vfs, to, VfsFile::Kind::Side).sync();
  Connection copy(to, place.vfs_name, Connection::Access::Immutable);
  std::vector<Finding> findings;
  {
    const Snapshot whole(copy);
    findings = findings_in(copy);
  }
  // Damage of one run does not keep the others from being copied.
  if (!findings.empty()) {
    const std::vector<Finding> own = findings_in(source);
    const bool same = std::ranges::equal(own, findings, {}, &Finding::text, &Finding::text);
    if (!same) {
      throw StoreDamaged(
          fmt::format("{} differs from what was copied: {}", to, findings.front().text));
    }
  }
  file.keep();
  return findings;
}

std::vector<Finding> write_backup(const Place& place, const std::string& to) {
  if (file_exists(*place.vfs, to)) {
    throw InvalidArgument(fmt::format("{} exists; a backup gets a file of its own", to));
  }
  Connection source(place.path, place.vfs_name, Connection::Access::ReadOnly);
  const std::string partial = to + ".partial";
  std::vector<Finding> findings = copy_database(source, place, partial);
  place.environment->rename(partial, to);
  return findings;
}

}  // namespace durasim::inline v0::store::sqlite
