// The checkpoint as a value: its fixed beginning, and its form for files and databases.
#include "durasim/sim/checkpoint.hpp"

#include "durasim/core/sha256.hpp"

#include "sim/checkpoint_layout.hpp"

#include <cstring>

namespace durasim::inline v0::sim {
namespace {

constexpr std::size_t kHashSize = 64;  // hexadecimal digits

}  // namespace

CheckpointMismatch::CheckpointMismatch(std::string member, const std::string& message)
    : Error(message), member_(std::move(member)) {}
CheckpointMismatch::~CheckpointMismatch() = default;

CheckpointRecord read_record(ByteView bytes) {
  CheckpointRecord record;
  if (bytes.size() < sizeof record)
    throw FormatError("this is not a checkpoint of durasim: it ends too early");
  std::memcpy(&record, bytes.data(), sizeof record);
  if (record.magic != kCheckpointMagic) {
    throw FormatError(
        "this is not a checkpoint of this version of durasim: its first eight bytes differ");
  }
  return record;
}

std::int64_t Checkpoint::step() const {
  return read_record(bytes_).step;
}

Bytes Checkpoint::serialize() const {
  Bytes bytes = bytes_;
  const std::string hash = sha256_hex(bytes_);
  const ByteView digits = as_bytes(hash);
  bytes.insert(bytes.end(), digits.begin(), digits.end());
  return bytes;
}

Checkpoint Checkpoint::parse(ByteView bytes) {
  if (bytes.size() < kHashSize)
    throw FormatError("this is not a checkpoint of durasim: it ends too early");
  const ByteView state = bytes.first(bytes.size() - kHashSize);
  if (as_text(bytes.last(kHashSize)) != sha256_hex(state))
    throw FormatError("the checkpoint is damaged: its SHA-256 differs");
  static_cast<void>(read_record(state));
  Checkpoint checkpoint;
  checkpoint.bytes_.assign(state.begin(), state.end());
  return checkpoint;
}

}  // namespace durasim::inline v0::sim
