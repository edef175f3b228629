// The logger drops, names and forwards records as its options say.
#include "durasim/core/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

using durasim::Logger;
using durasim::LogLevel;
using durasim::LogRecord;

namespace {

struct Kept {
  std::vector<std::string> lines;
  durasim::LogSink sink() {
    return [this](const LogRecord& r) {
      lines.push_back(std::string(to_string(r.level)) + " " + std::string(r.module) + ": " +
                      std::string(r.message));
    };
  }
};

}  // namespace

TEST_CASE("records below the minimum level do not reach the sink") {
  Kept kept;
  const Logger log(kept.sink(), LogLevel::Warning, "sim");
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  CHECK(kept.lines == std::vector<std::string>{"WARNING sim: c", "ERROR sim: d"});
  CHECK(!log.enabled(LogLevel::Info));
  CHECK(log.enabled(LogLevel::Warning));
}

TEST_CASE("a logger for another module shares sink and level") {
  Kept kept;
  const Logger log = Logger(kept.sink(), LogLevel::Info, "sim").for_module("cad");
  log.debug("a");
  log.info("b");
  CHECK(kept.lines == std::vector<std::string>{"INFO cad: b"});
}

TEST_CASE("a logger without a sink drops everything") {
  const Logger log;
  CHECK(!log.enabled(LogLevel::Error));
  CHECK_NOTHROW(log.error("nobody listens"));
}

TEST_CASE("the standard-error sink writes one line with level and module") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  const int kept_stderr = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  const Logger log(durasim::stderr_log_sink(), LogLevel::Debug);
  log.for_module("video").info("encoder libx264");
  log.warning("no module");
  dup2(kept_stderr, STDERR_FILENO);
  close(kept_stderr);

  REQUIRE(std::fseek(file, 0, SEEK_SET) == 0);
  std::string text(200, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  CHECK(text == "INFO video: encoder libx264\nWARNING: no module\n");
}
