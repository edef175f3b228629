// Seeds one after the other; a failed one again, with a journal.
#include "durasim/testing/explorer.hpp"

#include "testing/explored_seed.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

namespace durasim::inline v0::testing {

namespace {

constexpr const char* kSeedVariable = "DURASIM_SEED";

// What the environment asks for, if it does.
std::optional<std::uint64_t> asked_seed() {
  const char* text = std::getenv(kSeedVariable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  const std::string_view digits(text);
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw InvalidArgument(fmt::format("{} is not the number of a seed: {}", kSeedVariable, text));
  return seed;
}

void check_options(const ExplorerOptions& options) {
  if (options.seeds == 0) throw InvalidArgument("explorer: seeds must be 1 or more");
  if (options.steps == 0 || options.steps > 1'000'000)
    throw InvalidArgument("explorer: steps must be between 1 and 1000000");
  if (options.finish_within <= Duration::zero())
    throw InvalidArgument("explorer: finish_within must be longer than nothing");
}

}  // namespace

InvariantViolated::~InvariantViolated() = default;

Explorer::Explorer(ExplorerOptions options) : options_(options) {
  check_options(options_);
}

ExplorationReport Explorer::run(const std::function<void(Exploration&)>& setup) const {
  ExplorationReport report;
  const std::optional<std::uint64_t> asked = asked_seed();
  const std::uint64_t first = asked.value_or(options_.first_seed);
  const std::uint64_t count = asked ? 1 : options_.seeds;
  report.trace = 0xcbf29ce484222325ULL;
  for (std::uint64_t i = 0; i < count && !report.failure; ++i) {
    const std::uint64_t seed = first + i;
    SeedResult result;
    {
      ExploredSeed one(seed, options_, setup, false);
      result = one.run();
      one.count(report);
    }
    report.trace = (report.trace ^ result.trace) * 0x100000001b3ULL;
    if (!result.failure && i % 100 != 0) continue;
    ExploredSeed again(seed, options_, setup, true);
    const SeedResult second = again.run();
    if (second.trace != result.trace || second.failure != result.failure) {
      result.failure = fmt::format(
          "the seed is not repeatable, so that something outside of it plays a part (a clock, a "
          "random number, a world that setup does not make anew): first \"{}\", then \"{}\"",
          result.failure.value_or("no failure"), second.failure.value_or("no failure"));
    }
    if (result.failure)
      report.failure = {seed, *result.failure, again.take_journal(), again.runs()};
  }
  if (report.failure && options_.print) {
    const std::string text = report.to_text();
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  return report;
}

}  // namespace durasim::inline v0::testing
