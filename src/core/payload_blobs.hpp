// Payloads that are too large to stand in a message that is stored: the message carries a
// reference, and the payload, encoded whole, goes where contents are kept once each. Only what
// writes and reads a store's rows asks for this; every other form of a message has its payloads in
// place.
//
// A reference is a payload with metadata encoding "durasim/blob", hash (SHA-256 of the encoded
// payload, 32 bytes) and size (its bytes, in decimal), without data. A user's own payload of that
// encoding is taken out of its message whatever its size: a reference is looked up once, and what
// comes of it is not looked at again, so that it is never mistaken for one.
#pragma once

#include "durasim/core/history.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::codec {

inline constexpr std::string_view kBlobEncoding = "durasim/blob";
// A whole payload that takes more, encoded, does not stay in its message.
inline constexpr std::size_t kMostInlinePayloadBytes = 8 << 10;

using BlobHash = std::array<std::byte, 32>;
struct PayloadBlob {
  BlobHash hash{};  // SHA-256 of the bytes
  std::string bytes;
};

// What has been taken out of messages: each content once in the life of the object, however often
// it comes. Not thread-safe.
class DURASIM_EXPORT PayloadBlobs {
 public:
  explicit PayloadBlobs(std::size_t most_inline_bytes = kMostInlinePayloadBytes)
      : most_inline_bytes_(most_inline_bytes) {}

  [[nodiscard]] std::size_t most_inline_bytes() const { return most_inline_bytes_; }
  BlobHash add(std::string_view bytes);
  // How often something was added.
  [[nodiscard]] std::size_t added() const { return added_; }
  // What is new since the last call.
  [[nodiscard]] std::vector<PayloadBlob> take() { return std::exchange(new_, {}); }

 private:
  std::size_t most_inline_bytes_;
  std::set<BlobHash> known_;
  std::vector<PayloadBlob> new_;
  std::size_t added_ = 0;
};

// The bytes of that hash, which the caller has compared with it. What it throws goes through.
using BlobReader = std::function<std::string(const BlobHash&)>;

// Appends the event to a History in wire format, its large payloads taken out; on an exception
// `history` is as before. Returns the bytes that it would have appended with all of them in place.
DURASIM_EXPORT std::size_t append_event(std::string& history, const proto::HistoryEvent& event,
                                        PayloadBlobs& blobs);
// The inverse. Throws FormatError also for a reference that is none.
[[nodiscard]] DURASIM_EXPORT proto::History decode_history(std::string_view wire,
                                                           const BlobReader& blobs);

// False when nothing in these bytes is a reference. Cheaper than decoding them.
[[nodiscard]] DURASIM_EXPORT bool may_hold_references(std::string_view wire);

}  // namespace durasim::inline v0::codec
