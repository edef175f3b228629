// Deliberate bugs, to prove that the simulator and the crash tests find them. They exist only in
// copies of the sources that are compiled with DURASIM_MUTANTS; in the libraries mutant() is a
// constant false, and no name below leaves a trace. A new one: a line in the list, and `if
// (mutant(MutantId::X))` where the bug would be.
#pragma once

#ifdef DURASIM_MUTANTS
#include <optional>
#include <span>
#include <string_view>
#endif

// X(enumerator, "name on the command line", "what is wrong")
// clang-format off
#define DURASIM_MUTANT_LIST(X)                                                                     \
  X(NoReorder, "outcomes-not-reordered", "buffered outcomes stay in order of arrival")             \
  X(DropBufferedOnClose, "close-drops-buffered", "closing from outside forgets events")            \
  X(ForgetTaskAfterBuffered, "no-task-after-buffered", "events during a task wake nobody")         \
  X(SignalWakesNobody, "signal-wakes-nobody", "a signal schedules no workflow task")               \
  X(CancelTwice, "cancel-twice", "a second cancel request is recorded again")                      \
  X(CancelNotDelivered, "cancel-not-delivered", "a running activity is never told")                \
  X(TimerRowForgotten, "timer-row-forgotten", "a timer is in history but has no row")              \
  X(CloseOverUnseen, "close-over-unseen", "a run closes over events that its code has not seen")   \
  X(StaleAttemptAccepted, "stale-attempt-accepted", "the result of an earlier attempt counts")     \
  X(AttemptNotDurable, "attempt-not-durable", "user code runs before its attempt is durable")      \
  X(CompletionNotFenced, "completion-not-fenced", "an activity can complete twice")                \
  X(HeartbeatLostOnRetry, "heartbeat-lost-on-retry", "retries get no heartbeat details")           \
  X(TimeoutNotConverted, "timeout-not-converted", "last timeouts keep their type")                 \
  X(RetriesNonRetryable, "retries-non-retryable", "every failure is retried")                      \
  X(OneAttemptTooMany, "one-attempt-too-many", "maximum_attempts is exceeded by one")              \
  X(RetryPastDeadline, "retry-past-deadline", "a retry starts after schedule-to-close")            \
  X(HeartbeatFromStart, "heartbeat-from-start", "heartbeats do not extend the heartbeat timeout")  \
  X(TimerEarly, "timer-early", "timers fire up to 50 ms early")                                    \
  X(LostAttemptsIgnored, "lost-attempts-ignored", "attempts that died with their process stay")    \
  X(StaleTaskAccepted, "stale-task-accepted", "a workflow task of an earlier state counts")        \
  X(SignalNotDeduplicated, "signal-not-deduplicated", "a repeated signal is recorded again")       \
  X(AckBeforeCommit, "ack-before-commit", "calls are acknowledged before they are durable")        \
  X(UnknownTakenAsRejected, "unknown-taken-as-rejected", "unknown is called not applied")          \
  X(ActivityBeforeCommit, "activity-before-commit", "user code runs before its start is durable")  \
  X(TimeNotNoted, "time-not-noted", "a restart may begin at an earlier time than was used")        \
  X(QuerySeesOldState, "query-sees-old-state", "a query does not wait for a pending task")         \
  X(CacheNotEvicted, "cache-not-evicted", "code in memory survives a commit that failed")          \
  X(AnnouncementLost, "announcement-lost", "a task whose run can't be read is forgotten")          \
  X(EndedTaskHeld, "ended-task-held", "a task that ended without its worker stays the worker's")   \
  X(FailedRecoveryTaken, "failed-recovery-taken", "a recovery that was not written counts")        \
  X(AckBeforeSync, "store-ack-before-sync", "a commit is acknowledged without a sync")             \
  X(HalfGroupCommit, "store-half-group", "recovery replays a group whose end is missing")          \
  X(AckFromReread, "store-ack-from-reread", "after a failed sync the bytes read back count")       \
  X(TornCommitAccepted, "store-torn-commit", "recovery takes a commit frame without its CRC")      \
  X(VersionUnchecked, "store-version-unchecked", "a transition from a stale version is written")   \
  X(SqliteNoFsync, "sqlite-no-fsync", "SQLite syncs nothing")                                      \
  X(SqliteAckBeforeCommit, "sqlite-ack-before-commit", "a commit in doubt is acknowledged")        \
  X(SqliteLogBelieved, "sqlite-log-believed", "a log that is found is not written again")          \
  X(SqliteMarkIgnored, "sqlite-mark-ignored", "a database behind its mark is taken")               \
  X(SqliteCutCheckpoint, "sqlite-cut-checkpoint", "a cut checkpoint's pages are not synced")       \
  X(SqliteEpochUnchecked, "sqlite-epoch-unchecked", "an owner that was superseded writes on")
// clang-format on

namespace durasim::inline v0 {

enum class MutantId {
#define DURASIM_MUTANT_ENUMERATOR(id, name, text) id,
  DURASIM_MUTANT_LIST(DURASIM_MUTANT_ENUMERATOR)
#undef DURASIM_MUTANT_ENUMERATOR
};

#ifdef DURASIM_MUTANTS

struct MutantInfo {
  MutantId id;
  std::string_view name;
  std::string_view description;
};

[[nodiscard]] std::span<const MutantInfo> all_mutants();
// Switches one on (or all off) for the calling thread.
void select_mutant(std::optional<MutantId> id);
[[nodiscard]] bool mutant(MutantId id);

#else

[[nodiscard]] constexpr bool mutant(MutantId /*id*/) {
  return false;
}

#endif

}  // namespace durasim::inline v0
