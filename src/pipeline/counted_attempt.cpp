// Which failures count, and when there are too many.
#include "pipeline/counted_attempt.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/failure_message.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <variant>

namespace durasim::inline v0::pipeline {
namespace {

// In a row that get no further, before a run is given up.
constexpr int kMostAttempts = 20;

// Somebody stopped it, or a disk or a store was not there: that may be often and for long, and says
// nothing of the scene.
bool comes_from_outside(const std::exception& error) {
  return is_canceled(std::current_exception()) ||
         dynamic_cast<const CancelledError*>(&error) != nullptr ||
         dynamic_cast<const IoError*>(&error) != nullptr ||
         dynamic_cast<const UnavailableError*>(&error) != nullptr;
}

// An attempt that nobody hears any more may still have it, until its disk or its store answers.
RunFolder claim_folder(const std::string& path) {
  try {
    return RunFolder(path);
  } catch (const UnavailableError& taken) {
    throw ApplicationFailure(taken.what(), {.type = "durasim::UnavailableError",
                                            .next_retry_delay = std::chrono::seconds(10)});
  }
}

// The exception that is being handled, of the last attempt.
[[noreturn]] void fail_for_good() {
  proto::Failure failure = to_failure(std::current_exception());
  if (auto* info = std::get_if<proto::ApplicationFailureInfo>(&failure.info))
    info->non_retryable = true;
  throw_failure(std::move(failure));
}

}  // namespace

CountedAttempt::CountedAttempt(const std::string& folder)
    : folder_(claim_folder(folder)), attempts_(folder_.begin_attempt()) {
  if (attempts_.count <= kMostAttempts) return;
  folder_.forget_attempts();  // a run may go on without its video
  throw ApplicationFailure(
      fmt::format("the simulation died {} times at step {} without getting further", kMostAttempts,
                  attempts_.step),
      {.type = "ProcessLost", .non_retryable = true});
}

void CountedAttempt::fail(const std::exception& error) {
  if (comes_from_outside(error)) {
    folder_.forget_attempt();
  } else if (attempts_.count == kMostAttempts) {
    folder_.forget_attempts();
    fail_for_good();
  }
  throw;
}

}  // namespace durasim::inline v0::pipeline
