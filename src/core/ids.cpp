// UUIDs and the kernel's random numbers.
#include "durasim/core/ids.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace durasim::inline v0 {
namespace {

class SystemRandom final : public RandomSource {
 public:
  std::uint64_t next() override {
    std::uint64_t word = 0;
    // getrandom of at most 256 bytes is never cut short, only interrupted before it starts.
    while (getrandom(&word, sizeof word, 0) != static_cast<ssize_t>(sizeof word)) {
      if (errno != EINTR) throw IoError(fmt::format("getrandom failed: {}", std::strerror(errno)));
    }
    return word;
  }
};

}  // namespace

RandomSource::~RandomSource() = default;

RandomSource& system_random() {
  static SystemRandom random;
  return random;
}

std::string make_uuid(RandomSource& random) {
  const std::uint64_t high = (random.next() & ~0xF000ULL) | 0x4000ULL;  // version 4
  const std::uint64_t low =
      (random.next() & ~0xC000000000000000ULL) | 0x8000000000000000ULL;  // variant 1
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFFULL);
}

}  // namespace durasim::inline v0
