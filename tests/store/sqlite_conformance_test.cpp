// The SQLite store keeps the contract of every store, with both durabilities, on real files.
#include "durasim/store/sqlite.hpp"
#include "durasim/testing/store_conformance.hpp"

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;
using durasim_test::TemporaryFolder;

namespace {

void check_conformance(Durability durability) {
  const TemporaryFolder folder;
  int stores = 0;
  SqliteOptions options;
  options.durability = durability;
  options.checkpoint_pages = 100;  // so that the longer checks checkpoint within commits
  std::size_t passed = 0;
  const auto failures = store_conformance(
      {[&] {
         options.path = folder.file("store " + std::to_string(++stores) + ".db");
         return std::make_unique<SqliteStore>(options);
       },
       [&](std::unique_ptr<Store> store) {
         store.reset();
         return std::make_unique<SqliteStore>(options);
       }},
      [&](const CheckResult& result) { passed += result.outcome == CheckOutcome::Passed; });
  for (const CheckResult& failure : failures) FAIL_CHECK(failure.check << ": " << failure.message);
  CHECK(passed == store_conformance_checks().size());
}

}  // namespace

TEST_CASE("a store that survives power loss conforms") {
  check_conformance(Durability::PowerLoss);
}

TEST_CASE("a store that survives its process conforms") {
  check_conformance(Durability::ProcessCrash);
}
