// Histories for people: an event a line, with what matters of its attributes.
#pragma once

#include "durasim/core/history.hpp"

#include <string>
#include <string_view>

namespace durasim::inline v0::testing {

// Control characters and bytes beyond ASCII as \xNN, so that no text steers a terminal.
[[nodiscard]] std::string printable(std::string_view text);

[[nodiscard]] std::string history_text(const proto::History& history);

}  // namespace durasim::inline v0::testing
