// The smallest workflow: one activity, one result, kept in a database.
//   usage: hello [STORE]
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include <chrono>
#include <cstdio>
#include <string>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<std::string(std::string)> greeting{"Greeting"};
constexpr Activity<std::string(std::string)> compose{"compose"};

Workflow<std::string> greet(WorkflowContext ctx, std::string name) {
  co_return co_await ctx.run(compose, name, {.start_to_close = 10s});
}

}  // namespace

int main(int argc, char** argv) {
  Engine engine{{.store = argc > 1 ? argv[1] : "hello.db"}};
  engine.worker("greetings")
      .implement(greeting, greet)
      .implement(compose, [](const std::string& name) { return "Hello, " + name + "!"; });
  engine.start();
  const std::string answer =
      engine.client().start(greeting, "world", {.task_queue = "greetings"}).result();
  std::puts(answer.c_str());
  return answer == "Hello, world!" ? 0 : 1;
}
