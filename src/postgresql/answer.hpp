// Questions to a PostgreSQL server that are given up when it does not answer in time. libpq's own
// calls wait for ever: a server that hangs keeps its connection alive.
#pragma once

#include "durasim/core/time.hpp"

#include <libpq-fe.h>

#include <memory>

namespace durasim::inline v0::postgresql {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPointer = std::unique_ptr<PGresult, ClearResult>;

// The last result of what has been sent on a connection that does not block (PQsetnonblocking), as
// PQexec gives it; `sent` is what PQsendQuery or the like returned. Nothing when the connection is
// lost. Throws UnavailableError when there is no answer by then; the connection is of no use
// afterwards.
[[nodiscard]] ResultPointer answer_of(PGconn* connection, int sent, Duration patience);

}  // namespace durasim::inline v0::postgresql
