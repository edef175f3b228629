// Signals by their names.
#pragma once

#include <cstring>
#include <string>

namespace durasim::inline v0 {

// "SIGSEGV"; "signal 99" for one without a name.
inline std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace durasim::inline v0
