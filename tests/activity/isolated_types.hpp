// What the isolated activities of isolated_program.cpp are called.
#pragma once

#include "durasim/core/names.hpp"

#include <string>

namespace durasim {

// Does what it is told: see isolated_program.cpp.
inline constexpr Activity<std::string(std::string)> act{"act"};
// Known to nobody.
inline constexpr Activity<void()> absent{"absent"};

}  // namespace durasim
