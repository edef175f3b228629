// Runs the built durasim program the way a script does, and reads its JSON.
#pragma once

#include "durasim/core/process.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace durasim_test {

struct CliRun {
  int exit_code = -1;
  std::string out;
  std::string err;
  [[nodiscard]] boost::json::object json() const { return boost::json::parse(out).as_object(); }
};

inline CliRun run_program(const std::string& program, const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment = {}) {
  durasim::ProcessOptions options;
  options.program = program;
  options.arguments = arguments;
  options.environment = environment;
  options.deadline = durasim::Seconds(120);
  options.memory_limit = durasim::MemoryLimit::WatchRss;
  options.max_file_bytes = std::uint64_t{1} << 30;
  options.max_open_files = 256;
  const durasim::ProcessResult result = durasim::PosixProcessRunner().run(options);
  CAPTURE(describe(result));
  REQUIRE(result.outcome == durasim::ProcessOutcome::Exited);
  return {result.exit_code, std::string(durasim::as_text(result.output)), result.error_tail};
}

inline CliRun run_cli(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment = {}) {
  return run_program(DURASIM_BUILD_BIN "/durasim", arguments, environment);
}

}  // namespace durasim_test
