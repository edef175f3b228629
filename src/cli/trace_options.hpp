// Where durable simulations leave their traces: --trace.
#pragma once

#ifdef DURASIM_HAVE_SQLITE
#include "durasim/pipeline/trace.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace durasim::cli {

CLI::Option* add_trace_option(CLI::App& verb, std::string& trace);

// Whether that is a database of PostgreSQL and no file. Throws InvalidArgument for any other
// address.
[[nodiscard]] bool is_postgresql(const std::string& trace);

// The file of traces in SQLite: what was given, else the one beside the store.
[[nodiscard]] std::string trace_file(const std::string& trace, const std::string& store);

// Throws InvalidArgument for a connection that is none, or if this program has no PostgreSQL.
// Nothing is opened yet.
[[nodiscard]] std::unique_ptr<pipeline::TraceStore> open_traces(const std::string& trace,
                                                                const std::string& store);

}  // namespace durasim::cli
#endif
