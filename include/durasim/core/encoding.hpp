// The two forms of Temporal's messages outside memory: protobuf wire format (what stores and
// servers hold) and canonical proto3 JSON (what people and tools read). Pure functions,
// thread-safe. Bytes from outside are parsed under limits.
#pragma once

#include "durasim/core/command.hpp"
#include "durasim/core/failure_message.hpp"
#include "durasim/core/history.hpp"
#include "durasim/core/payload.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace durasim::inline v0 {

// Messages in messages (a chain of failure causes, say) go no deeper, in either direction:
// protobuf's own limit, so that what is written here can be read by Temporal's tools.
inline constexpr std::size_t kMaxMessageDepth = 100;

// What a decoder accepts before it throws LimitError.
struct DecodeLimits {
  // Of the whole input.
  std::size_t max_bytes = std::size_t{256} << 20;
  // Elements of lists and maps in the whole input: a few bytes each can become hundreds in memory.
  std::size_t max_elements = std::size_t{4} << 20;
};

// ---- wire format --------------------------------------------------------------------------------

// Fields in the order of their numbers, defaults left out, maps sorted by key, unknown fields
// behind: equal messages give equal bytes. Throws InvalidArgument that names the path of a text
// that is not UTF-8 (text fields must be; bytes fields need not), and of an event that exists only
// as JSON (UnknownEvent).
[[nodiscard]] DURASIM_EXPORT std::string encode(const proto::History& history);
[[nodiscard]] DURASIM_EXPORT std::string encode(const proto::HistoryEvent& event);
// Appends the event to a History in wire format; on an exception `history` is as before.
DURASIM_EXPORT void append_event(std::string& history, const proto::HistoryEvent& event);
[[nodiscard]] DURASIM_EXPORT std::string encode(const proto::Command& command);
[[nodiscard]] DURASIM_EXPORT std::string encode(const proto::Failure& failure);
[[nodiscard]] DURASIM_EXPORT std::string encode(const proto::Payloads& payloads);
[[nodiscard]] DURASIM_EXPORT std::string encode(const proto::Payload& payload);

// Fields that this version does not know are kept and written again. Throws FormatError that names
// the path and what is wrong there, LimitError beyond the limits. Event types without a name are
// accepted: they keep their bytes.
[[nodiscard]] DURASIM_EXPORT proto::History decode_history(std::string_view wire,
                                                           const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::HistoryEvent decode_event(std::string_view wire,
                                                              const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::Command decode_command(std::string_view wire,
                                                           const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::Failure decode_failure(std::string_view wire,
                                                           const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::Payloads decode_payloads(std::string_view wire,
                                                             const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::Payload decode_payload(std::string_view wire,
                                                           const DecodeLimits& limits = {});

// ---- JSON ---------------------------------------------------------------------------------------

enum class JsonStyle { Compact, Indented };

// Canonical proto3 JSON: lowerCamelCase names, 64-bit integers and durations as strings, bytes in
// base64, enumerators by their full name, defaults left out. Unknown fields cannot be shown. Throws
// FormatError that names the path of what JSON cannot hold: a text that is not UTF-8, the year
// 10000.
[[nodiscard]] DURASIM_EXPORT std::string to_json(const proto::History& history,
                                                 JsonStyle style = JsonStyle::Compact);
[[nodiscard]] DURASIM_EXPORT std::string to_json(const proto::HistoryEvent& event,
                                                 JsonStyle style = JsonStyle::Compact);
[[nodiscard]] DURASIM_EXPORT std::string to_json(const proto::Command& command,
                                                 JsonStyle style = JsonStyle::Compact);
[[nodiscard]] DURASIM_EXPORT std::string to_json(const proto::Failure& failure,
                                                 JsonStyle style = JsonStyle::Compact);
[[nodiscard]] DURASIM_EXPORT std::string to_json(const proto::Payloads& payloads,
                                                 JsonStyle style = JsonStyle::Compact);
[[nodiscard]] DURASIM_EXPORT std::string to_json(const proto::Payload& payload,
                                                 JsonStyle style = JsonStyle::Compact);

// Reads canonical JSON and what older tools wrote: enumerators as "WorkflowExecutionStarted",
// "Normal" or numbers, 64-bit integers as numbers, names in snake_case, payloads as the values that
// they hold. Unknown members are ignored, as Temporal's own loaders do. Throws FormatError that
// names the path, LimitError beyond the limits. A history is {"events":[...]}, [event, ...], a list
// of such objects (batches, joined), or any of these below a member "history" (what a server
// answers). An event of a type that this version does not know becomes an UnknownEvent if workers
// may ignore it, else FormatError.
[[nodiscard]] DURASIM_EXPORT proto::History history_from_json(std::string_view text,
                                                              const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::HistoryEvent event_from_json(std::string_view text,
                                                                 const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::Command command_from_json(std::string_view text,
                                                              const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::Failure failure_from_json(std::string_view text,
                                                              const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::Payloads payloads_from_json(std::string_view text,
                                                                const DecodeLimits& limits = {});
[[nodiscard]] DURASIM_EXPORT proto::Payload payload_from_json(std::string_view text,
                                                              const DecodeLimits& limits = {});

// ---- names --------------------------------------------------------------------------------------

// "ActivityTaskScheduled"; a number without a name as "EventType(99)".
[[nodiscard]] DURASIM_EXPORT std::string to_string(EventType type);
[[nodiscard]] DURASIM_EXPORT std::string to_string(CommandType type);
[[nodiscard]] DURASIM_EXPORT std::string to_string(TimeoutType type);
[[nodiscard]] DURASIM_EXPORT std::string to_string(RetryState state);
[[nodiscard]] DURASIM_EXPORT std::string to_string(WorkflowTaskFailedCause cause);

}  // namespace durasim::inline v0
