// What a process and its isolated child say to each other over a socket: a length of four bytes, a
// kind, and what belongs to it. Both ends are of one version, or the child's Hello is refused; what
// a child says is foreign all the same.
#pragma once

#include "durasim/activity/attempt.hpp"
#include "durasim/core/bytes.hpp"
#include "durasim/core/failure_message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace durasim::inline v0::isolation {

// The last argument of a program that is to serve.
inline constexpr std::string_view kServeArgument = "--durasim-serve-isolated";
inline constexpr std::uint32_t kProtocol = 1;
inline constexpr std::size_t kMaxMessageBytes = std::size_t{256} << 20;

enum class Kind : std::uint8_t {
  Hello = 1,  // number: kProtocol
  Run,        // to the child; text: the type; task; number: the lowest LogLevel wanted, 4 for none
  Cancel,     // to the child, number: an ActivityCancelReason
  Heartbeat,  // values
  Log,        // number: a LogLevel; module, text
  Completed,  // values
  Failed,     // failure
  Canceled,   // values
  Elsewhere,
};

struct Message {
  Kind kind{};
  std::uint32_t number = 0;
  std::string module{};
  std::string text{};
  PayloadList values{};
  proto::Failure failure{};
  ActivityTask task{};
};

// With its length before it. Throws LimitError beyond kMaxMessageBytes, InvalidArgument for what
// the wire format cannot hold.
[[nodiscard]] Bytes encode(const Message& message);

// Cuts a stream into messages. Holds what has arrived, whatever lengths are claimed.
class Inbox {
 public:
  void append(ByteView bytes);
  // The next message, if it is there as a whole. Throws FormatError and LimitError.
  [[nodiscard]] std::optional<Message> next();

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;
};

}  // namespace durasim::inline v0::isolation
