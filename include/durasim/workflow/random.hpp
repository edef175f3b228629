// Random numbers for workflow code: the same for the same run on every machine and at every replay.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/ids.hpp"

#include <cstdint>
#include <limits>

namespace durasim::inline v0 {

// SplitMix64 (Steele, Lea and Flood 2014), fixed for ever, since histories are replayed with it. A
// UniformRandomBitGenerator; but the standard's distributions differ between libraries, so that
// code that must replay elsewhere uses below() and uniform(). Not for secrets. Not thread-safe.
class DURASIM_EXPORT WorkflowRandom final : public RandomSource {
 public:
  using result_type = std::uint64_t;
  explicit WorkflowRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;
  std::uint64_t operator()() { return next(); }
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }
  // Uniform in [0, bound), without bias. Throws InvalidArgument for 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1), a multiple of 2^-53.
  double uniform();

 private:
  std::uint64_t state_;
};

}  // namespace durasim::inline v0
