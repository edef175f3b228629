// The bounded codec. Only little-endian machines are supported (checked below), so values are
// copied as they are.
#include "durasim/core/bytes.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>

static_assert(std::endian::native == std::endian::little,
              "durasim supports little-endian machines only");

namespace durasim::inline v0 {

ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ByteWriter::ByteWriter(std::size_t max_bytes) : max_bytes_(max_bytes) {}

void ByteWriter::append(const void* data, std::size_t size) {
  if (size > max_bytes_ - bytes_.size()) {
    throw LimitError(fmt::format("message grows beyond its limit of {} bytes", max_bytes_));
  }
  const auto* first = static_cast<const std::byte*>(data);
  bytes_.insert(bytes_.end(), first, first + size);
}

void ByteWriter::u8(std::uint8_t value) {
  append(&value, sizeof value);
}
void ByteWriter::u32(std::uint32_t value) {
  append(&value, sizeof value);
}
void ByteWriter::u64(std::uint64_t value) {
  append(&value, sizeof value);
}
void ByteWriter::f64(double value) {
  append(&value, sizeof value);
}

void ByteWriter::text(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  append(value.data(), value.size());
}

void ByteWriter::f64_array(std::span<const double> values) {
  u32(static_cast<std::uint32_t>(values.size()));
  append(values.data(), values.size_bytes());
}

void ByteWriter::u32_array(std::span<const std::uint32_t> values) {
  u32(static_cast<std::uint32_t>(values.size()));
  append(values.data(), values.size_bytes());
}

ByteReader::ByteReader(ByteView bytes) : bytes_(bytes) {}

void ByteReader::copy(void* to, std::size_t size) {
  if (size > bytes_.size() - offset_) {
    throw FormatError(
        fmt::format("message ends too early: {} bytes wanted at offset {}, {} are left", size,
                    offset_, bytes_.size() - offset_));
  }
  if (size != 0) std::memcpy(to, bytes_.data() + offset_, size);
  offset_ += size;
}

std::uint8_t ByteReader::u8() {
  std::uint8_t value = 0;
  copy(&value, sizeof value);
  return value;
}

std::uint32_t ByteReader::u32() {
  std::uint32_t value = 0;
  copy(&value, sizeof value);
  return value;
}

std::uint64_t ByteReader::u64() {
  std::uint64_t value = 0;
  copy(&value, sizeof value);
  return value;
}

double ByteReader::f64() {
  double value = 0;
  copy(&value, sizeof value);
  return value;
}

std::uint32_t ByteReader::count(std::size_t min_element_bytes) {
  const std::uint32_t n = u32();
  if (n > (bytes_.size() - offset_) / min_element_bytes) {
    throw FormatError(
        fmt::format("message claims {} elements at offset {}, more than its {} bytes can hold", n,
                    offset_ - 4, bytes_.size()));
  }
  return n;
}

std::string ByteReader::text(std::size_t max_size) {
  const std::uint32_t size = count(1);
  if (size > max_size) {
    throw FormatError(
        fmt::format("text of {} bytes at offset {} is longer than {}", size, offset_, max_size));
  }
  std::string value(size, '\0');
  copy(value.data(), size);
  return value;
}

std::vector<double> ByteReader::f64_array() {
  std::vector<double> values(count(sizeof(double)));
  copy(values.data(), values.size() * sizeof(double));
  return values;
}

std::vector<std::uint32_t> ByteReader::u32_array() {
  std::vector<std::uint32_t> values(count(sizeof(std::uint32_t)));
  copy(values.data(), values.size() * sizeof(std::uint32_t));
  return values;
}

}  // namespace durasim::inline v0
