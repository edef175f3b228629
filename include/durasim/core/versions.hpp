// Versions of the libraries that module core is linked with.
#pragma once

#include "durasim/core/config.hpp"

#include <string>
#include <vector>

namespace durasim::inline v0 {

// "fmt 9.1.0", "OpenSSL 3.0.15", ... Thread-safe.
DURASIM_EXPORT std::vector<std::string> linked_versions();

}  // namespace durasim::inline v0
