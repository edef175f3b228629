// Traces in PostgreSQL, in tables of its schema "durasim": see docs/traces.md. A library of its
// own, so that only who asks for it has libpq in the process.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/pipeline/trace.hpp"

#include <memory>
#include <string>

namespace durasim::inline v0::postgresql {

// `connection`: what libpq takes, "postgresql://user@host/database" or "host=... dbname=...".
// Throws InvalidArgument when it is neither; nothing is connected before the first call, which
// makes the tables if they are not there. A connection that was lost since is made anew. The
// connection waits at most 5 s unless `connection` says otherwise, and a statement 10 s. No message
// holds a password.
[[nodiscard]] DURASIM_EXPORT std::unique_ptr<pipeline::TraceStore> open_traces(
    const std::string& connection);

// "libpq 15.18": what is linked. Thread-safe.
[[nodiscard]] DURASIM_EXPORT std::string client_version();

}  // namespace durasim::inline v0::postgresql
