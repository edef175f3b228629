// The bytes of a trajectory file: a header of 104 bytes, then records of one size, little-endian:
//   header  "DSIMTRAJ", u32 version 1, u32 frames per second, u32 mjtState bits, u32 0, u64 doubles
//   in
//           a state, u32 64, 64 characters SHA-256 of the model, u32 CRC-32C of all before it
//   record  i64 step, f64 time in s, the state, u32 CRC-32C, u32 0
// A record's checksum begins with its number (i64), so that a record in the wrong place is noticed
// too.
#pragma once

#include "durasim/core/bytes.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace durasim::inline v0::sim {

static_assert(std::endian::native == std::endian::little);

inline constexpr int kMaxTrajectoryFps = 1000;

struct TrajectoryHeader {
  static constexpr std::size_t kBytes = 104;

  std::uint32_t frames_per_second = 0;
  std::uint32_t signature = 0;   // mjtState bits
  std::uint64_t state_size = 0;  // doubles in one state
  std::string model_sha256;

  [[nodiscard]] std::uint64_t record_bytes() const;
  // Where record `index` begins; with the number of records, where the file ends.
  [[nodiscard]] std::uint64_t offset_of(std::int64_t index) const;
};

// What stands before and after the state in each record.
struct RecordHead {
  std::int64_t step = 0;
  double time_s = 0;
};
struct RecordTail {
  std::uint32_t checksum = 0;
  std::uint32_t zero = 0;
};

Bytes encode_header(const TrajectoryHeader& header);
// Throws FormatError that names `path`.
TrajectoryHeader decode_header(ByteView bytes, const std::string& path);

// CRC-32C over the record's number, head and state.
std::uint32_t record_checksum(std::int64_t index, const RecordHead& head,
                              std::span<const double> state);

}  // namespace durasim::inline v0::sim
