// Calls and answers as bytes: little-endian, counted, bounded (core/bytes.hpp). What comes from the
// other side is not trusted.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/encoding.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/message_values.hpp"

#include "engine/control/calls.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace durasim::inline v0::engine::control {

// Both sides say it first; another number is another protocol.
inline constexpr std::uint32_t kProtocol = 0x32537544;  // "DuS2"
inline constexpr std::size_t kMaxMessageBytes = std::size_t{96} << 20;

// What a call threw, by the type that it is thrown as again.
enum class ErrorKind : std::uint8_t {
  None,
  Other,
  InvalidArgument,
  WorkflowNotFound,
  WorkflowAlreadyStarted,
  QueryFailed,
  WorkflowNotReady,
  StoreRejected,
  StoreUnknown,
  StoreDamaged,
  Cancelled,
  Limit,
  Failure,
};
// The last enumerator of each enumeration that messages hold.
template <class T>
inline constexpr T kLast{};
template <>
inline constexpr ErrorKind kLast<ErrorKind> = ErrorKind::Failure;
template <>
inline constexpr IdReusePolicy kLast<IdReusePolicy> = IdReusePolicy::RejectDuplicate;
template <>
inline constexpr IdConflictPolicy kLast<IdConflictPolicy> = IdConflictPolicy::TerminateExisting;
template <>
inline constexpr WorkflowStatus kLast<WorkflowStatus> = WorkflowStatus::TimedOut;

// ---- the two directions -------------------------------------------------------------------------

class Writer {
 public:
  template <class... T>
  void operator()(T&... values) {
    (put(values), ...);
  }
  [[nodiscard]] Bytes take() { return out_.take(); }
  void put(const std::string& v) { out_.text(v); }
  void put(bool v) { out_.u8(v ? 1 : 0); }
  void put(double v) { out_.f64(v); }
  template <class T>
    requires std::is_enum_v<T> || (std::is_integral_v<T> && !std::is_same_v<T, bool>)
  void put(T v) {
    out_.u64(static_cast<std::uint64_t>(static_cast<std::int64_t>(v)));
  }
  void put(Duration v) { put(v.count()); }
  void put(WallTime v) { put(std::chrono::duration_cast<Duration>(v.time_since_epoch()).count()); }
  void put(const PayloadList& v) {
    out_.text(encode(proto::to_message(v).value_or(proto::Payloads{})));
  }
  void put(const Payload& v) { out_.text(encode(v)); }
  void put(const proto::Failure& v) { out_.text(encode(v)); }
  template <class T>
  void put(std::optional<T>& v) {
    put(v.has_value());
    if (v) put(*v);
  }
  template <class T>
  void put(std::vector<T>& v) {
    out_.u32(static_cast<std::uint32_t>(v.size()));
    for (T& element : v) put(element);
  }
  void put(std::map<std::string, Payload>& v) {
    out_.u32(static_cast<std::uint32_t>(v.size()));
    for (auto& [name, payload] : v) {
      put(name);
      put(payload);
    }
  }
  template <class... T>
  void put(std::variant<T...>& v) {
    out_.u8(static_cast<std::uint8_t>(v.index()));
    std::visit([this](auto& value) { this->put(value); }, v);
  }
  template <class T>
    requires requires(Writer& w, T& v) { members(w, v); }
  void put(T& v) {
    members(*this, v);
  }

 private:
  ByteWriter out_{kMaxMessageBytes};
};

// Throws FormatError for what does not fit.
class Reader {
 public:
  explicit Reader(ByteView bytes) : in_(bytes) {}
  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  void expect_end() const {
    if (!in_.at_end()) throw FormatError("a message has more bytes than it needs");
  }
  void get(std::string& v) { v = in_.text(kMaxMessageBytes); }
  void get(bool& v) { v = in_.u8() != 0; }
  void get(double& v) { v = in_.f64(); }
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  void get(T& v) {
    v = static_cast<T>(static_cast<std::int64_t>(in_.u64()));
  }
  template <class T>
    requires std::is_enum_v<T>
  void get(T& v) {
    const std::uint64_t number = in_.u64();
    if (number > static_cast<std::uint64_t>(kLast<T>))
      throw FormatError("a message has an enumerator that is not known here");
    v = static_cast<T>(number);
  }
  void get(Duration& v) {
    Duration::rep count = 0;
    get(count);
    v = Duration(count);
  }
  void get(WallTime& v) {
    Duration since_epoch{};
    get(since_epoch);
    v = WallTime(std::chrono::duration_cast<WallTime::duration>(since_epoch));
  }
  void get(PayloadList& v) { v = PayloadList(decode_payloads(text()).payloads); }
  void get(Payload& v) { v = decode_payload(text()); }
  void get(proto::Failure& v) { v = decode_failure(text()); }
  template <class T>
  void get(std::optional<T>& v) {
    bool there = false;
    get(there);
    v.reset();
    if (there) get(v.emplace());
  }
  template <class T>
  void get(std::vector<T>& v) {
    v.clear();
    for (std::uint32_t left = in_.count(1); left > 0; --left) get(v.emplace_back());
  }
  void get(std::map<std::string, Payload>& v) {
    v.clear();
    for (std::uint32_t left = in_.count(8); left > 0; --left) {
      std::string name;
      get(name);
      get(v[name]);
    }
  }
  template <class... T>
  void get(std::variant<T...>& v) {
    const std::size_t index = in_.u8();
    if (index >= sizeof...(T)) throw FormatError("a message is of a kind that is not known here");
    std::size_t at = 0;
    ((at++ == index ? get(v.template emplace<T>()) : void()), ...);
  }
  template <class T>
    requires requires(Reader& r, T& v) { members(r, v); }
  void get(T& v) {
    members(*this, v);
  }

 private:
  std::string text() { return in_.text(kMaxMessageBytes); }
  ByteReader in_;
};

// ---- answers ------------------------------------------------------------------------------------

// The bytes of an answer that is an error; called in a catch block.
[[nodiscard]] DURASIM_EXPORT Bytes error_answer();
// Throws what the answer says; nothing for one that is none.
DURASIM_EXPORT void rethrow(ErrorKind kind, Reader& reader);

template <class Answer>
[[nodiscard]] Bytes answer_of(Answer&& answer) {
  Writer writer;
  writer.put(ErrorKind::None);
  writer.put(answer);
  return writer.take();
}
template <class Answer>
[[nodiscard]] Answer read_answer(ByteView bytes) {
  Reader reader(bytes);
  ErrorKind kind{};
  reader.get(kind);
  rethrow(kind, reader);
  Answer answer{};
  reader.get(answer);
  reader.expect_end();
  return answer;
}

}  // namespace durasim::inline v0::engine::control
