// Traces in PostgreSQL, in tables of its schema "durasim": see docs/traces.md. A library of its
// own, so that only who asks for it has libpq in the process.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/time.hpp"
#include "durasim/pipeline/trace.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace durasim::inline v0::postgresql {

// `connection`: what libpq takes, "postgresql://user@host/database" or "host=... dbname=...".
// Throws InvalidArgument when it is neither; nothing is connected before the first call, which
// makes the tables if they are not there. A connection that was lost since is made anew. Connecting
// takes at most 5 s unless `connection` says otherwise. A statement takes at most `patience` (up to
// an hour); a server that does not answer at all is given up an eighth later (UnavailableError). No
// message holds a password.
[[nodiscard]] DURASIM_EXPORT std::unique_ptr<pipeline::TraceStore> open_traces(
    const std::string& connection, Duration patience = std::chrono::seconds(8));

// "libpq 15.18": what is linked. Thread-safe.
[[nodiscard]] DURASIM_EXPORT std::string client_version();

}  // namespace durasim::inline v0::postgresql
