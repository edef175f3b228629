// The bytes of a checkpoint: CheckpointRecord; then the identity (texts); then the timers; then the
// warnings (how often MuJoCo has raised each kind, and the texts); then the physics, which is the
// integration state or the image of mjData. Little-endian, as both supported machines are.
#pragma once

#include "durasim/core/bytes.hpp"

#include <bit>
#include <cstdint>
#include <type_traits>

namespace durasim::inline v0::sim {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::uint64_t kCheckpointMagic = 0x32304B4349535544U;  // "DUSICK02"

// Fixed size, no padding: it is copied as it is.
struct CheckpointRecord {
  std::uint64_t magic = kCheckpointMagic;
  std::int64_t step = 0;
  std::uint64_t random = 0;
  double energy_j = 0;
  double max_speed_m_s = 0;
  double max_contact_force_n = 0;
  double max_penetration_m = 0;
  double max_kinetic_energy_j = 0;
  std::int64_t max_contacts = 0;
  std::uint64_t has_sink = 0;
  std::uint64_t sink_offset = 0;
  std::uint64_t identity_bytes = 0;
  std::uint64_t timer_count = 0;
  std::uint64_t warnings_bytes = 0;
  std::uint64_t physics_bytes = 0;
};
static_assert(std::has_unique_object_representations_v<std::uint64_t> &&
              sizeof(CheckpointRecord) == 15 * sizeof(std::uint64_t));

// Throws FormatError when the bytes do not begin with a record.
CheckpointRecord read_record(ByteView bytes);

}  // namespace durasim::inline v0::sim
