// Transactions and their three ends. What they change: writer_changes.cpp.
//
// What SQLite 3.40 does, and what follows from it: an error at COMMIT rolls the live connection
// back. After a failed sync, or an error behind it, the frames in the log can be read as a commit,
// by the next process; after a failed write only when it had nothing left to write. Where they
// cannot, nothing was applied. Whatever is written next overwrites them, from the place in the log
// where the last good commit ended: the same group again makes the same pages dirty anew, and a
// sync that then succeeds covers them. What only ever failed to be written is made unreadable in
// the end, which says for certain that it is not there.
#include "store/sqlite/writer.hpp"

#include "durasim/core/sha256.hpp"

#include "mutants/mutants.hpp"
#include "store/sqlite/log_tail.hpp"
#include "store/sqlite/write_ahead_log.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace durasim::inline v0::store::sqlite {

namespace {

constexpr int kAttempts = 3;

bool is_failed_write(int code) {
  return (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_WRITE;
}

}  // namespace

Writer::Writer(Connection& connection, MarkFile& mark, Ballast& ballast, const Head& head)
    : connection_(connection),
      mark_(mark),
      ballast_(ballast),
      head_(head),
      statements_(connection) {}

// At COMMIT. Only errors that are known to come before the end of the commit is in the log are free
// of doubt; of all others SQLite may say one thing and the log another. Of a failed write, which
// may have been the last one, the log is asked: it is reused, and what the write lacks may stand
// there already.
bool Writer::leaves_doubt(int code) const {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CONSTRAINT:
    case SQLITE_READONLY:
    case SQLITE_TOOBIG:
      return false;
    default:
      break;
  }
  return !is_failed_write(code) || !overwrites_are_safe(connection_) ||
         may_hold_unknown_commit(connection_);
}

// A full disk can cut a commit off where nothing but zeros are missing, as often as it is tried.
// Only after failed writes: what a failed sync has left is not known well enough to be erased.
bool Writer::dispels_doubt() {
  if (superseded_ || unsynced_ || !overwrites_are_safe(connection_) ||
      !erase_unknown_commit(connection_))
    return false;
  mark_.write({head_.commit_number, head_.chain, false});
  return true;
}

void Writer::refuse(const std::string& why) {
  throw StoreRejected(fmt::format("nothing was written: {}", why));
}

// One transaction. Throws when nothing was applied and none before it is in doubt.
template <class Change>
Writer::Outcome Writer::attempt(const Change& change) {
  Head next = head_;
  ++next.commit_number;
  bool committing = false;
  disk_full_ = false;
  try {
    Transaction transaction(connection_);
    digest_input_.assign(as_text(head_.chain));
    change(next);
    next.chain = Sha256().update(as_bytes(digest_input_)).finish_bytes();
    write_head(next);
    committing = true;
    transaction.commit();
  } catch (const SqliteError& error) {
    known_.clear();
    disk_full_ = error.is_disk_full();
    if (doubt_.empty() && !(committing && leaves_doubt(error.code()))) refuse(error.what());
    if (mutant(MutantId::SqliteAckBeforeCommit)) return Outcome::Durable;
    doubt_ = error.what();
    unsynced_ |= !is_failed_write(error.code());
    return Outcome::Doubtful;
  } catch (const std::exception& error) {
    known_.clear();
    if (doubt_.empty()) throw;
    doubt_ = error.what();
    unsynced_ = true;
    return Outcome::Doubtful;
  }
  head_ = next;
  mark_.write({head_.commit_number, head_.chain, false});
  return Outcome::Durable;
}

template <class Change>
void Writer::transact(const Change& change) {
  if (!refusal_.empty()) throw StoreRejected(refusal_);
  doubt_.clear();
  unsynced_ = false;
  for (int left = kAttempts; left > 0; --left) {
    if (attempt(change) == Outcome::Durable) return;
    if (superseded_) break;
    // Survives the process: should it die now, the next owner copies the store before it believes
    // what it reads.
    mark_.write({head_.commit_number, head_.chain, true});
    ++repeated_;
  }
  if (dispels_doubt()) refuse(doubt_);
  if (refusal_.empty()) {
    refusal_ = fmt::format(
        "the store is read-only since a commit could not be synced; reopen it ({})", doubt_);
  }
  throw StoreUnknown(fmt::format(
      "nobody can say whether this commit is durable, the store is read-only now: {}", doubt_));
}

void Writer::give_up(const std::string& why) {
  refusal_ = fmt::format("the store is read-only, reopen it: {}", why);
  mark_.write({head_.commit_number, head_.chain, true});
}

void Writer::note_superseded() {
  superseded_ = true;
  refusal_ = fmt::format(
      "another process has taken the store over since this one opened it (epoch {}, commit {}); "
      "nothing can be written here any more",
      head_.epoch, head_.commit_number);
}

bool Writer::is_owner() {
  if (mutant(MutantId::SqliteEpochUnchecked)) return true;
  if (!refusal_.empty()) return false;
  Cursor row = statements_.read_epoch.query();
  if (!row.next() || row.number(0) != head_.epoch) note_superseded();
  return refusal_.empty();
}

void Writer::write_head(const Head& next) {
  if (mutant(MutantId::SqliteEpochUnchecked)) return;
  const int changed = statements_.update_head.run(
      next.commit_number, next.chain, number_of(next.last_time), std::int64_t{checksum_of(next)},
      head_.epoch, head_.commit_number);
  if (changed == 1) return;
  note_superseded();
  throw StoreRejected(refusal_);
}

void Writer::commit(std::span<const Transition> transitions) {
  if (transitions.empty()) return;
  transact([&](Head& next) {
    for (const Transition& transition : transitions) apply(transition, next);
  });
}

// Deleting needs space in the log before it frees any in the database: with a full disk it takes
// the ballast's.
void Writer::remove(std::string_view run_id) {
  const auto change = [&](Head& next) { delete_run(run_id, next); };
  try {
    transact(change);
  } catch (const StoreRejected&) {
    if (!disk_full_ || !ballast_.release()) throw;
    transact(change);
  }
}

}  // namespace durasim::inline v0::store::sqlite
