// The schema, as the list of its migrations. Persistent: a released entry never changes, the next
// version is a further one.
//
// Ids, types, states and digests are blobs: they may hold any byte, and blobs compare byte by byte.
// `run` is runs.id. Each row carries the checksum that the engine or the store gave it; the indexes
// are SQLite's own business and checked by its integrity check. No statement names an index that is
// not here: queries pin theirs with INDEXED BY.
#include "store/sqlite/schema.hpp"

#include "durasim/store/sqlite.hpp"

#include "store/sqlite/connection.hpp"

#include <fmt/format.h>

namespace durasim::inline v0::store::sqlite {

namespace {

constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta(
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  epoch         INTEGER NOT NULL,
  commit_number INTEGER NOT NULL,
  chain         BLOB    NOT NULL,
  last_time     INTEGER NOT NULL,
  boot_id       BLOB    NOT NULL,
  time_at_boot  INTEGER NOT NULL,
  checksum      INTEGER NOT NULL
) STRICT;

CREATE TABLE owner(
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  pid        INTEGER NOT NULL,
  boot_id    BLOB    NOT NULL,
  opened_at  INTEGER NOT NULL,
  durability INTEGER NOT NULL,
  software   BLOB    NOT NULL
) STRICT;

CREATE TABLE runs(
  id            INTEGER PRIMARY KEY,
  run_id        BLOB    NOT NULL,
  workflow_id   BLOB    NOT NULL,
  workflow_type BLOB    NOT NULL,
  task_queue    BLOB    NOT NULL,
  status        INTEGER NOT NULL,
  version       INTEGER NOT NULL,
  next_event_id INTEGER NOT NULL,
  history_bytes INTEGER NOT NULL,
  start_time    INTEGER NOT NULL,
  close_time    INTEGER NOT NULL,
  due           INTEGER,
  chain         BLOB    NOT NULL,
  checksum      INTEGER NOT NULL,
  state         BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX runs_by_run_id ON runs(run_id);
CREATE INDEX runs_by_start ON runs(start_time, run_id);
CREATE INDEX runs_by_workflow ON runs(workflow_id, start_time, run_id);
CREATE INDEX runs_open ON runs(start_time, run_id) WHERE status = 1;
CREATE INDEX runs_by_due ON runs(due, run_id) WHERE due IS NOT NULL AND status = 1;

CREATE TABLE current_runs(
  id          INTEGER PRIMARY KEY,
  workflow_id BLOB    NOT NULL,
  run         INTEGER NOT NULL REFERENCES runs(id),
  checksum    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX current_runs_by_workflow ON current_runs(workflow_id);

CREATE TABLE tasks(
  run      INTEGER NOT NULL REFERENCES runs(id),
  kind     INTEGER NOT NULL,
  event_id INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  state    BLOB    NOT NULL,
  PRIMARY KEY(run, kind, event_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE history(
  id              INTEGER PRIMARY KEY,
  run             INTEGER NOT NULL REFERENCES runs(id),
  first_event_id  INTEGER NOT NULL,
  last_event_id   INTEGER NOT NULL,
  chain           BLOB    NOT NULL,
  event_checksums BLOB    NOT NULL,
  events          BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX history_by_run ON history(run, first_event_id);

CREATE TABLE requests(
  id          INTEGER PRIMARY KEY,
  scope       BLOB    NOT NULL,
  request_id  BLOB    NOT NULL,
  run_id      BLOB    NOT NULL,
  fingerprint BLOB    NOT NULL,
  checksum    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX requests_by_key ON requests(scope, request_id);
CREATE INDEX requests_by_run ON requests(run_id);

CREATE TABLE blobs(
  id    INTEGER PRIMARY KEY,
  hash  BLOB    NOT NULL,
  bytes BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX blobs_by_hash ON blobs(hash);

CREATE TABLE blob_uses(
  run      INTEGER NOT NULL REFERENCES runs(id),
  blob     INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(run, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_uses_by_blob ON blob_uses(blob);
)sql";

constexpr const char* kMigrations[] = {kVersion1};

}  // namespace

std::span<const char* const> schema_migrations() {
  return kMigrations;
}

void refuse_foreign(const DatabaseKind& kind, const char* path,
                    std::span<const char* const> migrations) {
  if (kind.application_id != kApplicationId && !(kind.application_id == 0 && kind.empty)) {
    throw FormatError(
        fmt::format("{} is a database of another application (application_id {}); give the store a "
                    "path of its own",
                    path, kind.application_id));
  }
  if (kind.user_version < 0 || kind.user_version > static_cast<std::int64_t>(migrations.size())) {
    throw StoreTooNew(
        fmt::format("{} has schema version {}, this durasim ({}) knows versions up to {}; use a "
                    "newer durasim. Nothing was changed",
                    path, kind.user_version, DURASIM_VERSION_STRING, migrations.size()));
  }
}

DatabaseKind kind_of(const Connection& connection) {
  return {connection.number_of("PRAGMA application_id"),
          connection.number_of("PRAGMA user_version"),
          connection.number_of("SELECT count(*) FROM sqlite_schema") == 0};
}

bool migrate(const Connection& connection, std::span<const char* const> migrations) {
  const auto from = static_cast<std::size_t>(connection.number_of("PRAGMA user_version"));
  if (from == migrations.size()) return false;
  for (const char* migration : migrations.subspan(from)) connection.execute(migration);
  connection.execute(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str());
  connection.execute(fmt::format("PRAGMA user_version = {}", migrations.size()).c_str());
  return true;
}

}  // namespace durasim::inline v0::store::sqlite
