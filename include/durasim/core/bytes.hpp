// Byte buffers and a bounded little-endian codec for messages between durasim's own processes and
// files. Readers never trust a length: every count is checked against what is left before anything
// is allocated.
#pragma once

#include "durasim/core/config.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0 {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

DURASIM_EXPORT ByteView as_bytes(std::string_view text);
DURASIM_EXPORT std::string_view as_text(ByteView bytes);

// Appends values to a buffer: integers and doubles little-endian, strings and arrays with a 32-bit
// count before them. Throws LimitError when the buffer would grow beyond `max_bytes`. Not
// thread-safe.
class DURASIM_EXPORT ByteWriter {
 public:
  explicit ByteWriter(std::size_t max_bytes = std::size_t{1} << 31);
  void u8(std::uint8_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void f64(double value);
  void text(std::string_view value);
  void f64_array(std::span<const double> values);
  void u32_array(std::span<const std::uint32_t> values);
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }

 private:
  void append(const void* data, std::size_t size);
  Bytes bytes_;
  std::size_t max_bytes_;
};

// Reads what ByteWriter wrote. Throws FormatError that says at which offset the bytes end too early
// or a count is impossible. Borrows the bytes. Not thread-safe.
class DURASIM_EXPORT ByteReader {
 public:
  explicit ByteReader(ByteView bytes);
  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  double f64();
  std::string text(std::size_t max_size = 65536);
  std::vector<double> f64_array();
  std::vector<std::uint32_t> u32_array();
  // A count of elements that take at least `min_element_bytes` each; refused when they cannot be
  // there.
  std::uint32_t count(std::size_t min_element_bytes);
  [[nodiscard]] bool at_end() const { return offset_ == bytes_.size(); }
  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  void copy(void* to, std::size_t size);
  ByteView bytes_;
  std::size_t offset_ = 0;
};

}  // namespace durasim::inline v0
