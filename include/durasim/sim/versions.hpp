// Versions of the libraries that module sim is linked with.
#pragma once

#include "durasim/core/config.hpp"

#include <string>
#include <vector>

namespace durasim::inline v0::sim {

// "MuJoCo 4.0.0", "Boost 1.81", "tinyxml2 9.0.0". Thread-safe.
DURASIM_EXPORT std::vector<std::string> linked_versions();

}  // namespace durasim::inline v0::sim
