// Waiting for a server, with libpq's calls that do not block: the order of the calls is that of
// https://www.postgresql.org/docs/current/libpq-async.html.
#include "postgresql/answer.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace durasim::inline v0::postgresql {
namespace {

// Until the socket is ready for one of the events.
void await(PGconn* connection, short events, SteadyTime deadline) {
  using std::chrono::ceil;
  using std::chrono::milliseconds;
  for (;;) {
    const auto left = ceil<milliseconds>(deadline - system_clock().steady_now());
    if (left.count() <= 0) throw UnavailableError("the server does not answer");
    pollfd socket{.fd = PQsocket(connection), .events = events, .revents = 0};
    const int ready = ::poll(&socket, 1, static_cast<int>(std::min<long>(left.count(), 60'000)));
    if (ready > 0 || (ready < 0 && errno != EINTR)) return;  // what is wrong, libpq will say
  }
}

}  // namespace

ResultPointer answer_of(PGconn* connection, int sent, Duration patience) {
  const SteadyTime deadline = system_clock().steady_now() + patience;
  ResultPointer last;
  for (int unsent = sent == 0 ? -1 : 1; unsent >= 0;) {
    if (unsent > 0) unsent = PQflush(connection);
    while (unsent == 0 && PQisBusy(connection) == 0) {
      ResultPointer next(PQgetResult(connection));
      if (!next) return last;
      last = std::move(next);
    }
    await(connection, unsent > 0 ? POLLIN | POLLOUT : POLLIN, deadline);
    if (PQconsumeInput(connection) == 0) break;
  }
  return nullptr;
}

}  // namespace durasim::inline v0::postgresql
