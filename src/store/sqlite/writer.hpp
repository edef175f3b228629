// The one connection that writes: each group of changes is one transaction, which also raises the
// commit number under the owner's epoch, and whose end is one of three: durable, provably not
// applied, or unknown.
#pragma once

#include "durasim/store/sqlite.hpp"

#include "store/sqlite/connection.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/side_files.hpp"
#include "store/sqlite/write_ahead_log.hpp"

#include <atomic>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace durasim::inline v0::store::sqlite {

class Writer {
 public:
  // The database has its schema and belongs to this owner: `head` is what it says. Borrows all.
  Writer(Connection& connection, MarkFile& mark, Ballast& ballast, const Head& head);

  // Throw as Store's; StoreRejected when `refused` says why.
  void commit(std::span<const Transition> transitions);
  void remove(std::string_view run_id);

  // Whether this owner may still write; asked before every checkpoint: two that checkpoint lose
  // commits. Throws SqliteError.
  [[nodiscard]] bool is_owner();
  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }
  // Writes nothing from now on, and lets the next owner know that it cannot trust what it reads.
  void give_up(const std::string& why);
  // Why nothing can be written any more; empty while it can.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  // Another owner has the store: not even its side files may be touched.
  [[nodiscard]] bool superseded() const { return superseded_; }

 private:
  // A run as the database has it: 0 and nothing if it is not there.
  struct Before {
    std::int64_t id = 0;
    RunRow row;  // without state and checksum
  };
  enum class Outcome { Durable, Doubtful };

  template <class Change>
  void transact(const Change& change);
  template <class Change>
  Outcome attempt(const Change& change);
  void write_head(const Head& next);
  void note_superseded();
  [[noreturn]] void refuse(const std::string& why);
  [[nodiscard]] bool leaves_doubt(int code) const;
  [[nodiscard]] bool dispels_doubt();

  Before& look_up(std::string_view run_id);
  void remember(Before& before, std::int64_t id, const RunRow& row);
  void apply(const Transition& transition, Head& next);
  void check_current(const Transition& transition, std::int64_t run);
  std::int64_t insert_run(const RunRow& row);
  void update_run(const Before& before, const RunRow& row);
  void make_current(std::string_view workflow_id, std::int64_t run);
  void write_batches(const Transition& transition, std::int64_t run);
  void write_tasks(const Transition& transition, std::int64_t run);
  void write_requests(const Transition& transition);
  void write_blobs(const Transition& transition, std::int64_t run);
  std::int64_t put_blob(const BlobRow& blob);
  void delete_run(std::string_view run_id, Head& next);

  Connection& connection_;
  MarkFile& mark_;
  Ballast& ballast_;
  Head head_;
  // Open runs that were written lately, by run id: what this connection wrote nobody else has
  // changed. Forgotten with a transaction that fails.
  std::unordered_map<std::string, Before> known_;
  std::string digest_input_;
  std::uint64_t repeated_ = 0;
  bool disk_full_ = false;                // was the reason of the last failure
  std::atomic<bool> superseded_ = false;  // read beside a commit
  std::string refusal_;
  std::string doubt_;
  bool unsynced_ = false;  // something else than a write has failed in doubt, as a sync

  struct Statements {
    explicit Statements(const Connection& connection);
    Statement update_head;
    Statement read_epoch;
    Statement find_run;
    Statement find_current;
    Statement insert_run;
    Statement update_run;
    Statement update_run_due;
    Statement update_run_status;
    Statement put_current;
    Statement insert_batch;
    Statement delete_task;
    Statement put_task;
    Statement insert_request;
    Statement find_blob;
    Statement insert_blob;
    Statement replace_blob;
    Statement insert_blob_use;
    Statement delete_blobs_of;
    Statement delete_blob_uses_of;
    Statement delete_tasks_of;
    Statement delete_history_of;
    Statement delete_requests_of;
    Statement delete_current;
    Statement latest_of_workflow;
    Statement delete_run;
  };
  Statements statements_;
};

}  // namespace durasim::inline v0::store::sqlite
