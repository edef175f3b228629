// Log records go to a sink of the host's choice; durasim itself opens no file and owns no global
// logger.
#pragma once

#include "durasim/core/config.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace durasim::inline v0 {

enum class LogLevel { Debug, Info, Warning, Error };

DURASIM_EXPORT std::string_view to_string(LogLevel level);

struct LogRecord {
  LogLevel level = LogLevel::Info;
  std::string_view module;   // "sim", "cad", ...
  std::string_view message;  // one line, without a newline at its end
};

// Called on the thread that logs; must be thread-safe and must not throw.
using LogSink = std::function<void(const LogRecord&)>;

// A level and a sink, passed by value to whoever logs. An empty sink drops everything. Copies share
// the sink.
class DURASIM_EXPORT Logger {
 public:
  Logger() = default;
  Logger(LogSink sink, LogLevel minimum_level, std::string module = "");
  // The same sink and level under another module name.
  [[nodiscard]] Logger for_module(std::string module) const;
  [[nodiscard]] bool enabled(LogLevel level) const;
  void log(LogLevel level, std::string_view message) const;
  void debug(std::string_view message) const { log(LogLevel::Debug, message); }
  void info(std::string_view message) const { log(LogLevel::Info, message); }
  void warning(std::string_view message) const { log(LogLevel::Warning, message); }
  void error(std::string_view message) const { log(LogLevel::Error, message); }

 private:
  LogSink sink_;
  LogLevel minimum_level_ = LogLevel::Info;
  std::string module_;
};

// Writes "LEVEL module: message" lines to standard error, each in one write. Thread-safe.
DURASIM_EXPORT LogSink stderr_log_sink();

}  // namespace durasim::inline v0
