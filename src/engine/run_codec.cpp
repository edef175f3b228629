// The descriptions of the records; the numbers are on disk and persistent.
#include "engine/run_codec.hpp"

#include "core/describe_failure.hpp"
#include "core/event_codec.hpp"

namespace durasim::inline v0 {

namespace codec {

template <>
struct Description<RetryPolicy> {
  using M = RetryPolicy;
  static constexpr std::string_view name = "durasim.engine.RetryPolicy";
  static constexpr auto fields =
      codec::fields(field(1, "initial_interval", &M::initial_interval),
                    field(2, "backoff_coefficient", &M::backoff_coefficient),
                    field(3, "maximum_interval", &M::maximum_interval),
                    field(4, "maximum_attempts", &M::maximum_attempts),
                    field(5, "non_retryable_error_types", &M::non_retryable_error_types));
};

template <>
struct Description<engine::WorkflowTaskRecord> {
  using M = engine::WorkflowTaskRecord;
  static constexpr std::string_view name = "durasim.engine.WorkflowTaskRecord";
  static constexpr auto fields = codec::fields(
      field(1, "state", &M::state), field(2, "attempt", &M::attempt),
      field(3, "scheduled_event_id", &M::scheduled_event_id),
      field(4, "started_event_id", &M::started_event_id),
      field(5, "history_size_bytes", &M::history_size_bytes),
      field(6, "suggest_continue_as_new", &M::suggest_continue_as_new),
      field(7, "scheduled_time", &M::scheduled_time), field(8, "started_time", &M::started_time),
      field(9, "not_before", &M::not_before));
};

template <>
struct Description<engine::ActivityRecord> {
  using M = engine::ActivityRecord;
  static constexpr std::string_view name = "durasim.engine.ActivityRecord";
  static constexpr auto fields = codec::fields(
      field(1, "scheduled_event_id", &M::scheduled_event_id),
      field(2, "activity_id", &M::activity_id), field(3, "activity_type", &M::activity_type),
      field(4, "task_queue", &M::task_queue), field(5, "input", &M::input),
      field(6, "scheduled_time", &M::scheduled_time),
      field(7, "attempt_scheduled_time", &M::attempt_scheduled_time),
      field(8, "attempt", &M::attempt), field(9, "started", &M::started),
      field(10, "started_time", &M::started_time),
      field(11, "schedule_to_close", &M::schedule_to_close),
      field(12, "schedule_to_start", &M::schedule_to_start),
      field(13, "start_to_close", &M::start_to_close), field(14, "heartbeat", &M::heartbeat),
      field(15, "retry", &M::retry), field(16, "has_heartbeat_details", &M::has_heartbeat_details),
      field(17, "heartbeat_details", &M::heartbeat_details),
      field(18, "last_heartbeat", &M::last_heartbeat), field(19, "last_failure", &M::last_failure),
      field(20, "cancel_requested", &M::cancel_requested),
      field(21, "cancel_requested_event_id", &M::cancel_requested_event_id),
      field(22, "asynchronous", &M::asynchronous), field(23, "backing_off", &M::backing_off),
      field(24, "identity", &M::identity));
};

template <>
struct Description<engine::TimerRecord> {
  using M = engine::TimerRecord;
  static constexpr std::string_view name = "durasim.engine.TimerRecord";
  static constexpr auto fields =
      codec::fields(field(1, "started_event_id", &M::started_event_id),
                    field(2, "timer_id", &M::timer_id), field(3, "fire_time", &M::fire_time));
};

template <>
struct Description<engine::ExternalRecord> {
  using M = engine::ExternalRecord;
  static constexpr std::string_view name = "durasim.engine.ExternalRecord";
  static constexpr auto fields =
      codec::fields(field(1, "initiated_event_id", &M::initiated_event_id),
                    field(2, "is_signal", &M::is_signal), field(3, "workflow_id", &M::workflow_id),
                    field(4, "run_id", &M::run_id), field(5, "signal_name", &M::signal_name),
                    field(6, "input", &M::input), field(7, "reason", &M::reason));
};

template <>
struct Description<engine::RunRecord> {
  using M = engine::RunRecord;
  static constexpr std::string_view name = "durasim.engine.RunRecord";
  static constexpr auto fields = codec::fields(
      field(1, "first_execution_run_id", &M::first_execution_run_id),
      field(2, "attempt", &M::attempt), field(3, "execution_timeout", &M::execution_timeout),
      field(4, "run_timeout", &M::run_timeout), field(5, "task_timeout", &M::task_timeout),
      field(6, "execution_deadline", &M::execution_deadline),
      field(7, "run_deadline", &M::run_deadline),
      field(8, "first_task_not_before", &M::first_task_not_before), field(9, "retry", &M::retry),
      field(10, "task", &M::task), field(11, "completed_tasks", &M::completed_tasks),
      field(12, "buffered_events", &M::buffered_events), field(13, "signals", &M::signals),
      field(14, "cancel_requested", &M::cancel_requested),
      field(15, "last_event_time", &M::last_event_time), field(16, "crashes", &M::crashes),
      field(17, "parked", &M::parked), field(18, "open_tasks", &M::open_tasks));
};

}  // namespace codec

namespace engine {

std::string encode_record(const RunRecord& record, codec::PayloadBlobs& blobs) {
  return codec::encode_message(record, &blobs);
}
std::string encode_record(const ActivityRecord& record, codec::PayloadBlobs& blobs) {
  return codec::encode_message(record, &blobs);
}
std::string encode_record(const TimerRecord& record) {
  return codec::encode_message(record);
}
std::string encode_record(const ExternalRecord& record, codec::PayloadBlobs& blobs) {
  return codec::encode_message(record, &blobs);
}

RunRecord decode_run(std::string_view bytes, const codec::BlobReader& blobs) {
  return codec::decode_message<RunRecord>(bytes, {}, &blobs);
}
ActivityRecord decode_activity(std::string_view bytes, const codec::BlobReader& blobs) {
  return codec::decode_message<ActivityRecord>(bytes, {}, &blobs);
}
TimerRecord decode_timer(std::string_view bytes) {
  return codec::decode_message<TimerRecord>(bytes);
}
ExternalRecord decode_external(std::string_view bytes, const codec::BlobReader& blobs) {
  return codec::decode_message<ExternalRecord>(bytes, {}, &blobs);
}
RunRecord decode_run_without_payloads(std::string_view bytes) {
  return codec::decode_message<RunRecord>(bytes);
}

}  // namespace engine

}  // namespace durasim::inline v0
