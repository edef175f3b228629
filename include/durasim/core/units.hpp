// Length units of input files and meshes. Inside durasim every length is in metres; this is the
// only door.
#pragma once

#include "durasim/core/config.hpp"

#include <optional>
#include <string_view>

namespace durasim::inline v0 {

enum class LengthUnit { Micrometre, Millimetre, Centimetre, Metre, Inch, Foot };

// Metres in one unit: exact by definition (the inch is 25.4 mm since 1959). Thread-safe.
DURASIM_EXPORT double metres_per(LengthUnit unit);

// "um", "mm", "cm", "m", "in", "ft". Thread-safe.
DURASIM_EXPORT std::string_view to_string(LengthUnit unit);

// Reads the short names above and the usual long ones ("millimetre", "inch", ...), in any case;
// nothing for any other text. Thread-safe.
DURASIM_EXPORT std::optional<LengthUnit> parse_length_unit(std::string_view text);

}  // namespace durasim::inline v0
