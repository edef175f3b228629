// How far apart are the points that a test takes of all that there are: every one is tried; under
// sanitizers, which look at how and not at what, one in seven (prime to the kinds of crash that
// take turns).
#pragma once

#include <cstdint>

namespace durasim {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DURASIM_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DURASIM_SANITIZED
#endif

#ifdef DURASIM_SANITIZED
inline constexpr std::uint64_t kStride = 7;
#else
inline constexpr std::uint64_t kStride = 1;
#endif

}  // namespace durasim
