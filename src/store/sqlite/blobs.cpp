// Blobs: contents that are kept once for all runs that use them. Written, dropped with their last
// use (writer_changes.cpp), and checked.
#include "durasim/store/integrity.hpp"

#include "store/sqlite/findings.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/writer.hpp"

#include <fmt/format.h>

#include <vector>

namespace durasim::inline v0::store::sqlite {

// Bytes that are not those that come were damaged: these are what the hash promises.
std::int64_t Writer::put_blob(const BlobRow& blob) {
  std::int64_t id = 0;
  {
    Cursor found = statements_.find_blob.query(blob.hash, blob.bytes);
    if (found.next()) {
      id = found.number(0);
      if (found.number(1) != 0) return id;
    }
  }
  if (id != 0) {
    statements_.replace_blob.run(id, blob.bytes);
    return id;
  }
  Cursor inserted = statements_.insert_blob.query(blob.hash, blob.bytes);
  inserted.next();
  id = inserted.number(0);
  inserted.next();  // to its end
  return id;
}

void Writer::write_blobs(const Transition& transition, std::int64_t run) {
  for (const BlobRow& blob : transition.blobs) {
    const std::int64_t id = put_blob(blob);
    statements_.insert_blob_use.run(run, id, std::int64_t{blob_use_checksum(blob.hash, run)});
  }
}

namespace {

class BlobExamination : Findings {
 public:
  BlobExamination(Connection& connection, StoreReport& report)
      : Findings(report), connection_(connection) {}

  void run() {
    guarded(FindingKind::Blob, "", [&] { check_uses(); });
    for (const std::int64_t id : all_ids()) check_blob(id);
  }

 private:
  // Each use of a run that is there, with the blob that it is of.
  void check_uses() {
    Statement statement = connection_.prepare(
        "SELECT blob_uses.run, blob_uses.checksum, blobs.hash, runs.run_id, blobs.id FROM "
        "blob_uses "
        "LEFT JOIN blobs ON blobs.id = blob_uses.blob JOIN runs ON runs.id = blob_uses.run");
    Cursor found = statement.query();
    while (found.next()) {
      std::string name;
      guarded(FindingKind::Blob, name, [&] {
        name = found.blob(3);
        if (!found.optional_number(4)) {
          throw FormatError(fmt::format("run \"{}\": a blob that it uses is not there", name));
        }
        const std::int64_t run = found.number(0);
        if (found.number(1) != blob_use_checksum(digest_of(found.blob(2)), run)) {
          throw FormatError(fmt::format("run \"{}\": its use of a blob is damaged", name));
        }
      });
    }
  }

  std::vector<std::int64_t> all_ids() {
    std::vector<std::int64_t> ids;
    guarded(FindingKind::Blob, "", [&] {
      Statement statement = connection_.prepare("SELECT id FROM blobs INDEXED BY blobs_by_hash");
      Cursor blob = statement.query();
      while (blob.next()) ids.push_back(blob.number(0));
    });
    return ids;
  }

  // Damage is a finding of each run that uses it.
  void check_blob(std::int64_t id) {
    ++report_.blobs;
    std::string damage;
    try {
      Cursor found = blob_.query(id);
      if (!found.next()) throw FormatError("is only in an index");
      const Digest hash = digest_of(found.blob(0));
      if (hash_of(found.blob(1)) != hash) damage = hex(hash) + " is not what was written";
    } catch (const SqliteError& error) {
      if (!error.is_corruption()) throw;
      damage = fmt::format("number {}: {}", id, error.what());
    } catch (const FormatError& error) {
      damage = fmt::format("number {}: {}", id, error.what());
    }
    bool used = false;
    guarded(FindingKind::Blob, "", [&] {
      Cursor user = users_.query(id);
      for (; user.next(); used = true) {
        if (damage.empty()) continue;
        add(FindingKind::Blob, user.blob(0),
            fmt::format("run \"{}\": its blob {}", user.blob(0), damage));
      }
    });
    if (!used) add(FindingKind::Dangling, "", fmt::format("blob number {} is used by no run", id));
  }

  Connection& connection_;
  Statement blob_ = connection_.prepare("SELECT hash, bytes FROM blobs WHERE id = ?1");
  Statement users_ = connection_.prepare(
      "SELECT runs.run_id FROM blob_uses INDEXED BY blob_uses_by_blob "
      "JOIN runs ON runs.id = blob_uses.run WHERE blob = ?1");
};

}  // namespace

void examine_blobs(Connection& connection, StoreReport& report) {
  BlobExamination(connection, report).run();
}

}  // namespace durasim::inline v0::store::sqlite
