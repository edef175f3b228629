// Running the geometry helper, and reading how it ended.
#include "sim/geometry_helper_client.hpp"

#include "durasim/core/process.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::sim {
namespace {

using geometry::ProblemCode;

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
  return find_helper_program("durasim-geometry", helper_path,
                             "install durasim with its cad component");
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
