// Runs the checks of the conformance suite, each on a store of its own.
#include "durasim/testing/store_conformance.hpp"

#include "testing/conformance_check.hpp"

#include <array>

namespace durasim::inline v0::testing {

using namespace store;

namespace {

std::array<std::span<const NamedCheck>, 4> all_checks() {
  return {write_checks(), read_checks(), whole_store_checks(), blob_checks()};
}

CheckResult run_one(const NamedCheck& check, const StoreUnderTest& subject) {
  CheckResult result{std::string(check.name), CheckOutcome::Failed, {}};
  if (check.needs_reopen && !subject.reopen) {
    result.outcome = CheckOutcome::Skipped;
    return result;
  }
  try {
    Check context(subject);
    check.run(context);
    result.outcome = CheckOutcome::Passed;
  } catch (const CheckFailed& failed) {
    result.message = failed.message;
  } catch (const std::exception& error) {
    result.message = std::string("unexpected exception: ") + error.what();
  }
  return result;
}

}  // namespace

void Check::rejected(const std::vector<Transition>& group, std::string_view what) {
  const Picture before = picture();
  try {
    store_->commit(group);
  } catch (const StoreRejected&) {
    expect(picture() == before, std::string("a rejected commit changed the store: ").append(what));
    return;
  } catch (const std::exception& error) {
    throw CheckFailed{std::string("StoreRejected expected for ").append(what) + ", got " +
                      error.what()};
  }
  throw CheckFailed{std::string("not rejected: ").append(what)};
}

std::vector<std::string> store_conformance_checks() {
  std::vector<std::string> names;
  for (const auto checks : all_checks()) {
    for (const NamedCheck& check : checks) names.emplace_back(check.name);
  }
  return names;
}

std::vector<CheckResult> store_conformance(const StoreUnderTest& subject,
                                           const CheckReporter& report) {
  std::vector<CheckResult> failures;
  for (const auto checks : all_checks()) {
    for (const NamedCheck& check : checks) {
      CheckResult result = run_one(check, subject);
      if (report) report(result);
      if (result.outcome == CheckOutcome::Failed) failures.push_back(std::move(result));
    }
  }
  return failures;
}

}  // namespace durasim::inline v0::testing
