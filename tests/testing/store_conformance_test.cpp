// The stores of durasim that need no disk pass the conformance suite, and every check of the suite
// fails a store that breaks it.
#include "durasim/testing/store_conformance.hpp"

#include "durasim/store/memory.hpp"
#include "durasim/testing/fault_store.hpp"
#include "durasim/testing/log_store.hpp"

#include "testing/wrong_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

std::unique_ptr<Store> reopen_memory(std::unique_ptr<Store> store) {
  static_cast<MemoryStore&>(*store).reopen();
  return store;
}

void check_passes(const StoreUnderTest& subject) {
  std::size_t run = 0;
  const auto failures = store_conformance(subject, [&](const CheckResult& result) {
    ++run;
    CHECK(result.outcome == CheckOutcome::Passed);
  });
  for (const CheckResult& failure : failures) FAIL_CHECK(failure.check << ": " << failure.message);
  CHECK(run == store_conformance_checks().size());
}

// A log store with the disk that it lives on.
class OwnDisk {
 public:
  std::unique_ptr<Store> create() {
    disk_ = std::make_unique<SimulatedDisk>(7);
    return std::make_unique<LogStore>(*disk_);
  }
  std::unique_ptr<Store> reopen(std::unique_ptr<Store> store) {
    store.reset();
    disk_->crash(Crash::ProcessKill);
    return std::make_unique<LogStore>(*disk_);
  }

 private:
  std::unique_ptr<SimulatedDisk> disk_;
};

}  // namespace

TEST_CASE("the memory store passes") {
  check_passes({[] { return std::make_unique<MemoryStore>(); }, reopen_memory});
}

TEST_CASE("the log store passes") {
  OwnDisk disk;
  check_passes({[&] { return disk.create(); },
                [&](std::unique_ptr<Store> store) { return disk.reopen(std::move(store)); }});
}

TEST_CASE("a fault store without faults passes") {
  check_passes({[] { return std::make_unique<FaultStore>(std::make_unique<MemoryStore>()); },
                [](std::unique_ptr<Store> store) {
                  auto inner = static_cast<FaultStore&>(*store).release();
                  return std::make_unique<FaultStore>(reopen_memory(std::move(inner)));
                }});
}

TEST_CASE("checks that need to reopen are skipped where that is impossible, and say so") {
  std::size_t skipped = 0;
  const auto failures = store_conformance(
      {[] { return std::make_unique<MemoryStore>(); }, nullptr},
      [&](const CheckResult& result) { skipped += result.outcome == CheckOutcome::Skipped; });
  CHECK(failures.empty());
  CHECK(skipped == 3);
}

TEST_CASE("every wrong store fails the check of the rule that it breaks") {
  std::set<std::string> proven;
  for (const WrongStoreKind& kind : wrong_stores()) {
    CAPTURE(kind.what);
    const auto failures =
        store_conformance({[&] { return std::make_unique<WrongStore>(kind.hooks); },
                           [&](std::unique_ptr<Store> store) {
                             static_cast<WrongStore&>(*store).reopen();
                             return store;
                           }});
    CHECK(
        std::ranges::any_of(failures, [&](const CheckResult& f) { return f.check == kind.check; }));
    proven.insert(std::string(kind.check));
  }
  for (const std::string& check : store_conformance_checks()) {
    CAPTURE(check);
    CHECK(proven.contains(check));
  }
}
