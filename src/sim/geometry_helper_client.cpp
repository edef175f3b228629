// Finding and running the geometry helper, and reading how it ended.
#include "sim/geometry_helper_client.hpp"

#include "durasim/core/process.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

using geometry::ProblemCode;

bool is_executable(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

// The folder of the library (or program) that holds this code, with a '/' at its end.
std::string library_folder() {
  Dl_info info{};
  static const int anchor = 0;
  if (dladdr(&anchor, &info) == 0 || info.dli_fname == nullptr) return "./";
  const std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1);
}

// The last line of what the child wrote to standard error, if any.
std::string reason(const ProcessResult& result) {
  std::string text = result.error_tail;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

[[noreturn]] void throw_failure(const ProcessResult& result, const ImportOptions& options) {
  switch (result.outcome) {
    case ProcessOutcome::Cancelled:
      throw CancelledError("the import was cancelled");
    case ProcessOutcome::DeadlineExceeded:
      throw HelperFailure(
          ProblemCode::ImportTimeout,
          fmt::format(
              "reading the file took longer than the deadline of {:.3g} s; repair the file or "
              "raise ImportOptions::deadline",
              Seconds(options.deadline).count()));
    case ProcessOutcome::MemoryExceeded:
      throw HelperFailure(
          ProblemCode::ImportMemory,
          fmt::format("reading the file took more than {} MiB of memory; repair the file or raise "
                      "ImportOptions::memory_limit_bytes",
                      options.memory_limit_bytes >> 20));
    case ProcessOutcome::OutputExceeded:
      throw HelperFailure(ProblemCode::LimitExceeded,
                          "the file holds more geometry than the message limit allows");
    case ProcessOutcome::Signalled:
      throw HelperFailure(
          ProblemCode::ImportCrashed,
          fmt::format("the geometry reader crashed on this file ({}); the file is damaged or uses "
                      "something that OpenCASCADE cannot read: export it again",
                      describe(result)));
    case ProcessOutcome::Exited:
      break;
  }
  const std::string why = reason(result).empty() ? describe(result) : reason(result);
  if (result.exit_code == static_cast<int>(HelperExit::Unreadable)) {
    throw HelperFailure(ProblemCode::UnreadableFile, why);
  }
  if (result.exit_code == static_cast<int>(HelperExit::LimitExceeded)) {
    throw HelperFailure(ProblemCode::LimitExceeded, why);
  }
  throw HelperFailure(ProblemCode::ImportCrashed,
                      fmt::format("the geometry reader failed: {}", why));
}

}  // namespace

std::string find_geometry_helper(const std::string& helper_path) {
  if (!helper_path.empty()) {
    if (is_executable(helper_path)) return helper_path;
    throw UnavailableError(
        fmt::format("the geometry helper {} is not there or not executable", helper_path));
  }
  // Beside the library: an install tree (lib or lib/<arch>) or a build tree (lib beside libexec).
  const std::string folder = library_folder();
  std::vector<std::string> places{folder + "../libexec/durasim/durasim-geometry",
                                  folder + "../../libexec/durasim/durasim-geometry"};
  if (const char* libexec =
          std::getenv("DURASIM_LIBEXEC")) {  // NOLINT(concurrency-mt-unsafe): only read
    places.push_back(std::string(libexec) + "/durasim-geometry");
  }
  for (const std::string& place : places) {
    if (is_executable(place)) return place;
  }
  throw UnavailableError(
      fmt::format("the geometry helper durasim-geometry was not found (looked for {}); install "
                  "durasim with its cad component, or "
                  "set DURASIM_LIBEXEC to the folder that holds it",
                  fmt::join(places, ", ")));
}

HelperReply run_geometry_helper(const std::string& verb, ByteView input,
                                const ImportOptions& options) {
  ProcessOptions process;
  process.program = find_geometry_helper(options.helper_path);
  process.arguments = {verb};
  process.input = input;
  process.deadline = options.deadline;
  process.memory_limit_bytes = options.memory_limit_bytes;
  process.max_output_bytes = options.limits.max_message_bytes;
  process.out_of_memory_exit_code = static_cast<int>(HelperExit::OutOfMemory);
  process.stop = options.stop;
  ProcessResult result = PosixProcessRunner().run(process);
  if (result.outcome != ProcessOutcome::Exited || result.exit_code != 0)
    throw_failure(result, options);
  return {std::move(result.output)};
}

}  // namespace durasim::inline v0::sim
