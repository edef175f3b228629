// A host with an event loop of its own: its activities work on the loop's thread, its results come
// back there, and the loop never waits for the engine.
//   usage: host_with_asio [STORE]
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <string>
#include <thread>

using namespace durasim;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr WorkflowType<std::string(int)> measuring{"Measuring"};
constexpr Activity<double(int)> read_sensor{"read_sensor"};

Workflow<std::string> measure(WorkflowContext ctx, int sensor) {
  double sum = 0;
  for (int i = 0; i < 3; ++i) sum += co_await ctx.run(read_sensor, sensor, {.start_to_close = 5s});
  co_return "sensor " + std::to_string(sensor) + ": " + std::to_string(sum / 3);
}

// Belongs to the loop's thread: no lock.
class Sensors {
 public:
  double read(int sensor) { return sensor + 0.5 * (reads_++ % 3); }

 private:
  int reads_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  asio::io_context loop;
  auto keep_running = asio::make_work_guard(loop);
  Sensors sensors;

  Engine engine{{.store = argc > 1 ? argv[1] : "measurements.db"}};
  engine.worker("sensors").implement(measuring, measure).implement(read_sensor, [&](int sensor) {
    // The activity's thread waits; the loop does the work between its other events.
    std::packaged_task<double()> work([&, sensor] { return sensors.read(sensor); });
    std::future<double> value = work.get_future();
    asio::post(loop, [&work] { work(); });
    return value.get();
  });
  engine.start();

  std::string answer;
  const auto run = engine.client().start(measuring, 7, {.task_queue = "sensors"});
  std::jthread waiter([&] {
    asio::post(loop, [&, result = run.result()] {  // on the loop's thread again
      answer = result;
      keep_running.reset();
    });
  });

  int ticks = 0;
  asio::steady_timer timer(loop);
  std::function<void(boost::system::error_code)> tick = [&](boost::system::error_code error) {
    if (error || !answer.empty()) return;
    ++ticks;  // the host's own life goes on
    timer.expires_after(1ms);
    timer.async_wait(tick);
  };
  tick({});
  loop.run();
  std::printf("%s, after %d ticks of the host's own\n", answer.c_str(), ticks);
  return answer == "sensor 7: 7.500000" ? 0 : 1;
}
