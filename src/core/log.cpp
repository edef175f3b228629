// Logger and the standard-error sink.
#include "durasim/core/log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

namespace durasim::inline v0 {

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "DEBUG";
    case LogLevel::Info:
      return "INFO";
    case LogLevel::Warning:
      return "WARNING";
    case LogLevel::Error:
      return "ERROR";
  }
  return "UNKNOWN";
}

Logger::Logger(LogSink sink, LogLevel minimum_level, std::string module)
    : sink_(std::move(sink)), minimum_level_(minimum_level), module_(std::move(module)) {}

Logger Logger::for_module(std::string module) const {
  return {sink_, minimum_level_, std::move(module)};
}

bool Logger::enabled(LogLevel level) const {
  return sink_ != nullptr && level >= minimum_level_;
}

void Logger::log(LogLevel level, std::string_view message) const {
  if (enabled(level)) sink_({.level = level, .module = module_, .message = message});
}

LogSink stderr_log_sink() {
  return [](const LogRecord& record) {
    const std::string line =
        record.module.empty()
            ? fmt::format("{}: {}\n", to_string(record.level), record.message)
            : fmt::format("{} {}: {}\n", to_string(record.level), record.module, record.message);
    // A log that cannot be written must not stop the work that it tells of.
    [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
  };
}

}  // namespace durasim::inline v0
