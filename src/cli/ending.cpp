// Ends without unwinding: other threads may wait for what will not come.
#include "cli/ending.hpp"

#include "durasim/core/error.hpp"
#include "durasim/sim/result.hpp"

#include "cli/commands.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace durasim::cli {

int fail(bool json, const std::string& message, int code) {
  if (json) std::printf("%s\n", sim::error_json(message).c_str());
  std::fprintf(stderr, "durasim: %s\n", message.c_str());
  return code;
}

void flush_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw IoError(fmt::format("cannot write to standard output: {}",
                            errno != 0 ? std::strerror(errno) : "an earlier write has failed"));
}

LeaveOnStop::LeaveOnStop(std::stop_token stop, bool json, std::string message)
    : leave_(std::move(stop), Leave{json, std::move(message)}) {}

void LeaveOnStop::Leave::operator()() const noexcept {
  (void)fail(json, message, kCancelled);
  if (json) std::fflush(stdout);  // nobody else prints then, so its lock is free
  std::_Exit(kCancelled);
}

}  // namespace durasim::cli
