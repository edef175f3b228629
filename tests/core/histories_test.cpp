// Histories that Temporal's own SDKs and UI have recorded load, and JSON -> wire -> JSON changes
// nothing but what old tools wrote differently: names of enumerators, numbers as strings or not,
// digits of a second, members that hold a default, members that only the UI has.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"

#include <boost/json/src.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace durasim;
namespace json = boost::json;

namespace {

const std::filesystem::path kHistories = DURASIM_TEST_DATA "/histories";

// Files that are not a list of events, and why. A pattern ends in '*'.
const std::map<std::string, std::string_view> kSkipped{
    {"sdk-go/workflow_with_bad_unknown_event.json", "must be refused: has a test of its own"},
    {"sdk-go/workflow_with_unknown_event.json", "has no wire format: has a test of its own"},
    {"ui/all-event-types.json", "single events by their type: has a test of its own"},
    {"ui/cluster.json", "answer of GetClusterInfo"},
    {"ui/dotnet_local_activity.json", "a single event whose data is shown decoded"},
    {"ui/event-groups.*", "groups of events as the UI shows them, or empty"},
    {"ui/go_local_activity.json", "a single event whose data is shown decoded"},
    {"ui/java_local_activity.json", "a single event whose data is shown decoded"},
    {"ui/large-number-of-child-workflows.json", "answer of DescribeWorkflowExecution"},
    {"ui/list-workflows.json", "answer of ListWorkflowExecutions"},
    {"ui/namespaces.json", "answer of ListNamespaces"},
    {"ui/python_local_activity.json", "a single event whose data is shown decoded"},
    {"ui/raw-events.ascending.continued-as-new.json", "an empty file"},
    {"ui/raw-events.descending.continued-as-new.json", "an empty file"},
    {"ui/settings.json", "settings of the UI"},
    {"ui/stacktrace-query.*", "answers of QueryWorkflow"},
    {"ui/ts_local_activity.json", "a single event whose data is shown decoded"},
    {"ui/workflow.*", "answers of DescribeWorkflowExecution"},
};
// What the UI adds to each event.
const std::set<std::string_view> kOfTheUi{"attributes", "category", "classification",
                                          "id",         "name",     "timestamp"};
// Fields of Temporal's first attempt at worker versioning, whose numbers it has taken back.
const std::set<std::string_view> kGivenUp{"useCompatibleVersion", "workerVersioningId"};
// Members that are maps: empty ones are left out, while an empty message is written.
const std::set<std::string_view> kMaps{"fields", "indexedFields", "nexusHeader"};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string matching_rule(const std::string& name) {
  for (const auto& [pattern, reason] : kSkipped) {
    const bool fits = pattern.ends_with('*')
                          ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                          : name == pattern;
    if (fits) return pattern;
  }
  return "";
}

std::string scalar_text(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

// "5.100s" and "5.1s", "...:02.100Z" and "...:02.1Z" are the same.
std::string without_zeros(std::string text) {
  const auto point = text.rfind('.');
  if (point == std::string::npos || text.empty()) return text;
  const char last = text.back();
  if (last != 's' && last != 'Z') return text;
  text.pop_back();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + last;
}

std::string letters(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != '_') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

bool same_scalar(const std::string& theirs, const std::string& ours) {
  if (theirs == ours || without_zeros(theirs) == without_zeros(ours)) return true;
  // "Normal" for TASK_QUEUE_KIND_NORMAL; and the one enumeration that got another name.
  if (theirs == "UPDATE_REQUESTED_EVENT_ORIGIN_REAPPLY") {
    return ours == "UPDATE_ADMITTED_EVENT_ORIGIN_REAPPLY";
  }
  const bool is_enumerator = ours.find('_') != std::string::npos && letters(ours) != ours;
  return is_enumerator && !theirs.empty() && letters(ours).ends_with(letters(theirs));
}

bool is_default(std::string_view name, const json::value& value) {
  if (value.is_object()) return value.as_object().empty() && kMaps.contains(name);
  if (value.is_array()) return value.as_array().empty();
  const std::string text = scalar_text(value);
  return value.is_null() || text.empty() || text == "0" || text == "false" ||
         letters(text).ends_with("unspecified");
}

// What a json/plain payload of ours holds; nothing for other values.
std::optional<json::value> plain_value(const json::value& ours) {
  const std::string text = json::serialize(ours);
  const Payload payload = payload_from_json(text);
  const auto encoding = payload.metadata.find("encoding");
  if (encoding == payload.metadata.end() || encoding->second != "json/plain") return std::nullopt;
  return json::parse(payload.data);
}

// A file of the UI may show a payload as the value that it holds.
bool is_shorthand(const json::value& theirs, const json::value& ours) {
  const json::object* object = ours.if_object();
  if (object == nullptr || !object->contains("data")) return false;
  if (theirs.is_object() && theirs.as_object().contains("data")) return false;
  return plain_value(ours) == theirs;
}

// Appends the path of everything that differs.
void compare(const json::value& theirs, const json::value& ours, const std::string& path,
             std::vector<std::string>& differences) {
  if (is_shorthand(theirs, ours)) return;
  if (theirs.is_object() && ours.is_object()) {
    for (const auto& [name, value] : theirs.as_object()) {
      const json::value* found = ours.as_object().if_contains(name);
      const std::string member = path + "." + std::string(name);
      if (found != nullptr) {
        compare(value, *found, member, differences);
      } else if (!is_default(name, value) && !kGivenUp.contains(name)) {
        differences.push_back(member + " is lost");
      }
    }
    for (const auto& [name, value] : ours.as_object()) {
      if (!theirs.as_object().contains(name))
        differences.push_back(path + "." + std::string(name) + " is new");
    }
  } else if (theirs.is_array() && ours.is_array() &&
             theirs.as_array().size() == ours.as_array().size()) {
    for (std::size_t i = 0; i < ours.as_array().size(); ++i) {
      compare(theirs.as_array()[i], ours.as_array()[i], path + "[" + std::to_string(i) + "]",
              differences);
    }
  } else if (theirs.is_structured() || ours.is_structured() ||
             !same_scalar(scalar_text(theirs), scalar_text(ours))) {
    differences.push_back(path + " was " + json::serialize(theirs) + ", is " +
                          json::serialize(ours));
  }
}

json::array events_of(json::value document) {
  if (document.is_array()) return document.as_array();
  if (const json::value* history = document.as_object().if_contains("history")) {
    return history->at("events").as_array();
  }
  return document.at("events").as_array();
}

// The events as the file has them, without the UI's members, against those that we write.
void check_equivalent(const json::array& original, const json::array& ours) {
  json::array theirs = original;
  for (json::value& event : theirs) {
    // `attributes` repeats the event's real attributes; some files of the UI have only that.
    for (const std::string_view name : kOfTheUi) event.as_object().erase(name);
  }
  std::vector<std::string> differences;
  compare(theirs, ours, "", differences);
  for (const std::string& difference : differences) FAIL_CHECK(difference);
}

}  // namespace

TEST_CASE("every recorded history survives JSON -> wire -> JSON" *
          doctest::skip(!std::filesystem::exists(kHistories))) {
  std::set<std::string> rules_used;
  std::size_t files = 0;
  std::size_t events = 0;
  for (const char* folder : {"sdk-go", "ui"}) {
    for (const auto& entry : std::filesystem::directory_iterator(kHistories / folder)) {
      const std::string name = std::string(folder) + "/" + entry.path().filename().string();
      CAPTURE(name);
      if (const std::string rule = matching_rule(name); !rule.empty()) {
        rules_used.insert(rule);
        continue;
      }
      const std::string text = read_file(entry.path());
      const proto::History history = history_from_json(text);
      REQUIRE(!history.events.empty());
      const std::string wire = encode(history);
      const proto::History again = decode_history(wire);
      CHECK(again == history);
      CHECK(encode(again) == wire);
      const std::string ours = to_json(again);
      CHECK(history_from_json(ours) == history);
      CHECK(history_from_json(to_json(again, JsonStyle::Indented)) == history);
      check_equivalent(events_of(json::parse(text)), json::parse(ours).at("events").as_array());
      ++files;
      events += history.events.size();
    }
  }
  MESSAGE(files, " histories, ", events, " events");
  CHECK(files == 82);
  CHECK(rules_used.size() == kSkipped.size());  // no rule without a file
}

TEST_CASE("single events of the UI's fixtures load" *
          doctest::skip(!std::filesystem::exists(kHistories))) {
  std::vector<json::value> singles;
  const json::value by_type = json::parse(read_file(kHistories / "ui/all-event-types.json"));
  for (const auto& [name, event] : by_type.as_object()) {
    // A type that Temporal has given up before it was released.
    if (name != "WorkflowExecutionUpdateRequested") singles.push_back(event);
  }
  CHECK(singles.size() == 25);
  for (const json::value& single : singles) {
    CAPTURE(json::serialize(single));
    const proto::HistoryEvent event = event_from_json(json::serialize(single));
    CHECK(event.attributes.index() == static_cast<std::size_t>(event.event_type));
    CHECK(decode_event(encode(event)) == event);
    check_equivalent({single}, {json::parse(to_json(event))});
  }
}

TEST_CASE("an event of an unknown type is kept if workers may ignore it, and refused if not" *
          doctest::skip(!std::filesystem::exists(kHistories))) {
  const std::string text = read_file(kHistories / "sdk-go/workflow_with_unknown_event.json");
  const proto::History history = history_from_json(text);
  CHECK(history.events.size() == 26);
  const auto* unknown = history.events[22].attributes_if<proto::UnknownEvent>();
  REQUIRE(unknown != nullptr);
  CHECK(history.events[22].event_id == 23);
  CHECK(history.events[22].worker_may_ignore);
  check_equivalent(events_of(json::parse(text)),
                   json::parse(to_json(history)).at("events").as_array());
  CHECK(history_from_json(to_json(history)) == history);
  try {
    (void)encode(history);
    FAIL("encoded");
  } catch (const InvalidArgument& error) {
    CHECK(std::string(error.what()) ==
          "temporal.api.history.v1.History cannot be encoded: events[22]: this exists "
          "only in memory and in JSON; it has no wire format");
  }
  try {
    (void)history_from_json(read_file(kHistories / "sdk-go/workflow_with_bad_unknown_event.json"));
    FAIL("loaded");
  } catch (const FormatError& error) {
    CHECK(std::string(error.what()) ==
          "$.events[22]: event 23 has the type \"UnknownEvent\", which this version does not know "
          "and which a worker may not ignore");
  }
}
