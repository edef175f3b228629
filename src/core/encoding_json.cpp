// Temporal's messages in JSON: what is special about events and histories, and the one place where
// the JSON templates are instantiated for them.
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"

#include "core/describe_command.hpp"
#include "core/describe_failure.hpp"
#include "core/describe_history.hpp"
#include "core/message_json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace durasim::inline v0 {
namespace codec {

// Some levels of JSON for one of messages: lists and maps come in between.
static_assert(kMaxMessageDepth + 16 <= kMaxJsonDepth);

// A payload may be written as the value that it holds, as Temporal's HTTP API and UI do: anything
// but an object with a payload's members is a json/plain payload.
template <>
struct JsonForm<Payload> {
  static void write(JsonWriter& out, const Payload& payload) { write_fields(out, payload); }

  static void read(JsonReader& in, Payload& payload, std::size_t& elements) {
    JsonReader whole = in;
    bool is_payload = false;
    bool is_empty = true;
    if (in.peek() == JsonKind::Object) {
      for (in.begin_object(); in.next_member(); is_empty = false) {
        if (read_field(in, payload, elements)) {
          is_payload = true;
        } else {
          in.skip();
        }
      }
      if (is_payload || is_empty) return;
    } else {
      in.skip();
    }
    payload.metadata = {{"encoding", "json/plain"}};
    payload.data = whole.raw();
  }
};

template <>
struct JsonForm<proto::HistoryEvent> {
  static void write(JsonWriter& out, const proto::HistoryEvent& event) {
    const auto* unknown = event.attributes_if<proto::UnknownEvent>();
    unknown != nullptr ? out.raw(unknown->json) : write_fields(out, event);
  }

  // The type may come behind the attributes, and workerMayIgnore behind both: what is to be done
  // about a type without a name is decided at the end.
  static void read(JsonReader& in, proto::HistoryEvent& event, std::size_t& elements) {
    JsonReader whole = in;
    std::string unknown_type;
    for (in.begin_object(); in.next_member();) {
      if (in.key() == "eventType" || in.key() == "event_type") {
        unknown_type = read_type(in, event.event_type);
      } else if (!read_field(in, event, elements)) {
        in.skip();
      }
    }
    if (unknown_type.empty()) return;
    if (!event.worker_may_ignore) {
      in.fail(
          fmt::format("event {} has the type \"{}\", which this version does not know and "
                      "which a worker may not ignore",
                      event.event_id, unknown_type));
    }
    event.attributes = proto::UnknownEvent{std::string(whole.raw())};
  }

