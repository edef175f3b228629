// Messages as bytes: integers and counted texts by core's bounded codec, payloads and failures in
// Temporal's wire format.
#include "activity/isolated_message.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <utility>

namespace durasim::inline v0::isolation {
namespace {

constexpr std::size_t kLengthBytes = 4;
// Far more than anybody returns; few enough that what is made of them stays small.
constexpr DecodeLimits kDecodeLimits{.max_bytes = kMaxMessageBytes, .max_elements = 65'536};

void put(ByteWriter& out, Duration value) {
  out.u64(static_cast<std::uint64_t>(value.count()));
}
void put(ByteWriter& out, WallTime value) {
  put(out, std::chrono::duration_cast<Duration>(value.time_since_epoch()));
}
void put(ByteWriter& out, const PayloadList& values) {
  out.text(durasim::encode(proto::Payloads{.payloads = values.vector(), .unknown_fields = {}}));
}
void put(ByteWriter& out, const RetryPolicy& policy) {
  put(out, policy.initial_interval);
  out.f64(policy.backoff_coefficient);
  put(out, policy.maximum_interval);
  out.u32(static_cast<std::uint32_t>(policy.maximum_attempts));
  out.u32(static_cast<std::uint32_t>(policy.non_retryable_error_types.size()));
  for (const std::string& type : policy.non_retryable_error_types) out.text(type);
}

std::string get_text(ByteReader& in) {
  return in.text(kMaxMessageBytes);
}
Duration get_duration(ByteReader& in) {
  return Duration(static_cast<std::int64_t>(in.u64()));
}
WallTime get_time(ByteReader& in) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(get_duration(in)));
}
PayloadList get_values(ByteReader& in) {
  return PayloadList(decode_payloads(get_text(in), kDecodeLimits).payloads);
}
RetryPolicy get_policy(ByteReader& in) {
  RetryPolicy policy;
  policy.initial_interval = get_duration(in);
  policy.backoff_coefficient = in.f64();
  policy.maximum_interval = get_duration(in);
  policy.maximum_attempts = static_cast<int>(in.u32());
  for (std::uint32_t left = in.count(kLengthBytes); left > 0; --left)
    policy.non_retryable_error_types.push_back(get_text(in));
  return policy;
}

void put(ByteWriter& out, const ActivityTask& task) {
  const ActivityInfo& info = task.info;
  for (const std::string* text :
       {&info.activity_id, &info.activity_type, &info.task_queue, &info.namespace_,
        &info.workflow_id, &info.workflow_run_id, &info.workflow_type, &info.task_token})
    out.text(*text);
  out.u32(static_cast<std::uint32_t>(info.attempt));
  put(out, info.scheduled_time);
  put(out, info.current_attempt_scheduled_time);
  put(out, info.started_time);
  put(out, info.schedule_to_close_timeout);
  put(out, info.start_to_close_timeout);
  put(out, info.heartbeat_timeout);
  out.u8(info.retry_policy ? 1 : 0);
  if (info.retry_policy) put(out, *info.retry_policy);
  put(out, task.arguments);
  put(out, task.heartbeat_details);
}

ActivityTask get_task(ByteReader& in) {
  ActivityTask task;
  ActivityInfo& info = task.info;
  for (std::string* text :
       {&info.activity_id, &info.activity_type, &info.task_queue, &info.namespace_,
        &info.workflow_id, &info.workflow_run_id, &info.workflow_type, &info.task_token})
    *text = get_text(in);
  info.attempt = static_cast<int>(in.u32());
  info.scheduled_time = get_time(in);
  info.current_attempt_scheduled_time = get_time(in);
  info.started_time = get_time(in);
  info.schedule_to_close_timeout = get_duration(in);
  info.start_to_close_timeout = get_duration(in);
  info.heartbeat_timeout = get_duration(in);
  if (in.u8() != 0) info.retry_policy = get_policy(in);
  task.arguments = get_values(in);
  task.heartbeat_details = get_values(in);
  return task;
}

Message decode(ByteView bytes) {
  ByteReader in(bytes);
  Message message{.kind = static_cast<Kind>(in.u8())};
  switch (message.kind) {
    case Kind::Hello:
    case Kind::Cancel:
      message.number = in.u32();
      break;
    case Kind::Run:
      message.number = in.u32();
      message.text = get_text(in);
      message.task = get_task(in);
      break;
    case Kind::Log:
      message.number = in.u32();
      message.module = get_text(in);
      message.text = get_text(in);
      break;
    case Kind::Heartbeat:
    case Kind::Completed:
    case Kind::Canceled:
      message.values = get_values(in);
      break;
    case Kind::Failed:
      message.failure = decode_failure(get_text(in), kDecodeLimits);
      break;
    case Kind::Elsewhere:
      break;
    default:
      throw FormatError(fmt::format("no message has the kind {}", static_cast<int>(message.kind)));
  }
  if (!in.at_end()) throw FormatError("a message is longer than its content");
  return message;
}

std::size_t length_at(ByteView bytes) {
  return ByteReader(bytes.first(kLengthBytes)).u32();
}

}  // namespace

Bytes encode(const Message& message) {
  ByteWriter out(kMaxMessageBytes + kLengthBytes);
  out.u32(0);
  out.u8(static_cast<std::uint8_t>(message.kind));
  switch (message.kind) {
    case Kind::Hello:
    case Kind::Cancel:
      out.u32(message.number);
      break;
    case Kind::Run:
      out.u32(message.number);
      out.text(message.text);
      put(out, message.task);
      break;
    case Kind::Log:
      out.u32(message.number);
      out.text(message.module);
      out.text(message.text);
      break;
    case Kind::Heartbeat:
    case Kind::Completed:
    case Kind::Canceled:
      put(out, message.values);
      break;
    case Kind::Failed:
      out.text(durasim::encode(message.failure));
      break;
    case Kind::Elsewhere:
      break;
  }
  Bytes bytes = out.take();
  ByteWriter length;
  length.u32(static_cast<std::uint32_t>(bytes.size() - kLengthBytes));
  std::memcpy(bytes.data(), length.bytes().data(), kLengthBytes);
  return bytes;
}

void Inbox::append(ByteView bytes) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<Message> Inbox::next() {
  const ByteView rest = ByteView(bytes_).subspan(begin_);
  if (rest.size() < kLengthBytes) return std::nullopt;
  const std::size_t length = length_at(rest);
  if (length > kMaxMessageBytes)
    throw LimitError(fmt::format("a message claims to have {} bytes; at most {} are allowed",
                                 length, kMaxMessageBytes));
  if (rest.size() - kLengthBytes < length) return std::nullopt;
  begin_ += kLengthBytes + length;
  return decode(rest.subspan(kLengthBytes, length));
}

}  // namespace durasim::inline v0::isolation
