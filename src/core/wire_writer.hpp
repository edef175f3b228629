// Protobuf's wire format, written from the last byte to the first: the length of a message stands
// before it, and from the back it is known by then, so that nothing is measured twice or moved. It
// knows fields only; what a message is made of is message_codec.hpp's.
#pragma once

#include "durasim/core/config.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace durasim::inline v0::codec {

enum class WireType : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

// What is written last stands first. Not thread-safe.
class WireWriter {
 public:
  // Only what has been written is ever read, so first_ is left as it is.
  WireWriter()  // NOLINT(cppcoreguidelines-pro-type-member-init)
      : begin_(first_.data()), at_(begin_ + first_.size()), end_(at_) {}
  ~WireWriter() = default;
  WireWriter(const WireWriter&) = delete;
  WireWriter& operator=(const WireWriter&) = delete;

  // Everything so far; valid until more is written.
  [[nodiscard]] std::string_view written() const { return {at_, size()}; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - at_); }

  void varint(std::uint64_t value) {
    if (value >= 0x4000) return long_varint(value);
    make_room(2);
    if (value >= 0x80) {
      *--at_ = static_cast<char>(value >> 7U);
      value |= 0x80U;
    }
    *--at_ = static_cast<char>(value);
  }
  void raw(const void* bytes, std::size_t size) {
    make_room(size);
    at_ -= size;
    if (size != 0) std::memcpy(at_, bytes, size);
  }
  void tag(std::uint32_t number, WireType type) {
    varint(number << 3U | static_cast<std::uint32_t>(type));
  }

  // Whole fields. The processor is little-endian, as protobuf is.
  void add_varint(std::uint32_t number, std::uint64_t value) {
    varint(value);
    tag(number, WireType::Varint);
  }
  void add_bytes(std::uint32_t number, std::string_view bytes) {
    raw(bytes.data(), bytes.size());
    close(number, bytes.size());
  }
  void add_double(std::uint32_t number, double value) {
    raw(&value, sizeof value);
    tag(number, WireType::Fixed64);
  }
  void add_float(std::uint32_t number, float value) {
    raw(&value, sizeof value);
    tag(number, WireType::Fixed32);
  }
  // Takes the last `size` bytes back.
  void drop(std::size_t size) { at_ += size; }
  // Makes the last `size` bytes a field: a message, or packed numbers.
  void close(std::uint32_t number, std::size_t size) {
    varint(size);
    tag(number, WireType::Bytes);
  }

 private:
  void make_room(std::size_t size) {
    if (static_cast<std::size_t>(at_ - begin_) < size) [[unlikely]]
      grow(size);
  }
  DURASIM_EXPORT void grow(std::size_t size);
  DURASIM_EXPORT void long_varint(std::uint64_t value);

  std::array<char, 1024> first_;  // most messages fit
  std::unique_ptr<char[]> grown_;
  char* begin_;
  char* at_;
  char* end_;
};

}  // namespace durasim::inline v0::codec
