// Threads take the next seed each until there is none, or one has failed and that is enough.
#include "dst/hunt.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

namespace durasim::inline v0::dst {

namespace {

SeedResult run_seed(std::uint64_t seed, const HuntOptions& options) {
  const auto run = [&] { return Simulation(seed, options.make_machine, options.blobs).run(); };
  SeedResult result = run();
  if (!result.failure && seed % 100 == 0 && run().trace != result.trace)
    result.failure = "the seed is not repeatable: a second run did something else";
  return result;
}

}  // namespace

HuntResult hunt(const HuntOptions& options, HuntProgress& progress,
                const std::function<void(const FailedSeed&)>& on_failure) {
  HuntResult result;
  std::mutex mutex;
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> enough = false;
  const std::uint64_t total = options.first.size() + options.seeds;
  const auto work = [&] {
    select_mutant(options.mutant);
    for (std::uint64_t i = next++; i < total && !enough; i = next++) {
      const std::uint64_t seed =
          i < options.first.size() ? options.first[i] : options.from + (i - options.first.size());
      const SeedResult one = run_seed(seed, options);
      const std::lock_guard lock(mutex);
      ++result.seeds;
      ++progress.done;
      result.statistics.add(one.statistics);
      if (!one.failure) continue;
      ++progress.failed;
      result.failures.push_back({seed, *one.failure, one.faults});
      on_failure(result.failures.back());
      if (options.stop_at_first) enough = true;
    }
    select_mutant(std::nullopt);
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  std::ranges::sort(result.failures, {}, &FailedSeed::seed);
  return result;
}

}  // namespace durasim::inline v0::dst
