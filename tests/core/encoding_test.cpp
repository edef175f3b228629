// Wire format and JSON of Temporal's messages by examples: known bytes and texts, what old tools
// wrote, and what is refused with which words.
#include "durasim/core/encoding.hpp"

#include "durasim/core/error.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace durasim;
using proto::HistoryEvent;

namespace {

HistoryEvent timer_started() {
  HistoryEvent event = proto::make_event(proto::TimerStartedEventAttributes{
      .timer_id = "1",
      .start_to_fire_timeout = proto::ProtoDuration{1, 500'000'000},
      .workflow_task_completed_event_id = 4});
  event.event_id = 5;
  event.event_time = proto::Timestamp{1'784'500'000, 1'000};
  return event;
}

proto::Failure chain(std::size_t length) {
  proto::Failure failure{.message = "end"};
  for (std::size_t i = 1; i < length; ++i) {
    proto::Failure outer{.message = "link"};
    outer.cause = std::move(failure);
    failure = std::move(outer);
  }
  return failure;
}

template <class E>
std::string message_of(auto call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "no exception";
}

}  // namespace

TEST_CASE("an event has the bytes that protobuf gives it") {
  // event_id 5, event_time, event_type 17, timer_started_event_attributes (field 20)
  const std::string wire(
      "\x08\x05\x12\x09\x08\xa0\x9e\xf5\xd2\x06\x10\xe8\x07\x18\x11\xa2\x01\x0f\x0a\x01"
      "1\x12\x08\x08\x01\x10\x80\xca\xb5\xee\x01\x18\x04",
      33);
  CHECK(encode(timer_started()) == wire);
  CHECK(decode_event(wire) == timer_started());
}

TEST_CASE("an event has its canonical JSON") {
  CHECK(
      to_json(timer_started()) ==
      R"({"eventId":"5","eventTime":"2026-07-19T22:26:40.000001Z","eventType":"EVENT_TYPE_TIMER_STARTED",)"
      R"("timerStartedEventAttributes":{"timerId":"1","startToFireTimeout":"1.500s","workflowTaskCompletedEventId":"4"}})");
  CHECK(event_from_json(to_json(timer_started())) == timer_started());
  CHECK(to_json(proto::History{}) == "{}");
  proto::History one{.events = {HistoryEvent{.event_id = 1}}};
  CHECK(to_json(one, JsonStyle::Indented) ==
        "{\n  \"events\": [\n    {\n      \"eventId\": \"1\"\n    }\n  ]\n}");
}

TEST_CASE("a history comes in four shapes") {
  const proto::History two{.events = {timer_started(), timer_started()}};
  const std::string event = to_json(timer_started());
  for (const std::string& text :
       {"{\"events\":[" + event + "," + event + "]}", "[" + event + ", " + event + "]",
        "[{\"events\":[" + event + "]},{\"events\":[" + event + "]}]",
        "{\"history\":{\"events\":[" + event + "," + event + "]},\"nextPageToken\":\"\"}"}) {
    CAPTURE(text);
    CHECK(history_from_json(text) == two);
  }
  CHECK(history_from_json("{}").events.empty());
  CHECK(history_from_json("[]").events.empty());
  CHECK(message_of<FormatError>([] { (void)history_from_json("{\"Auth\":1}"); }) ==
        "$: not a history: there is no member \"events\"");
}

TEST_CASE("what older tools wrote is read") {
  const HistoryEvent event = event_from_json(R"({
    "eventId": 7, "event_time": "2026-07-20T00:26:40.000001+02:00", "eventType": "WorkflowTaskScheduled", "new": [1],
    "workflowTaskScheduledEventAttributes":
      {"taskQueue": {"name": "q", "kind": "Sticky"}, "startToCloseTimeout": "10s", "attempt": "3"}, "links": null})");
  CHECK(event.event_id == 7);
  CHECK(event.event_time == timer_started().event_time);
  CHECK(event.event_type == EventType::WorkflowTaskScheduled);
  const auto* attributes = event.attributes_if<proto::WorkflowTaskScheduledEventAttributes>();
  REQUIRE(attributes != nullptr);
  CHECK(attributes->task_queue->kind == TaskQueueKind::Sticky);
  CHECK(attributes->attempt == 3);
  CHECK(event_from_json(R"({"eventType": 17})").event_type == EventType::TimerStarted);
  CHECK(payload_from_json(R"({"data": "_-8"})").data == "\xff\xef");
  // As Temporal's HTTP API and UI write payloads.
  const proto::Payloads plain =
      payloads_from_json(R"({"payloads": [5, {"data": "eA=="}, {"a": [1]}, {}]})");
  const std::map<std::string, std::string> json_plain{{"encoding", "json/plain"}};
  CHECK(plain.payloads == PayloadList{{.metadata = json_plain, .data = "5"},
                                      {.data = "x"},
                                      {.metadata = json_plain, .data = R"({"a": [1]})"},
                                      {}});
}

TEST_CASE("fields that this version does not know are kept in order") {
  std::string wire = encode(timer_started());
  const std::string unknown("\xf8\x3f\x07\xc2\x3e\x03new\xf8\x3f\x08", 12);
  wire += unknown;
  const HistoryEvent event = decode_event(wire);
  CHECK(event.unknown_fields.bytes() == unknown);
  CHECK(encode(event) == wire);
  // Field 1 with another wire type than a number counts as unknown too.
  const std::string odd("\x0a\x01x", 3);
  CHECK(decode_event(odd).unknown_fields.bytes() == odd);
}

