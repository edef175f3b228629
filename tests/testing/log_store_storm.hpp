// A storm for the log store: random groups of transitions, failing writes and syncs, a machine that
// stops in the middle of them and loses power in every way, and after each the question whether
// exactly what was acknowledged is there. Follows from its seed.
#pragma once

#include "durasim/store/memory.hpp"
#include "durasim/testing/log_store.hpp"

#include "testing/store_rows.hpp"

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace durasim::testing {

class Storm {
 public:
  explicit Storm(std::uint64_t seed) : random_(seed), disk_(random_()) {}

  // What went wrong, or nothing.
  std::optional<std::string> run(int steps) {
    try {
      open();
      for (int i = 0; i < steps; ++i) step();
    } catch (const Violation& violation) {
      return violation.what;
    } catch (const std::exception& error) {
      return std::string("unexpected: ") + error.what();
    }
    return std::nullopt;
  }

 private:
  struct Violation {
    std::string what;
  };
  using Group = std::vector<store::Transition>;

  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  // A transition of an open run or of a new one. `version_of`: runs that the group has changed
  // already.
  store::Transition random_transition(Group& group) {
    const auto runs = expected_.runs({.status = store::RunStatus::Running});
    store::Transition transition;
    const std::string fresh = "run " + std::to_string(next_run_);
    if (runs.empty() || one_in(3)) {
      ++next_run_;
      transition = start_of(fresh, "id of " + fresh, static_cast<std::int64_t>(next_run_));
      transition.requests = {request_of("id of " + fresh, "start", fresh)};
    } else {
      store::Transition before;
      before.run = runs[below(runs.size())];
      for (const store::Transition& t : group) {
        if (t.run.run_id == before.run.run_id) before.run = t.run;
      }
      if (before.run.status != store::RunStatus::Running) return random_transition(group);
      transition = one_in(4) ? close_after(before, 1000) : after(before);
    }
    const std::int64_t event = transition.run.next_event_id;
    transition.put_tasks = {task_of(transition.run.run_id, event, std::string(below(1500), 't'))};
    if (transition.run.status == store::RunStatus::Running) {
      add_events(transition, {std::string(below(1500), 'e')});
    }
    return transition;
  }

  Group random_group() {
    Group group;
    for (std::size_t left = below(4) + 1; left > 0; --left) {
      group.push_back(random_transition(group));
    }
    return group;
  }

  void arm_faults() {
    if (one_in(3)) disk_.stop_after(below(4));
    if (one_in(6)) disk_.fail_writes(below(2), testing::WriteFault::NoSpace);
    if (one_in(4)) {
      const testing::SyncFault faults[] = {testing::SyncFault::PagesDropped,
                                           testing::SyncFault::PagesKept,
                                           testing::SyncFault::PagesKeptUntilEvicted};
      disk_.fail_syncs(0, faults[below(3)], below(4) + 1);
    }
  }

  void step() {
    if (one_in(5)) offer_stale();
    arm_faults();
    const Group group = random_group();
    try {
      store_->commit(group);
      expected_.commit(group);
    } catch (const StoreRejected&) {  // provably not applied
    } catch (const StoreUnknown&) {
      return crash(group);
    } catch (const DiskStopped&) {
      return crash(group);
    }
    if (disk_.stopped() || one_in(4)) return crash({});
    disk_.crash(Crash::ProcessKill);  // disarms; the store that goes on does not notice
    if (one_in(8)) compare(expected_, "a living store");
  }

  void offer_stale() {
    const auto runs = expected_.runs({.status = store::RunStatus::Running});
    if (runs.empty()) return;
    store::Transition stale;
    stale.run = runs[below(runs.size())];
    stale.expected_version = stale.run.version - 1;
    try {
      store_->commit({&stale, 1});
    } catch (const StoreRejected&) {
      return;
    }
    throw Violation{"a transition built on a stale version was written"};
  }

  void compare(const store::Store& expected, const std::string& where) const {
    if (picture_of(*store_) != picture_of(expected)) {
      throw Violation{where + " does not hold what was acknowledged"};
    }
  }

  void open() {
    store_.reset();
    store_ = std::make_unique<LogStore>(disk_);
  }

  // The machine ends, perhaps again while the store recovers. Then all that was acknowledged has to
  // be there, and of the group in doubt all or nothing.
  void crash(const Group& in_doubt) {
    store_.reset();
    disk_.crash(kCrashes[below(kCrashes.size())]);
    while (one_in(3)) {
      disk_.stop_after(below(5));
      try {
        open();
        store_.reset();
      } catch (const DiskStopped&) {  // within the recovery
      }
      disk_.crash(kCrashes[below(kCrashes.size())]);
    }
    open();
    if (!in_doubt.empty() && store_->run(in_doubt[0].run.run_id) &&
        store_->run(in_doubt[0].run.run_id) != expected_.run(in_doubt[0].run.run_id)) {
      expected_.commit(in_doubt);
    }
    compare(expected_, "a recovered store");
    store_.reset();
    disk_.crash(Crash::DropAll);  // what a recovery has shown is durable
    open();
    compare(expected_, "a store that lost power after its recovery");
  }

  std::mt19937_64 random_;
  SimulatedDisk disk_;
  std::unique_ptr<LogStore> store_;
  store::MemoryStore expected_;
  std::uint64_t next_run_ = 0;
};

}  // namespace durasim::testing
