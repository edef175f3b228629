// The bits of the calling thread's floating-point control that change results: rounding and
// denormals, not the sticky status flags nor the masks of exceptions.
#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace durasim::inline v0::sim {

inline std::uint32_t floating_point_mode() {
#if defined(__x86_64__)
  constexpr std::uint32_t kRoundingFlushAndDenormals = 0xE040;
  return _mm_getcsr() & kRoundingFlushAndDenormals;
#elif defined(__aarch64__)
  std::uint64_t fpcr = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  constexpr std::uint64_t kRoundingFlushAndAlternatives = 0x07C80007;
  return static_cast<std::uint32_t>(fpcr & kRoundingFlushAndAlternatives);
#else
#error "durasim supports x86-64 and aarch64"
#endif
}

}  // namespace durasim::inline v0::sim