TEST_CASE("what comes twice is merged as protobuf does") {
  const std::string first = encode(proto::Failure{.message = "a", .source = "s"});
  const std::string second = encode(proto::Failure{.message = "b"});
  const proto::Failure merged = decode_failure(first + second);
  CHECK(merged.message == "b");
  CHECK(merged.source == "s");
}

TEST_CASE("numbers keep their ends and their signs") {
  HistoryEvent event = timer_started();
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                    std::numeric_limits<std::int64_t>::max()}) {
    event.task_id = number;
    CHECK(decode_event(encode(event)) == event);
    CHECK(event_from_json(to_json(event)) == event);
  }
  proto::RetryPolicy policy{.backoff_coefficient = std::numeric_limits<double>::infinity(),
                            .maximum_attempts = -1};
  HistoryEvent changed = proto::make_event(
      proto::ActivityPropertiesModifiedExternallyEventAttributes{.new_retry_policy = policy});
  CHECK(decode_event(encode(changed)) == changed);
  CHECK(event_from_json(to_json(changed)) == changed);
}

TEST_CASE("an error names the path") {
  proto::History history{.events = {timer_started(), timer_started()}};
  history.events[1].attributes_if<proto::TimerStartedEventAttributes>()->timer_id = "\xff";
  CHECK(message_of<InvalidArgument>([&] { (void)encode(history); }) ==
        "temporal.api.history.v1.History cannot be encoded: "
        "events[1].timer_started_event_attributes.timer_id: the text is not UTF-8");
  CHECK(message_of<FormatError>([&] {
          (void)to_json(history);
        }).starts_with("$.events[1].timerStartedEventAttributes.timerId: "));

  history.events[1] = timer_started();
  std::string wire = encode(history);
  wire[wire.rfind("\x0a\x01") + 2] = '\xff';
  CHECK(message_of<FormatError>([&] { (void)decode_history(wire); }) ==
        "not a temporal.api.history.v1.History: "
        "events[1].timer_started_event_attributes.timer_id: the text is not UTF-8");
  CHECK(message_of<FormatError>([&] {
          (void)event_from_json(R"({"timerFiredEventAttributes":{"timerId":5}})");
        }) == "$.timerFiredEventAttributes.timerId: expected a string, found the number 5");
  CHECK(message_of<FormatError>([] {
          (void)event_from_json(
              R"({"timerFiredEventAttributes":{},"timerStartedEventAttributes":{}})");
        }) == "$.timerStartedEventAttributes: this excludes a member that came before");
}

TEST_CASE("depth, size and the number of elements are limited") {
  CHECK(decode_failure(encode(chain(kMaxMessageDepth))) == chain(kMaxMessageDepth));
  CHECK(failure_from_json(to_json(chain(kMaxMessageDepth))) == chain(kMaxMessageDepth));
  CHECK(message_of<InvalidArgument>([] {
          (void)encode(chain(kMaxMessageDepth + 2));
        }).ends_with("messages are nested deeper than 100"));
  // Causes in causes: field 4, two bytes of length as long as it fits.
  std::string deep;
  for (int i = 0; i < 150; ++i) {
    const std::size_t size = deep.size();
    const char length[] = {static_cast<char>(0x80U | (size & 0x7FU)),
                           static_cast<char>(size >> 7U)};
    deep = "\x22" + std::string(length, 2) + deep;
  }
  CHECK(message_of<FormatError>([&] {
          (void)decode_failure(deep);
        }).ends_with("messages are nested deeper than 100"));
  CHECK_THROWS_AS((void)failure_from_json(std::string(100'000, '[')), FormatError);

  const proto::Payloads payloads{.payloads = std::vector<Payload>(10)};
  CHECK_THROWS_AS((void)decode_payloads(encode(payloads), {.max_elements = 9}), LimitError);
  CHECK_THROWS_AS((void)payloads_from_json(to_json(payloads), {.max_elements = 9}), LimitError);
  CHECK(decode_payloads(encode(payloads), {.max_elements = 10}) == payloads);
  CHECK_THROWS_AS((void)decode_payloads(encode(payloads), {.max_bytes = 5}), LimitError);
  CHECK_THROWS_AS((void)payloads_from_json(to_json(payloads), {.max_bytes = 5}), LimitError);
}

TEST_CASE("each type of event and command knows its struct") {
  CHECK(to_string(EventType::ActivityTaskScheduled) == "ActivityTaskScheduled");
  CHECK(to_string(static_cast<EventType>(99)) == "EventType(99)");
  CHECK(to_string(WorkflowTaskFailedCause::GrpcMessageTooLarge) == "GrpcMessageTooLarge");
  static_assert(proto::event_type_of<proto::TimerFiredEventAttributes> == EventType::TimerFired);
  static_assert(proto::command_type_of<proto::RequestCancelNexusOperationCommandAttributes> ==
                CommandType::RequestCancelNexusOperation);
  static_assert(sizeof(HistoryEvent) <= 320);
}
