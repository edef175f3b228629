// What the tests through WorkflowEnvironment share: histories as lines of text.
#pragma once

#include "durasim/core/encoding.hpp"
#include "durasim/testing/workflow_environment.hpp"
#include "durasim/workflow/workflow.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) all += "\n  [" + line + "]";
    return all.c_str();
  }
};

namespace durasim::inline v0::test {

using Lines = std::vector<std::string>;

inline const std::string queue = "queue";

inline std::vector<proto::HistoryEvent> events_of(testing::WorkflowEnvironment& environment,
                                                  const std::string& workflow_id,
                                                  const std::string& run_id = {}) {
  return decode_history(environment.frontend().history({workflow_id, run_id})).events;
}

// Types of the events, workflow tasks left out.
inline Lines types_of(const std::vector<proto::HistoryEvent>& events) {
  Lines lines;
  for (const proto::HistoryEvent& event : events) {
    std::string type = to_string(event.event_type);
    if (type.starts_with("WorkflowTask")) continue;
    lines.push_back(std::move(type));
  }
  return lines;
}
inline Lines types_of(testing::WorkflowEnvironment& environment, const std::string& workflow_id,
                      const std::string& run_id = {}) {
  return types_of(events_of(environment, workflow_id, run_id));
}

inline int count(const Lines& lines, const std::string& line) {
  return static_cast<int>(std::count(lines.begin(), lines.end(), line));
}

template <class A>
A only(const std::vector<proto::HistoryEvent>& events) {
  for (const proto::HistoryEvent& event : events) {
    if (const auto* attributes = event.attributes_if<A>()) return *attributes;
  }
  FAIL("no such event");
  return {};
}

}  // namespace durasim::inline v0::test
