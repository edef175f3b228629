// SHA-256 (FIPS 180-4), by libcrypto. Hashes identify inputs, models and states.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace durasim::inline v0 {

// A running hash. Movable, not thread-safe. Throws Error when libcrypto fails.
class DURASIM_EXPORT Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256& update(ByteView bytes);
  // The digest. The object is spent afterwards.
  [[nodiscard]] std::array<std::byte, 32> finish_bytes();
  // The same in lower-case hex, 64 characters.
  [[nodiscard]] std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// The hash of one buffer in lower-case hex. Thread-safe.
DURASIM_EXPORT std::string sha256_hex(ByteView bytes);

}  // namespace durasim::inline v0
