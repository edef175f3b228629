// Versions: MuJoCo's of the loaded library, the others' of their headers.
#include "durasim/sim/versions.hpp"

#include "durasim/sim/model.hpp"

#include <boost/version.hpp>
#include <fmt/format.h>
#include <tinyxml2.h>

namespace durasim::inline v0::sim {

std::vector<std::string> linked_versions() {
  return {fmt::format("MuJoCo {}", mujoco_version()),
          fmt::format("Boost {}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                      BOOST_VERSION % 100),
          fmt::format("tinyxml2 {}.{}.{}", TIXML2_MAJOR_VERSION, TIXML2_MINOR_VERSION,
                      TIXML2_PATCH_VERSION)};
}

}  // namespace durasim::inline v0::sim
