// An attempt at what must not be given up while it may still succeed: stepping, uploads, the
// result. What a disk or a store refuses is waited for without end. Deaths of the process and all
// other failures are counted in the run's folder, so that they end it.
#pragma once

#include "pipeline/run_folder.hpp"

#include <exception>
#include <string>

namespace durasim::inline v0::pipeline {

class CountedAttempt {
 public:
  // Takes the run's folder, and counts. Throws ApplicationFailure: another attempt still has it, or
  // the last attempts that were allowed have died.
  explicit CountedAttempt(const std::string& folder);

  [[nodiscard]] RunFolder& folder() { return folder_; }
  // What failed on the way does not count against what comes next.
  void succeed() { folder_.forget_attempts(); }
  // Ends by the exception that is being handled: for good, if there are to be no more attempts.
  [[noreturn]] void fail(const std::exception& error);

 private:
  RunFolder folder_;
  RunFolder::Attempts attempts_;
};

// Does the work in the run's folder, which it gets.
template <class Work>
auto counted_attempt(const std::string& folder, const Work& work) {
  CountedAttempt attempt(folder);
  try {
    auto made = work(attempt.folder());
    attempt.succeed();
    return made;
  } catch (const std::exception& error) {
    attempt.fail(error);
  }
}

}  // namespace durasim::inline v0::pipeline
