// Bytes on their way into a bucket: their hashes, whole and in parts, and the parts themselves,
// read again one at a time.
#pragma once

#include "durasim/core/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace durasim::inline v0::s3 {

class Content {
 public:
  // The bytes at an offset, valid until the next call.
  using Read = std::function<ByteView(std::uint64_t offset, std::size_t size)>;
  using Digest = std::array<std::byte, 32>;

  // Reads all of it once. `read` lives as long as the content.
  Content(Read read, std::uint64_t size, std::size_t part_bytes);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] std::size_t part_count() const { return parts_.size(); }  // at least one
  [[nodiscard]] std::size_t part_size(std::size_t index) const;
  [[nodiscard]] const Digest& part_digest(std::size_t index) const { return parts_[index]; }
  // What S3 calls a composite checksum: the hash of the parts' hashes.
  [[nodiscard]] Digest composite_digest() const;
  // Valid until the next call. Throws IoError when it is not what it was.
  [[nodiscard]] ByteView part(std::size_t index) const;

 private:
  Read read_;
  std::uint64_t size_;
  std::size_t part_bytes_;
  Digest digest_{};
  std::vector<Digest> parts_;
};

}  // namespace durasim::inline v0::s3
