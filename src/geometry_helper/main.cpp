// durasim-geometry: reads a foreign file on standard input and writes one bounded message to
// standard output. Started by durasim with limits on time and memory; may crash, hang, or run out
// of memory without harm to anybody. It starts no processes: when it dies with its host
// (die_with_parent), nothing is left of it.
#include "durasim/cad/import.hpp"
#include "durasim/cad/shape.hpp"
#include "durasim/core/bytes.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/process.hpp"
#include "durasim/geometry/message.hpp"
#include "durasim/sim/mjcf_bundle.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace durasim;

constexpr std::size_t kMaxInputBytes = std::size_t{1} << 30;

constexpr std::string_view kUsage =
    "usage: durasim-geometry step [--linear-deflection METRES] [--angular-deflection RAD] < FILE\n"
    "       durasim-geometry mjcf < BUNDLE\n"
    "       durasim-geometry version\n"
    "step reads a file from standard input and writes durasim's geometry message to standard\n"
    "output; mjcf compiles a scene that durasim has packed and says whether that worked.\n"
    "Not meant to be called by hand: durasim inspect FILE shows what a file holds.\n";

int exit_code(HelperExit code) {
  return static_cast<int>(code);
}

Bytes read_all(int fd) {
  Bytes bytes(std::size_t{1} << 20);
  std::size_t size = 0;
  for (;;) {
    const ssize_t n = ::read(fd, bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw IoError(fmt::format("standard input: {}", std::strerror(errno)));
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    if (size > kMaxInputBytes)
      throw LimitError(fmt::format("the file is larger than {} bytes", kMaxInputBytes));
    if (size == bytes.size()) bytes.resize(2 * size);
  }
  bytes.resize(size);
  return bytes;
}

void write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw IoError(fmt::format("standard output: {}", std::strerror(errno)));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

// The way out for the message. From here on, what a library prints goes to standard error.
int take_standard_output() {
  const int message_out = ::dup(STDOUT_FILENO);
  if (message_out < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    throw IoError(fmt::format("standard output: {}", std::strerror(errno)));
  return message_out;
}

// A STEP file can name other files for the reader to open. This process opens none any more.
void forbid_opening_files() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_NOFILE, &none);
}

double number(std::string_view option, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw InvalidArgument(fmt::format("{}: '{}' is not a number", option, text));
  return value;
}

cad::StepOptions parse_step_options(std::span<char* const> arguments) {
  cad::StepOptions options;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    if (i + 1 == arguments.size()) throw InvalidArgument(fmt::format("{} needs a value", name));
    if (name == "--linear-deflection")
      options.tessellation.linear_deflection_m = number(name, arguments[i + 1]);
    else if (name == "--angular-deflection")
      options.tessellation.angular_deflection_rad = number(name, arguments[i + 1]);
    else
      throw InvalidArgument(fmt::format("unknown option {}", name));
  }
  return options;
}

int import_step(std::span<char* const> arguments) {
  const cad::StepOptions options = parse_step_options(arguments);
  const int message_out = take_standard_output();
  forbid_opening_files();
  const Bytes file = read_all(STDIN_FILENO);
  write_all(message_out, geometry::encode_scene(cad::import_step(file, options), options.limits));
  return exit_code(HelperExit::Ok);
}

// Foreign MJCF can crash its compiler too; what passes here is compiled again by the caller.
int check_mjcf() {
  take_standard_output();
  const Bytes bundle = read_all(STDIN_FILENO);
  std::string reason;
  if (sim::check_mjcf_bundle(bundle, reason) == 0) return exit_code(HelperExit::Ok);
  throw FormatError(reason);
}

int run(std::span<char* const> arguments) {
  const std::string_view verb = arguments.empty() ? "" : arguments[0];
  if (verb == "version") {
    fmt::print("OpenCASCADE {}\n", cad::occt_version());
    return exit_code(HelperExit::Ok);
  }
  if (verb == "step") return import_step(arguments.subspan(1));
  if (verb == "mjcf") return check_mjcf();
  fmt::print(stderr, "{}", kUsage);
  return exit_code(HelperExit::Usage);
}

int fail(HelperExit code, const char* reason) {
  std::fputs(reason, stderr);
  std::fputc('\n', stderr);
  return exit_code(code);
}

int guarded_main(std::span<char* const> arguments) {
  try {
    die_with_parent();
    return run(arguments);
  } catch (const std::bad_alloc&) {
    return fail(HelperExit::OutOfMemory, "out of memory");
  } catch (const LimitError& error) {
    return fail(HelperExit::LimitExceeded, error.what());
  } catch (const FormatError& error) {
    return fail(HelperExit::Unreadable, error.what());
  } catch (const std::exception& error) {
    return fail(HelperExit::Usage, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  // The result is written. Destroying OpenCASCADE's documents and the libraries' statics would only
  // take time and one more chance to crash.
  const int code = guarded_main({argv + 1, static_cast<std::size_t>(argc - 1)});
  std::fflush(stdout);
  ::_exit(code);
}
