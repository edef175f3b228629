// Identifiers. Random bits come from the caller, so that replayed or simulated code gets the same
// ids again.
#pragma once

#include "durasim/core/config.hpp"

#include <cstdint>
#include <string>

namespace durasim::inline v0 {

// Source of random 64-bit words; a seam, like Clock.
class DURASIM_EXPORT RandomSource {
 public:
  virtual ~RandomSource();
  virtual std::uint64_t next() = 0;
};

// The kernel's random device (getrandom). The object lives as long as the process. Thread-safe.
DURASIM_EXPORT RandomSource& system_random();

// A random UUID (RFC 9562, version 4) in its usual 36-character form.
DURASIM_EXPORT std::string make_uuid(RandomSource& random);

}  // namespace durasim::inline v0
