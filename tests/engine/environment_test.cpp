// The example of the design in virtual time: activities, a wait of two hours, typed results; and
// what goes wrong in it.
#include "durasim/core/encoding.hpp"
#include "durasim/testing/workflow_environment.hpp"
#include "durasim/workflow/workflow.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

struct DigestInput {
  std::string topic;
};
BOOST_DESCRIBE_STRUCT(DigestInput, (), (topic))

constexpr WorkflowType<std::string(DigestInput)> research_digest{"ResearchDigest"};
constexpr Activity<std::string(std::string)> run_agent{"run_agent"};

Workflow<std::string> digest(WorkflowContext ctx, DigestInput in) {
  auto notes = co_await ctx.run(
      run_agent, "execute " + in.topic,
      {.start_to_close = 10min,
       .retry =
           RetryPolicy{.initial_interval = 30s, .maximum_interval = 5min, .maximum_attempts = 3}});
  co_await ctx.sleep(2h);
  co_return co_await ctx.run(run_agent, "synthesize " + notes, {.start_to_close = 10min});
}

}  // namespace

TEST_CASE("the digest runs through its two hours at once") {
  testing::WorkflowEnvironment environment;
  std::vector<std::string> jobs;
  environment.worker("agents")
      .implement(research_digest, digest)
      .implement(run_agent, [&](std::string job) {
        jobs.push_back(job);
        return "[" + job + "]";
      });
  const WallTime before = environment.now();
  const auto run = environment.client().start_or_attach(research_digest, {.topic = "poetry"},
                                                        {.id = "digest-1", .task_queue = "agents"});
  CHECK(run.result() == "[synthesize [execute poetry]]");
  CHECK(jobs == std::vector<std::string>{"execute poetry", "synthesize [execute poetry]"});
  CHECK(environment.now() - before == 2h);
  CHECK(run.describe().status == WorkflowStatus::Completed);

  // The same id and input: the same run; another input is an error that says so.
  const auto again = environment.client().start_or_attach(
      research_digest, {.topic = "poetry"}, {.id = "digest-1", .task_queue = "agents"});
  CHECK(again.run_id() == run.run_id());
  CHECK_THROWS_AS(environment.client().start_or_attach(research_digest, {.topic = "prose"},
                                                       {.id = "digest-1", .task_queue = "agents"}),
                  InvalidArgument);
}

TEST_CASE("attempts follow the retry policy, and the third succeeds") {
  testing::WorkflowEnvironment environment;
  int calls = 0;
  environment.worker("agents")
      .implement(research_digest, digest)
      .implement(run_agent, [&](std::string job) {
        if (++calls < 3) throw std::runtime_error("not yet");
        return job;
      });
  const WallTime before = environment.now();
  const auto run = environment.client().start(research_digest, {.topic = "x"},
                                              {.id = "digest-2", .task_queue = "agents"});
  CHECK(run.result() == "synthesize execute x");
  CHECK(environment.now() - before == 2h + 30s + 60s);
}

TEST_CASE("with code dropped after every task the run ends the same") {
  testing::WorkflowEnvironment environment({.evict_always = true});
  environment.worker("agents")
      .implement(research_digest, digest)
      .implement(run_agent, [&](std::string job) { return job; });
  const auto run = environment.client().start(research_digest, {.topic = "x"},
                                              {.id = "digest-3", .task_queue = "agents"});
  CHECK(run.result() == "synthesize execute x");
}

TEST_CASE("a process that dies in the two hours changes nothing") {
  testing::WorkflowEnvironment environment;
  int calls = 0;
  environment.worker("agents")
      .implement(research_digest, digest)
      .implement(run_agent, [&](std::string job) {
        ++calls;
        return job;
      });
  const auto run = environment.client().start(research_digest, {.topic = "x"},
                                              {.id = "digest-4", .task_queue = "agents"});
  environment.sleep(1h);
  environment.restart();
  CHECK(run.result() == "synthesize execute x");
  CHECK(calls == 2);
}

TEST_CASE("summaries of timers and activities stand beside their events") {
  testing::WorkflowEnvironment environment;
  constexpr WorkflowType<void()> summarized{"Summarized"};
  environment.worker("agents")
      .implement(summarized,
                 [](WorkflowContext ctx) -> Workflow<void> {
                   co_await ctx.sleep(1s, {.summary = "a nap"});
                   co_await ctx.run(run_agent, "x",
                                    {.start_to_close = 1min, .summary = "the work"});
                 })
      .implement(run_agent, [](const std::string& job) { return job; });
  environment.client().start(summarized, {.id = "s", .task_queue = "agents"}).result();
  std::vector<std::string> summaries;
  for (const auto& event : decode_history(environment.frontend().history({"s", {}})).events) {
    if (event.user_metadata)
      summaries.push_back(from_payload<std::string>(event.user_metadata->summary.value()));
  }
  CHECK(summaries == std::vector<std::string>{"a nap", "the work"});
}
