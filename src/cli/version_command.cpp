// durasim version: what is linked, one name and version a line.
#include "durasim/core/config.hpp"
#include "durasim/core/versions.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/versions.hpp"
#include "durasim/sim/video.hpp"
#ifdef DURASIM_HAVE_SQLITE
#include "durasim/store/sqlite.hpp"
#endif
#ifdef DURASIM_HAVE_S3
#include "durasim/s3/artifact_store.hpp"
#endif
#ifdef DURASIM_HAVE_POSTGRESQL
#include "durasim/postgresql/traces.hpp"
#endif

#include "cli/commands.hpp"
#include "cli/ending.hpp"

#include <fmt/format.h>

#include <exception>

namespace durasim::cli {
namespace {

int version(const std::stop_token& stop) {
  const LeaveOnStop leave(stop);
  fmt::print("durasim {}\n", DURASIM_VERSION_STRING);
  for (const std::string& line : linked_versions()) fmt::print("{}\n", line);
  for (const std::string& line : sim::linked_versions()) fmt::print("{}\n", line);
#ifdef DURASIM_HAVE_SQLITE
  fmt::print("{}\n", store::sqlite_version());
#endif
#ifdef DURASIM_HAVE_S3
  fmt::print("{}\n", s3::libcurl_version());
#endif
#ifdef DURASIM_HAVE_POSTGRESQL
  fmt::print("{}\n", postgresql::client_version());
#endif
  fmt::print("CLI11 {}\n", CLI11_VERSION);
  try {
    fmt::print("{} (geometry helper)\n", sim::geometry_helper_version());
  } catch (const std::exception& error) {
    fmt::print("OpenCASCADE missing: {}\n", error.what());
  }
  std::string reason;
  const auto encoder = sim::load_video_plugin(reason);
  fmt::print("{}\n", encoder ? encoder->versions() : "libavcodec missing: " + reason);
  return kSuccess;
}

}  // namespace

void add_version(CLI::App& app, Command& chosen) {
  CLI::App* verb =
      app.add_subcommand("version", "Show the versions of durasim and of what it links");
  verb->callback([&chosen] { chosen = version; });
}

}  // namespace durasim::cli
