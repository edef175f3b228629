// The fault store fails the commits that it was told to fail, in the way asked for, and no others.
#include "durasim/testing/fault_store.hpp"

#include "durasim/store/memory.hpp"

#include "testing/store_rows.hpp"

#include <doctest/doctest.h>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

TEST_CASE("each armed commit fails once, in its own way") {
  FaultStore store(std::make_unique<MemoryStore>());
  store.fail_commit(2, CommitFault::Rejected);
  store.fail_commit(3, CommitFault::UnknownNotApplied);
  store.fail_commit(4, CommitFault::Throws);
  store.fail_commit(5, CommitFault::UnknownApplied);
  const auto commit = [&](const Transition& transition) { store.commit({&transition, 1}); };
  commit(start_of("a", "id a"));
  const Transition b = start_of("b", "id b");
  CHECK_THROWS_AS(commit(b), StoreRejected);
  CHECK_THROWS_AS(commit(b), StoreUnknown);
  CHECK_THROWS_AS(commit(b), IoError);
  CHECK_FALSE(store.run("b").has_value());
  CHECK_THROWS_AS(commit(b), StoreUnknown);
  CHECK(store.run("b") == b.run);
  commit(start_of("c", "id c"));
  CHECK(store.commits() == 6);
  CHECK(store.faults() == 4);
  store.fail_commit(1, CommitFault::Rejected);
  CHECK_THROWS_AS(commit(start_of("d", "id d")), StoreRejected);
}

TEST_CASE("an unknown commit that the store inside refuses is rejected") {
  FaultStore store(std::make_unique<MemoryStore>());
  store.fail_commit(1, CommitFault::UnknownApplied);
  const Transition stale = after(start_of("a", "id"));
  CHECK_THROWS_AS(store.commit({&stale, 1}), StoreRejected);
}

TEST_CASE("what makes no sense is refused") {
  CHECK_THROWS_AS(FaultStore{nullptr}, InvalidArgument);
  FaultStore store(std::make_unique<MemoryStore>());
  CHECK_THROWS_AS(store.fail_commit(0, CommitFault::Rejected), InvalidArgument);
}
