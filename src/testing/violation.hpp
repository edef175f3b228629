// What ends a seed of a simulation.
#pragma once

#include <stdexcept>

namespace durasim::inline v0::testing {

// Something that must never be.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace durasim::inline v0::testing
