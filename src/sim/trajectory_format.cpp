// Reading and writing the header and the records of a recording, with their checksums.
#include "sim/trajectory_format.hpp"

#include "durasim/core/crc32c.hpp"
#include "durasim/core/error.hpp"

#include <fmt/format.h>

namespace durasim::inline v0::sim {
namespace {

constexpr std::uint64_t kMagic = 0x4A41'5254'4D49'5344;  // "DSIMTRAJ"
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHashLength = 64;
constexpr std::uint64_t kMaxStateSize = std::uint64_t{1} << 27;  // 1 GiB a state

}  // namespace

std::uint64_t TrajectoryHeader::record_bytes() const {
  return sizeof(RecordHead) + sizeof(double) * state_size + sizeof(RecordTail);
}

std::uint64_t TrajectoryHeader::offset_of(std::int64_t index) const {
  return kBytes + static_cast<std::uint64_t>(index) * record_bytes();
}

Bytes encode_header(const TrajectoryHeader& header) {
  ByteWriter writer;
  writer.u64(kMagic);
  writer.u32(kVersion);
  writer.u32(header.frames_per_second);
  writer.u32(header.signature);
  writer.u32(0);
  writer.u64(header.state_size);
  writer.text(header.model_sha256);
  writer.u32(crc32c(as_text(writer.bytes())));
  if (writer.bytes().size() != TrajectoryHeader::kBytes)
    throw LogicError("trajectory header has the wrong size");
  return writer.take();
}

TrajectoryHeader decode_header(ByteView bytes, const std::string& path) {
  const auto refuse = [&](const std::string& why) {
    throw FormatError(fmt::format("{}: {}", path, why));
  };
  if (bytes.size() < TrajectoryHeader::kBytes)
    refuse("is not a recorded trajectory: it is too short");
  ByteReader reader(bytes.first(TrajectoryHeader::kBytes));
  if (reader.u64() != kMagic) refuse("is not a recorded trajectory");
  const std::uint32_t version = reader.u32();
  if (version != kVersion) {
    refuse(
        fmt::format("was recorded in format {}, this durasim reads format {}", version, kVersion));
  }
  TrajectoryHeader header;
  header.frames_per_second = reader.u32();
  header.signature = reader.u32();
  reader.u32();
  header.state_size = reader.u64();
  header.model_sha256 = reader.text(kHashLength);
  if (header.model_sha256.size() != kHashLength ||
      reader.u32() !=
          crc32c(as_text(bytes.first(TrajectoryHeader::kBytes - sizeof(std::uint32_t))))) {
    refuse("the header is damaged (its checksum does not match)");
  }
  if (header.frames_per_second < 1 ||
      std::cmp_greater(header.frames_per_second, kMaxTrajectoryFps) ||
      header.state_size > kMaxStateSize) {
    refuse(fmt::format("the header is impossible: {} frames per second, {} values in a state",
                       header.frames_per_second, header.state_size));
  }
  return header;
}

std::uint32_t record_checksum(std::int64_t index, const RecordHead& head,
                              std::span<const double> state) {
  const auto text_of = [](const auto& value) {
    return as_text(std::as_bytes(std::span(&value, 1)));
  };
  return crc32c(as_text(std::as_bytes(state)), crc32c(text_of(head), crc32c(text_of(index))));
}

}  // namespace durasim::inline v0::sim
