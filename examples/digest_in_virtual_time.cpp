// The workflow of digest.cpp in virtual time: its wait of two hours takes no time here, on the same
// engine and without a disk. So are workflows tested.
#include "durasim/testing/workflow_environment.hpp"
#include "durasim/workflow/workflow.hpp"

#include <cstdio>
#include <string>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

// Shared by workflow, client and tests: each thing is named once, as a typed constant.
struct DigestInput {
  std::string topic;
};
BOOST_DESCRIBE_STRUCT(DigestInput, (), (topic))
constexpr WorkflowType<std::string(DigestInput)> research_digest{"ResearchDigest"};
constexpr Activity<std::string(std::string)> run_agent{"run_agent"};

Workflow<std::string> digest(WorkflowContext ctx, DigestInput in) {
  auto notes =
      co_await ctx.run(run_agent, "execute " + in.topic,
                       {.start_to_close = 10min,
                        .retry = RetryPolicy{.initial_interval = 30s, .maximum_attempts = 3}});
  co_await ctx.sleep(2h);
  co_return co_await ctx.run(run_agent, "synthesize " + notes, {.start_to_close = 10min});
}

}  // namespace

int main() {
  testing::WorkflowEnvironment environment;
  environment.worker("agents")
      .implement(research_digest, digest)
      .implement(run_agent, [](const std::string& job) { return "<" + job + ">"; });

  const auto before = environment.now();
  const auto run = environment.client().start_or_attach(
      research_digest, {.topic = "poetry"}, {.id = "digest-2026-11-20", .task_queue = "agents"});
  const std::string result = run.result();
  std::printf("%s after %lld min of virtual time\n", result.c_str(),
              static_cast<long long>((environment.now() - before) / 1min));
  return result == "<synthesize <execute poetry>>" && environment.now() - before == 2h ? 0 : 1;
}
