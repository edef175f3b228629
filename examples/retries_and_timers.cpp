// A service that fails twice is asked again, with longer and longer pauses; one that refuses is
// not; and a deadline races with an answer.
//   usage: retries_and_timers [STORE]
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<std::string(std::string)> quoting{"Quoting"};
constexpr Activity<int(std::string)> ask_price{"ask_price"};
constexpr Signal<void> accepted{"accepted"};

Workflow<std::string> quote(WorkflowContext ctx, std::string item) {
  int price = 0;
  try {
    price = co_await ctx.run(
        ask_price, item,
        {.start_to_close = 10s,
         .retry = {.initial_interval = 20ms, .backoff_coefficient = 2, .maximum_attempts = 5}});
  } catch (const ActivityFailure& failure) {
    co_return "no quote: " + failure.cause()->message;
  }
  // A durable deadline: it ends at the same instant when the process was down meanwhile.
  const auto answer = co_await ctx.signals(accepted).receive_for(50ms);
  co_return item + " for " + std::to_string(price) + (answer ? ": accepted" : ": expired");
}

}  // namespace

int main(int argc, char** argv) {
  Engine engine{{.store = argc > 1 ? argv[1] : "quotes.db"}};
  engine.worker("quotes")
      .implement(quoting, quote)
      .implement(ask_price, [](const ActivityContext& ctx, const std::string& item) -> int {
        std::printf("%s: attempt %d\n", item.c_str(), ctx.info().attempt);
        if (item == "unobtainium") {
          throw ApplicationFailure("there is no " + item,
                                   {.type = "NoSuchItem", .non_retryable = true});
        }
        if (ctx.info().attempt < 3) throw std::runtime_error("the service is busy");
        return 42;
      });
  engine.start();
  const Client client = engine.client();
  const std::string bolts = client.start(quoting, "bolts", {.task_queue = "quotes"}).result();
  const std::string none = client.start(quoting, "unobtainium", {.task_queue = "quotes"}).result();
  std::printf("%s\n%s\n", bolts.c_str(), none.c_str());
  return bolts == "bolts for 42: expired" && none == "no quote: there is no unobtainium" ? 0 : 1;
}
