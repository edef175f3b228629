// A workflow that outlives its process: kill it while it waits, start it again with the same
// command, and it goes on where it was.
//   usage: digest [STORE [SECONDS TO WAIT]]
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

// Shared by workflow, client and tests: each thing is named once, as a typed constant.
struct DigestInput {
  std::string topic;
  std::chrono::seconds wait{};
};
BOOST_DESCRIBE_STRUCT(DigestInput, (), (topic, wait))
constexpr WorkflowType<std::string(DigestInput)> research_digest{"ResearchDigest"};
constexpr Activity<std::string(std::string)> run_agent{"run_agent"};

Workflow<std::string> digest(WorkflowContext ctx, DigestInput in) {
  auto notes = co_await ctx.run(
      run_agent, "execute " + in.topic,
      {.start_to_close = 10min,
       .retry = {.initial_interval = 30s, .maximum_interval = 5min, .maximum_attempts = 3}});
  co_await ctx.sleep(in.wait);  // survives a reboot
  co_return co_await ctx.run(run_agent, "synthesize " + notes, {.start_to_close = 10min});
}

// The host's own service, no globals.
class AgentGateway {
 public:
  std::string run(const ActivityContext& ctx, const std::string& job) {
    std::fprintf(stderr, "attempt %d: %s\n", ctx.info().attempt, job.c_str());
    return "<" + job + ">";
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::string store = argc > 1 ? argv[1] : "digest.db";
  const std::chrono::seconds wait(argc > 2 ? std::atoi(argv[2]) : 7200);

  AgentGateway gateway;
  Engine engine{{.store = store}};
  engine.worker("agents")
      .implement(research_digest, digest)
      .implement(run_agent, [&](const ActivityContext& ctx, const std::string& job) {
        return gateway.run(ctx, job);
      });
  engine.start();  // recovers whatever was running
  auto run = engine.client().start_or_attach(research_digest, {.topic = "poetry", .wait = wait},
                                             {.id = "digest-2026-11-20", .task_queue = "agents"});
  std::puts(run.result().c_str());  // typed; the same line works after a crash
}
