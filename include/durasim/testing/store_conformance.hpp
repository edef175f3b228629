// The contract of store/store.hpp as an executable suite: every sentence a named check, for any
// store and any test framework. It finds what one caller can see; crashes and power loss need the
// store's own disk (testing/simulated_disk.hpp).
#pragma once

#include "durasim/store/store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace durasim::inline v0::testing {

struct StoreUnderTest {
  // Makes an empty store, called once for each check.
  std::function<std::unique_ptr<store::Store>()> create;
  // Ends the store as the death of its process would (no clean-up beyond its destructor) and opens
  // what it left. Empty for stores that end with their process: checks that need it are skipped.
  std::function<std::unique_ptr<store::Store>(std::unique_ptr<store::Store>)> reopen;
};

enum class CheckOutcome { Passed, Failed, Skipped };

struct CheckResult {
  std::string check;
  CheckOutcome outcome{};
  std::string message;  // of a failure: what was expected and what came
};

// Called after each check.
using CheckReporter = std::function<void(const CheckResult&)>;

// Names of all checks, in the order in which they run.
[[nodiscard]] DURASIM_EXPORT std::vector<std::string> store_conformance_checks();

// Runs every check and returns those that failed; an exception of the store is a failure of the
// check that met it. Uses no clock and no randomness; takes a few hundred commits.
[[nodiscard]] DURASIM_EXPORT std::vector<CheckResult> store_conformance(
    const StoreUnderTest& subject, const CheckReporter& report = {});

}  // namespace durasim::inline v0::testing
