// What durasim-dst tells people and programs: progress, failures with the command that repeats
// them, and the summary.
#pragma once

#include "durasim/core/time.hpp"

#include "dst/hunt.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace durasim::inline v0::dst {

// Below, `options` are those that a seed needs to be repeated, each with a space before it.

// Shows progress on standard error while it lives: a bar with rate and ETA on a terminal, a line
// every few seconds elsewhere.
class ProgressPrinter {
 public:
  ProgressPrinter(const HuntProgress& progress, std::uint64_t total, std::string label);
  ~ProgressPrinter();
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;
  // On standard output, between two looks at the progress.
  void print_failure(const FailedSeed& failed, const std::string& options);

 private:
  void watch(const std::stop_token& stop);
  void show();

  const HuntProgress& progress_;
  std::uint64_t total_;
  std::string label_;
  bool terminal_;
  SteadyTime start_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

void print_summary(const HuntResult& result, Seconds seconds);
void print_json(const HuntResult& result, const std::string& options, Seconds seconds);
void print_mutant(const MutantInfo& info, const HuntResult& result);

}  // namespace durasim::inline v0::dst
