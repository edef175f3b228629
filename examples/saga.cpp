// A trip of three bookings, of which the third fails: the other two are taken back. The workflow is
// in saga.hpp; saga_explored.cpp shows that it holds whatever happens.
//   usage: saga [STORE]
#include "saga.hpp"

#include "durasim/engine/engine.hpp"

#include <cstdio>

using namespace durasim;

int main(int argc, char** argv) {
  saga::Agency agency;
  Engine engine{{.store = argc > 1 ? argv[1] : "trips.db"}};
  engine.worker("trips")
      .implement(saga::travelling, saga::travel)
      .implement(saga::book,
                 [&](const std::string& what) {
                   agency.book(what);
                   std::printf("booked %s\n", what.c_str());
                 })
      .implement(saga::cancel_booking, [&](const std::string& what) {
        agency.cancel(what);
        std::printf("cancelled %s\n", what.c_str());
      });
  engine.start();
  const auto trip = engine.client().start(saga::travelling, {"flight", "hotel", "museum"},
                                          {.task_queue = "trips"});
  try {
    std::puts(trip.result().c_str());
  } catch (const ActivityFailure& failure) {
    std::printf("no trip: %s\n", failure.cause()->message.c_str());
    return failure.cause()->message == "the museum is closed" && agency.open().empty() ? 0 : 1;
  }
  return 1;
}
