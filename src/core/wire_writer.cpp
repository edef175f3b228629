// The room of a message that is being written.
#include "core/wire_writer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace durasim::inline v0::codec {

static_assert(std::endian::native == std::endian::little);

void WireWriter::long_varint(std::uint64_t value) {
  const std::size_t size = (static_cast<std::size_t>(std::bit_width(value)) + 6) / 7;
  make_room(size);
  at_ -= size;
  char* to = at_;
  for (; value >= 0x80; value >>= 7U) *to++ = static_cast<char>(value | 0x80U);
  *to = static_cast<char>(value);
}

void WireWriter::grow(std::size_t size) {
  const std::size_t used = this->size();
  const std::size_t room = std::max(used + size, 2 * static_cast<std::size_t>(end_ - begin_));
  auto bigger = std::make_unique_for_overwrite<char[]>(room);
  char* const end = bigger.get() + room;
  std::memcpy(end - used, at_, used);
  grown_ = std::move(bigger);
  begin_ = grown_.get();
  at_ = end - used;
  end_ = end;
}

}  // namespace durasim::inline v0::codec
