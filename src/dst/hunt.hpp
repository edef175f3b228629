// Runs many seeds on several threads, with a mutant or without, and tells how it goes.
#pragma once

#include "dst/simulation.hpp"
#include "mutants/mutants.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::dst {

struct HuntOptions {
  std::uint64_t from = 1;
  std::uint64_t seeds = 100;
  std::vector<std::uint64_t> first;  // run before the range
  unsigned jobs = 1;
  std::optional<MutantId> mutant;
  MachineFactory make_machine = testing::make_log_machine;
  bool blobs = false;  // see Simulation
  bool stop_at_first = false;
};

struct FailedSeed {
  std::uint64_t seed = 0;
  std::string why;
  std::string faults;  // its rates
};

struct HuntResult {
  std::uint64_t seeds = 0;
  std::vector<FailedSeed> failures;  // by seed
  Statistics statistics;
};

// For whoever shows progress: seeds done, failures so far.
struct HuntProgress {
  std::atomic<std::uint64_t> done = 0;
  std::atomic<std::uint64_t> failed = 0;
};

// Every hundredth seed is run twice; a trace that differs is a failure. `on_failure` is called on
// the threads, one at a time.
HuntResult hunt(const HuntOptions& options, HuntProgress& progress,
                const std::function<void(const FailedSeed&)>& on_failure);

}  // namespace durasim::inline v0::dst
