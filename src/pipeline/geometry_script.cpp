// A program of the user's that makes a geometry file: run by durasim-supervisor, which lets it die
// with this process, within limits, in a folder of its own.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/process.hpp"

#include "pipeline/activity_trace.hpp"
#include "pipeline/obtain_geometry.hpp"
#include "pipeline/scratch_folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxScriptOutput = std::size_t{64} << 20;
constexpr std::uint64_t kMaxOpenFiles = 256;

// Below the folder, whatever the request says.
std::string inside(const ScratchFolder& folder, const std::string& relative) {
  const fs::path path = fs::path(relative).lexically_normal();
  if (relative.empty() || path.is_absolute() || path == "." || *path.begin() == "..")
    throw InvalidArgument(fmt::format("\"{}\" is not a path below the script's folder", relative));
  return (folder.path() / path).string();
}

void place_files(const ScratchFolder& folder, const GeometryScript& script,
                 const SimulationServices& services) {
  for (const auto& [name, artifact] : script.files) {
    const fs::path path = inside(folder, name);
    make_folders(path.parent_path().string());
    services.artifacts->get_file(artifact, path.string());
    // It may be the program itself.
    fs::permissions(path, fs::perms::owner_all);
  }
}

std::vector<std::string> environment_of(const ScratchFolder& folder, const GeometryScript& script) {
  const char* path = std::getenv("PATH");
  std::vector<std::string> environment{
      fmt::format("PATH={}", path != nullptr ? path : "/usr/bin:/bin"),
      fmt::format("HOME={}", folder.path()), fmt::format("TMPDIR={}", folder.path())};
  for (const auto& [name, value] : script.environment)
    environment.push_back(fmt::format("{}={}", name, value));
  return environment;
}

ProcessResult run(const ActivityContext& ctx, const ScratchFolder& folder,
                  const GeometryScript& script, const SimulationServices& services) {
  ProcessOptions options;
  options.program =
      find_helper_program("durasim-supervisor", services.supervisor, "install durasim");
  options.arguments = {"--with-parent", std::to_string(::getpid()), folder.path()};
  options.arguments.insert(options.arguments.end(), script.argv.begin(), script.argv.end());
  options.inherit_environment = false;
  options.environment = environment_of(folder, script);
  options.max_output_bytes = kMaxScriptOutput;
  options.deadline = script.timeout;
  options.memory_limit_bytes = services.import.memory_limit_bytes;
  options.max_file_bytes = services.import.max_file_bytes;
  options.max_open_files = kMaxOpenFiles;
  options.stop = ctx.stop_token();
  return PosixProcessRunner().run(options);
}

// Why the script has made nothing, if that is its own doing; a signal that somebody sent is not.
std::string failure_of(const ProcessResult& result, const GeometryScript& script) {
  if (result.outcome == ProcessOutcome::Cancelled) throw CancelledError("the script was cancelled");
  if (result.outcome == ProcessOutcome::Exited && result.exit_code == 0) return {};
  const bool killed = result.signal == SIGKILL || result.signal == SIGTERM;
  if (result.outcome == ProcessOutcome::Signalled && killed)
    throw UnavailableError(fmt::format("{} was {}", script.argv[0], describe(result)));
  return fmt::format("{} {}: {}", script.argv[0], describe(result), result.error_tail);
}

// A link could lead anywhere.
Bytes read_output(const ScratchFolder& folder, const std::string& path, std::size_t max_bytes) {
  const fs::path real = fs::canonical(path);
  if (!real.string().starts_with(fs::canonical(folder.path()).string() + "/"))
    throw FormatError("the script's output is a link to a place outside its folder");
  return read_file(real.string(), max_bytes);
}

}  // namespace

std::string scratch_root(const SimulationServices& services) {
  return services.work_folder + "/scratch";
}

ScriptMade run_geometry_script(const ActivityContext& ctx, const std::string& name,
                               const GeometryScript& script, const SimulationServices& services) {
  if (script.argv.empty()) throw InvalidArgument("a geometry script without a command");
  const ActivityInfo& info = ctx.info();
  const ScratchFolder folder(scratch_root(services),
                             fmt::format("{}-{}", run_in_activity(info), info.attempt));
  const std::string output = inside(folder, script.output);
  place_files(folder, script, services);
  std::string failure = failure_of(run(ctx, folder, script, services), script);
  if (failure.empty() && !fs::is_regular_file(output))
    failure = fmt::format("{} has ended without making {}", script.argv[0], script.output);
  if (!failure.empty()) {
    return {.bytes = {},
            .problems = {{geometry::Severity::Error, name, geometry::ProblemCode::ScriptFailed,
                          std::move(failure)}}};
  }
  return {.bytes = read_output(folder, output, services.import.max_file_bytes), .problems = {}};
}

}  // namespace durasim::inline v0::pipeline
