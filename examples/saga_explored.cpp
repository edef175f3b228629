// The saga of saga.hpp under the simulator: hundreds of seeds, in each of them a world of its own,
// in which processes die, answers are lost and the traveller may change their mind. A trip that is
// given up must leave no booking. With --planted-bug a saga with a usual mistake is explored: the
// seed that shows it is printed with what happened in it.
//   usage: saga_explored [--planted-bug]
#include "durasim/testing/explorer.hpp"

#include "saga.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

// The mistake: a booking is remembered once it is known to have been made.
Workflow<std::string> forgetful_travel(WorkflowContext ctx, std::vector<std::string> bookings) {
  std::vector<std::string> booked;
  std::exception_ptr problem;
  try {
    for (const std::string& what : bookings) {
      co_await ctx.run(saga::book, what,
                       {.start_to_close = 10s,
                        .retry = {.maximum_attempts = 1},
                        .cancellation_type = ActivityCancellationType::WaitCancellationCompleted});
      booked.push_back(what);
    }
    co_return "have a good trip";
  } catch (const Failure&) {
    problem = std::current_exception();
  }
  const auto shielded = ctx.shielded();
  for (auto what = booked.rbegin(); what != booked.rend(); ++what)
    co_await shielded.run(saga::cancel_booking, *what, {.start_to_close = 10s});
  std::rethrow_exception(problem);
}

void one_trip(testing::Exploration& seed, bool with_bug) {
  auto& agency = seed.emplace<saga::Agency>();
  seed.worker("trips")
      .implement(saga::travelling, with_bug ? forgetful_travel : saga::travel)
      .implement(saga::book, [&](const std::string& what) { agency.book(what); })
      .implement(saga::cancel_booking, [&](const std::string& what) { agency.cancel(what); });
  std::vector<std::string> bookings{"flight", "hotel"};
  if (seed.chance(0.3)) bookings.emplace_back("museum");
  const auto trip = seed.start(saga::travelling, bookings, {.id = "trip"});
  if (seed.chance(0.5)) trip.cancel("changed my mind", {.not_after = 30s});
  seed.at_end([&agency, trip, bookings] {
    const std::size_t wanted = trip.completed() ? bookings.size() : 0;
    testing::require(agency.open().size() == wanted,
                     "the trip has ended with " + std::to_string(agency.open().size()) +
                         " bookings instead of " + std::to_string(wanted));
  });
}

}  // namespace

int main(int argc, char** argv) {
  const bool with_bug = argc > 1 && std::string_view(argv[1]) == "--planted-bug";
  const testing::Explorer explorer({.seeds = 500});
  const testing::ExplorationReport report =
      explorer.run([&](testing::Exploration& seed) { one_trip(seed, with_bug); });
  if (report.ok()) std::fputs(report.to_text().c_str(), stdout);
  if (with_bug) std::puts(report.ok() ? "the bug was not found" : "the bug was found");
  return report.ok() == with_bug ? 1 : 0;
}
