// The key function of the interface.
#include "durasim/engine/frontend.hpp"

namespace durasim::inline v0 {

Frontend::~Frontend() = default;

}  // namespace durasim::inline v0
