// SplitMix64, and what is made of its words.
#include "durasim/workflow/random.hpp"

#include "durasim/core/error.hpp"

namespace durasim::inline v0 {

std::uint64_t WorkflowRandom::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t word = state_;
  word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
  word = (word ^ (word >> 27U)) * 0x94d049bb133111ebU;
  return word ^ (word >> 31U);
}

std::uint64_t WorkflowRandom::below(std::uint64_t bound) {
  if (bound == 0) throw InvalidArgument("WorkflowRandom::below: the bound must be at least 1");
  // Words under 2^64 mod bound would make small results likelier.
  const std::uint64_t skip = (0 - bound) % bound;
  std::uint64_t word = next();
  while (word < skip) word = next();
  return word % bound;
}

double WorkflowRandom::uniform() {
  return static_cast<double>(next() >> 11U) * 0x1p-53;
}

}  // namespace durasim::inline v0
