// A saved moment of a run, and the identity of the machinery that can continue it bit for bit.
// A checkpoint is trusted like a core dump: sizes are checked, but it must come from durasim
// itself.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace durasim::inline v0::sim {

// The checkpoint was made by another MuJoCo, model, libm, CPU, floating-point mode or set of rules:
// going on would end in another state. The message names the member that differs and both values.
class DURASIM_EXPORT CheckpointMismatch : public Error {
 public:
  CheckpointMismatch(std::string member, const std::string& message);
  ~CheckpointMismatch() override;
  // "mujoco", "libm_probe", "model", ...: the name used in Identity, or "model", "rules",
  // "physics".
  [[nodiscard]] const std::string& member() const { return member_; }

 private:
  std::string member_;
};

// What the last bit of a simulation depends on besides model and rules. Two processes with equal
// identities continue each other's runs bit for bit.
struct Identity {
  std::string mujoco;        // version, e.g. "4.0.0"
  std::string mujoco_build;  // build id of the loaded libmujoco, or the hash of its file
  std::string libc;          // "glibc 2.36"
  std::string libm_build;    // build id of the loaded libm, or the hash of its file
  std::string cpu_features;  // those that select libm's code paths, e.g. "x86_64 avx2 fma"
  std::string
      floating_point;  // rounding and denormal control of the calling thread (MXCSR or FPCR), hex
  std::string
      libm_probe;  // hash of 64 values of sin, cos, tan, exp, log, pow, atan2, ... of this process
  friend bool operator==(const Identity&, const Identity&) = default;
};

// The identity of this process and thread. Everything but floating_point is computed once.
// Thread-safe.
DURASIM_EXPORT Identity current_identity();

// SHA-256 over the members, lower-case hex: provenance's "fingerprint". Thread-safe.
DURASIM_EXPORT std::string fingerprint(const Identity& identity);

// Written by SimulationLoop::save_state, read by load_state. Reuse one object: its buffer is kept.
// Movable and copyable, not thread-safe.
class DURASIM_EXPORT Checkpoint {
 public:
  Checkpoint() = default;
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  // The step that the saved run stood at. Throws FormatError when empty.
  [[nodiscard]] std::int64_t step() const;
  // The state with a SHA-256 at its end, for a file or a database.
  [[nodiscard]] Bytes serialize() const;
  // Reads what serialize() wrote. Throws FormatError for anything else, also a single changed byte.
  static Checkpoint parse(ByteView bytes);

 private:
  friend class SimulationLoop;
  Bytes bytes_;
};

}  // namespace durasim::inline v0::sim