 private:
  // Returns the text of a type that has no name here.
  static std::string read_type(JsonReader& in, EventType& type) {
    const EnumTable& table = enum_table(type);
    JsonReader again = in;
    const bool is_name = in.peek() == JsonKind::String;
    const std::optional<std::int32_t> number =
        is_name ? number_of(table, in.string()) : read_enum(in, table);
    if (number) type = static_cast<EventType>(*number);
    const bool known = number && !full_name(table, *number).empty();
    return known ? "" : is_name ? again.string() : std::to_string(*number);
  }
};

namespace {

// Puts line breaks and two blanks a level into JSON without white space.
std::string indented(std::string_view json) {
  std::string out;
  out.reserve(json.size() * 2);
  std::size_t level = 0;
  bool in_string = false;
  const auto new_line = [&] { out.append(1, '\n').append(2 * level, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (c == '\\') {
        out += json[++i];
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    const bool opens = c == '{' || c == '[';
    if ((c == '}' || c == ']') && json[i - 1] != '{' && json[i - 1] != '[') {
      --level;
      new_line();
    } else if (c == '}' || c == ']') {
      --level;
    }
    out += c;
    if (c == ':') out += ' ';
    if (opens) ++level;
    const bool is_empty = opens && (json[i + 1] == '}' || json[i + 1] == ']');
    if (c == ',' || (opens && !is_empty)) new_line();
    in_string = c == '"';
  }
  return out;
}

template <class M>
std::string json_text(const M& message, JsonStyle style) {
  std::string text;
  JsonWriter out(text);
  JsonForm<M>::write(out, message);
  return style == JsonStyle::Indented ? indented(text) : text;
}

void require_json_size(std::string_view text, const DecodeLimits& limits) {
  if (text.size() <= limits.max_bytes) return;
  throw LimitError(
      fmt::format("JSON of {} bytes, more than the limit of {}", text.size(), limits.max_bytes));
}

template <class M>
M from_json(std::string_view text, const DecodeLimits& limits) {
  require_json_size(text, limits);
  JsonReader in(text);
  M message;
  std::size_t elements = limits.max_elements;
  JsonForm<M>::read(in, message, elements);
  in.end();
  return message;
}

void read_events(JsonReader& in, proto::History& history, std::size_t& elements) {
  proto::History more;
  read_member<Strings::Text>(in, more.events, elements);
  std::ranges::move(more.events, std::back_inserter(history.events));
}

// {"events":[...]} or {"history":{"events":[...]}}; {} is an empty history, but an object of other
// things is none.
void read_history(JsonReader& in, proto::History& history, std::size_t& elements) {
  bool found = false;
  bool is_empty = true;
  for (in.begin_object(); in.next_member(); is_empty = false) {
    if (in.key() == "events") {
      read_events(in, history, elements);
      found = true;
    } else if (in.key() == "history" && in.peek() == JsonKind::Object) {
      read_history(in, history, elements);
      found = true;
    } else {
      in.skip();
    }
  }
  if (!found && !is_empty) in.fail("not a history: there is no member \"events\"");
}

// True when the next value is an object with a member of that name.
bool has_member(JsonReader in, std::string_view name) {
  if (in.peek() != JsonKind::Object) return false;
  for (in.begin_object(); in.next_member(); in.skip()) {
    if (in.key() == name) return true;
  }
  return false;
}

// [event, ...] or [{"events":[...]}, ...]; the first element tells which.
void read_list(JsonReader& in, proto::History& history, std::size_t& elements) {
  bool first = true;
  bool batches = false;
  for (in.begin_array(); in.next_element(); first = false) {
    if (first) batches = has_member(in, "events");
    if (batches) {
      read_history(in, history, elements);
    } else {
      take_json_element(elements);
      proto::HistoryEvent event;
      JsonForm<proto::HistoryEvent>::read(in, event, elements);
      history.events.push_back(std::move(event));
    }
  }
}

}  // namespace
}  // namespace codec

std::string to_json(const proto::History& history, JsonStyle style) {
  return codec::json_text(history, style);
}
std::string to_json(const proto::HistoryEvent& event, JsonStyle style) {
  return codec::json_text(event, style);
}
std::string to_json(const proto::Command& command, JsonStyle style) {
  return codec::json_text(command, style);
}
std::string to_json(const proto::Failure& failure, JsonStyle style) {
  return codec::json_text(failure, style);
}
std::string to_json(const proto::Payloads& payloads, JsonStyle style) {
  return codec::json_text(payloads, style);
}
std::string to_json(const proto::Payload& payload, JsonStyle style) {
  return codec::json_text(payload, style);
}

proto::History history_from_json(std::string_view text, const DecodeLimits& limits) {
  codec::require_json_size(text, limits);
  JsonReader in(text);
  proto::History history;
  std::size_t elements = limits.max_elements;
  if (in.peek() == JsonKind::Array) {
    codec::read_list(in, history, elements);
  } else {
    codec::read_history(in, history, elements);
  }
  in.end();
  return history;
}
proto::HistoryEvent event_from_json(std::string_view text, const DecodeLimits& limits) {
  return codec::from_json<proto::HistoryEvent>(text, limits);
}
proto::Command command_from_json(std::string_view text, const DecodeLimits& limits) {
  return codec::from_json<proto::Command>(text, limits);
}
proto::Failure failure_from_json(std::string_view text, const DecodeLimits& limits) {
  return codec::from_json<proto::Failure>(text, limits);
}
proto::Payloads payloads_from_json(std::string_view text, const DecodeLimits& limits) {
  return codec::from_json<proto::Payloads>(text, limits);
}
proto::Payload payload_from_json(std::string_view text, const DecodeLimits& limits) {
  return codec::from_json<proto::Payload>(text, limits);
}

}  // namespace durasim::inline v0
