// Hashing once, and checking at each further read that nobody has changed a file meanwhile.
#include "s3/content.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/sha256.hpp"

#include <algorithm>
#include <utility>

namespace durasim::inline v0::s3 {
namespace {

constexpr std::uint64_t kMaxParts = 10'000;  // AWS: "Amazon S3 multipart upload limits"

}  // namespace

Content::Content(Read read, std::uint64_t size, std::size_t part_bytes)
    : read_(std::move(read)),
      size_(size),
      part_bytes_(std::max<std::size_t>(part_bytes, (size + kMaxParts - 1) / kMaxParts)),
      parts_(std::max<std::size_t>((size + part_bytes_ - 1) / part_bytes_, 1)) {
  Sha256 whole;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const ByteView bytes = read_(i * part_bytes_, part_size(i));
    whole.update(bytes);
    parts_[i] = Sha256().update(bytes).finish_bytes();
  }
  digest_ = whole.finish_bytes();
}

std::size_t Content::part_size(std::size_t index) const {
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(part_bytes_, size_ - index * part_bytes_));
}

Content::Digest Content::composite_digest() const {
  Sha256 hash;
  for (const Digest& part : parts_) hash.update(part);
  return hash.finish_bytes();
}

ByteView Content::part(std::size_t index) const {
  const ByteView bytes = read_(index * part_bytes_, part_size(index));
  if (Sha256().update(bytes).finish_bytes() != parts_[index])
    throw IoError("the file was changed while it was put into the store");
  return bytes;
}

}  // namespace durasim::inline v0::s3
