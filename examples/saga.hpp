// The saga that saga.cpp runs and saga_explored.cpp explores: a trip of several bookings. When one
// fails, or the trip is cancelled, those that were made are taken back in the opposite order,
// whatever else happens.
#pragma once

#include "durasim/workflow/workflow.hpp"

#include <chrono>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace saga {

inline constexpr durasim::WorkflowType<std::string(std::vector<std::string>)> travelling{
    "Travelling"};
inline constexpr durasim::Activity<void(std::string)> book{"book"};
inline constexpr durasim::Activity<void(std::string)> cancel_booking{"cancel_booking"};

inline durasim::Workflow<std::string> travel(durasim::WorkflowContext ctx,
                                             std::vector<std::string> bookings) {
  std::vector<std::string> booked;
  std::exception_ptr problem;
  try {
    for (const std::string& what : bookings) {
      booked.push_back(what);  // before: an attempt whose answer is lost may have booked
      // A cancelled trip waits for the booking that is under way: it could come after its own
      // cancellation.
      co_await ctx.run(
          book, what,
          {.start_to_close = std::chrono::seconds{10},
           .retry = {.maximum_attempts = 1},
           .cancellation_type = durasim::ActivityCancellationType::WaitCancellationCompleted});
    }
    co_return "have a good trip";
  } catch (const durasim::Failure&) {  // also CanceledFailure
    problem = std::current_exception();
  }
  const auto shielded = ctx.shielded();  // no cancellation reaches it
  for (auto what = booked.rbegin(); what != booked.rend(); ++what)
    co_await shielded.run(cancel_booking, *what, {.start_to_close = std::chrono::seconds{10}});
  std::rethrow_exception(problem);
}

// The world outside: bookings by name. Cancelling what was never booked does nothing.
class Agency {
 public:
  void book(const std::string& what) {
    if (what == "museum") throw std::runtime_error("the museum is closed");
    const std::scoped_lock lock(mutex_);
    open_.push_back(what);
  }
  void cancel(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    std::erase(open_, what);
  }
  std::vector<std::string> open() const {
    const std::scoped_lock lock(mutex_);
    return open_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> open_;
};

}  // namespace saga
