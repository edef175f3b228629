// A trip of three bookings: when one fails, or the trip is cancelled, those that were made are
// taken back in the opposite order, whatever else happens.
//   usage: saga [STORE]
#include "durasim/engine/engine.hpp"
#include "durasim/workflow/workflow.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<std::string(std::vector<std::string>)> travelling{"Travelling"};
constexpr Activity<void(std::string)> book{"book"};
constexpr Activity<void(std::string)> cancel_booking{"cancel_booking"};

Workflow<std::string> travel(WorkflowContext ctx, std::vector<std::string> bookings) {
  std::vector<std::string> booked;
  std::exception_ptr problem;
  try {
    for (const std::string& what : bookings) {
      booked.push_back(what);  // before: an attempt whose answer is lost may have booked
      co_await ctx.run(book, what, {.start_to_close = 10s, .retry = {.maximum_attempts = 1}});
    }
    co_return "have a good trip";
  } catch (const Failure&) {  // also CanceledFailure
    problem = std::current_exception();
  }
  const auto shielded = ctx.shielded();  // no cancellation reaches it
  for (auto what = booked.rbegin(); what != booked.rend(); ++what)
    co_await shielded.run(cancel_booking, *what, {.start_to_close = 10s});
  std::rethrow_exception(problem);
}

// The world outside: bookings by name. Cancelling what was never booked does nothing.
class Agency {
 public:
  void book(const std::string& what) {
    if (what == "museum") throw std::runtime_error("the museum is closed");
    const std::scoped_lock lock(mutex_);
    open_.push_back(what);
    std::printf("booked %s\n", what.c_str());
  }
  void cancel(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    if (std::erase(open_, what) > 0) std::printf("cancelled %s\n", what.c_str());
  }
  std::size_t open() {
    const std::scoped_lock lock(mutex_);
    return open_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> open_;
};

}  // namespace

int main(int argc, char** argv) {
  Agency agency;
  Engine engine{{.store = argc > 1 ? argv[1] : "trips.db"}};
  engine.worker("trips")
      .implement(travelling, travel)
      .implement(book, [&](const std::string& what) { agency.book(what); })
      .implement(cancel_booking, [&](const std::string& what) { agency.cancel(what); });
  engine.start();
  const auto trip =
      engine.client().start(travelling, {"flight", "hotel", "museum"}, {.task_queue = "trips"});
  try {
    std::puts(trip.result().c_str());
  } catch (const ActivityFailure& failure) {
    std::printf("no trip: %s\n", failure.cause()->message.c_str());
    return failure.cause()->message == "the museum is closed" && agency.open() == 0 ? 0 : 1;
  }
  return 1;
}
