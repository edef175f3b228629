// Histories for people: an event a line, with what matters of its attributes.
#pragma once

#include "durasim/core/history.hpp"

#include <string>

namespace durasim::inline v0::testing {

[[nodiscard]] std::string history_text(const proto::History& history);

}  // namespace durasim::inline v0::testing
