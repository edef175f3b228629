// The one message that an import process sends: an ImportedScene in a bounded binary form. The
// reader treats it like foreign bytes, because the process that wrote it has parsed foreign bytes.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/geometry/shape.hpp"

#include <cstddef>
#include <string>

namespace durasim::inline v0::geometry {

struct SceneLimits {
  std::size_t max_shapes = 20'000;
  std::size_t max_instances = 100'000;
  std::size_t max_triangles = 20'000'000;  // over all shapes
  std::size_t max_message_bytes = std::size_t{1} << 30;
};

// Throws LimitError when the scene is over a limit. Thread-safe.
DURASIM_EXPORT Bytes encode_scene(const ImportedScene& scene, const SceneLimits& limits = {});

// Reads and validates: indices in range, numbers finite, rotations of unit length, volumes and
// sizes positive where there is no error, limits kept. Throws FormatError or LimitError.
// Thread-safe.
DURASIM_EXPORT ImportedScene decode_scene(ByteView message, const SceneLimits& limits = {});

}  // namespace durasim::inline v0::geometry
