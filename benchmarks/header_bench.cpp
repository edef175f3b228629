// What durasim's headers cost a user: the compiler of this build compiles, at -O0, a file with one
// workflow and two activities, and one that includes only what such a file would include of the
// standard library anyway. CPU time of the compiler, which other load on the machine changes less
// than wall time.
#include "durasim/core/bytes.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/process.hpp"

#include "bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace durasim::bench {
namespace {

constexpr std::string_view kStandard = R"(
#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>
)";

constexpr std::string_view kUser = R"(
#include "durasim/activity/implementation.hpp"
#include "durasim/workflow/workflow.hpp"

struct DigestInput { std::string topic; int depth = 3; };
BOOST_DESCRIBE_STRUCT(DigestInput, (), (topic, depth))
struct Source { std::string title; std::vector<double> scores; std::optional<int> year; };
BOOST_DESCRIBE_STRUCT(Source, (), (title, scores, year))

inline constexpr durasim::WorkflowType<std::string(DigestInput)> research_digest{"ResearchDigest"};
inline constexpr durasim::Activity<std::vector<Source>(std::string, int)> find_sources{"find_sources"};
inline constexpr durasim::Activity<std::string(std::vector<Source>)> summarize{"summarize"};

using namespace std::chrono_literals;

durasim::Workflow<std::string> digest(durasim::WorkflowContext ctx, DigestInput in) {
  auto sources = co_await ctx.run(find_sources, in.topic, in.depth, {.start_to_close = 10min,
      .retry = {.initial_interval = 30s, .maximum_interval = 5min, .maximum_attempts = 3}});
  co_await ctx.sleep(2h);
  co_return co_await ctx.run(summarize, sources, {.start_to_close = 10min});
}

std::vector<durasim::ActivityImplementation> activities() {
  return {durasim::make_activity(find_sources, [](durasim::ActivityContext ctx, std::string topic, int depth) {
            ctx.heartbeat(depth);
            return std::vector<Source>{{.title = topic, .scores = {}, .year = {}}};
          }),
          durasim::make_activity(summarize, [](std::vector<Source> all) { return all.front().title; })};
}
durasim::WorkflowImplementation workflow() { return durasim::make_workflow(research_digest, digest); }
)";

double compile_cpu_s(std::string_view source) {
  const ProcessOptions options{.program = DURASIM_BENCH_COMPILER,
                               .arguments = {"-std=c++20", "-O0", "-I", DURASIM_BENCH_INCLUDE, "-x",
                                             "c++", "-c", "-", "-o", "/dev/null"},
                               .input = as_bytes(source),
                               .deadline = Seconds(300),
                               .max_file_bytes = std::uint64_t{1} << 30U,
                               .max_open_files = 1024};
  const double before = children_cpu_s();
  const ProcessResult result = PosixProcessRunner().run(options);
  if (result.outcome != ProcessOutcome::Exited || result.exit_code != 0) {
    throw Error(fmt::format("{} does not compile the benchmark's file: {}\n{}",
                            DURASIM_BENCH_COMPILER, describe(result), result.error_tail));
  }
  return children_cpu_s() - before;
}

}  // namespace

void bench_header(BenchContext& context) {
  const std::string name = "engine/header_compile_ms";
  if (!context.wants(name)) return;
  const std::string user = std::string(kStandard) + std::string(kUser);
  // The compiler does the same each time: what a compilation costs more than the cheapest is other
  // load on the machine. The least of each file is therefore nearer to its cost than a median, and
  // taking turns gives both the same chances of a quiet moment.
  double least_standard = compile_cpu_s(kStandard);
  double least_user = compile_cpu_s(user);
  for (int round = context.quick() ? 3 : 9; round > 0; --round) {
    least_standard = std::min(least_standard, compile_cpu_s(kStandard));
    least_user = std::min(least_user, compile_cpu_s(user));
  }
  context.add_absolute(name, 1e3 * (least_user - least_standard), "ms", 500);
}

}  // namespace durasim::bench
