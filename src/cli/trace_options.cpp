// SQLite beside the store, a file, or PostgreSQL.
#include "cli/trace_options.hpp"

#include "durasim/core/error.hpp"
#ifdef DURASIM_HAVE_POSTGRESQL
#include "durasim/postgresql/traces.hpp"
#endif

namespace durasim::cli {

CLI::Option* add_trace_option(CLI::App& verb, std::string& trace) {
  return verb
      .add_option(
          "--trace", trace,
          "where traces are stored: postgresql://user@host/database or \"host=... dbname=...\", or "
          "an SQLite file (default: STORE.traces)")
      ->envname("DURASIM_TRACE");
}

namespace {

// "host=db dbname=lab", the other form that libpq takes.
bool is_keyword_form(const std::string& trace) {
  const std::string words = " " + trace;
  for (const char* keyword : {" host=", " hostaddr=", " dbname=", " user=", " service="})
    if (words.find(keyword) != std::string::npos) return true;
  return false;
}

}  // namespace

bool is_postgresql(const std::string& trace) {
  if (trace.starts_with("postgresql:") || trace.starts_with("postgres:") || is_keyword_form(trace))
    return true;
  // It may hold a password, and is not repeated.
  if (trace.find("://") != std::string::npos)
    throw InvalidArgument("--trace is neither postgresql://user@host/database nor a file's path");
  return false;
}

std::string trace_file(const std::string& trace, const std::string& store) {
  return trace.empty() ? store + ".traces" : trace;
}

std::unique_ptr<pipeline::TraceStore> open_traces(const std::string& trace,
                                                  const std::string& store) {
  if (!is_postgresql(trace)) return pipeline::open_sqlite_traces(trace_file(trace, store));
#ifdef DURASIM_HAVE_POSTGRESQL
  return postgresql::open_traces(trace);
#else
  throw InvalidArgument(
      "this durasim was built without PostgreSQL (DURASIM_WITH_POSTGRESQL); give --trace a file");
#endif
}

}  // namespace durasim::cli
