// How many seeds of the deterministic simulator one core runs in a second: CPU time of durasim-dst,
// which lies beside this program.
#include "durasim/core/error.hpp"
#include "durasim/core/process.hpp"

#include "bench.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace durasim::bench {
namespace {

double seeds_per_cpu_s(int seeds) {
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const ProcessOptions options{.program = (here / "durasim-dst").string(),
                               .arguments = {"--seeds", std::to_string(seeds), "--jobs", "1"},
                               .deadline = Seconds(300)};
  const double before = children_cpu_s();
  const ProcessResult result = PosixProcessRunner().run(options);
  if (result.outcome != ProcessOutcome::Exited || result.exit_code != 0) {
    throw Error(fmt::format("{}: {}\n{}", options.program, describe(result), result.error_tail));
  }
  return seeds / (children_cpu_s() - before);
}

}  // namespace

void bench_dst(BenchContext& context) {
  const std::string name = "engine/dst_seeds_per_s";
  if (!context.wants(name)) return;
  context.add_at_least(name, seeds_per_cpu_s(context.quick() ? 1000 : 5000), "1/s", 60);
}

}  // namespace durasim::bench
