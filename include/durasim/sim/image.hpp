// Pictures in memory, and PNG files of them. Knows nothing of how they were rendered.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

// Colours: width x height x 3 bytes, RGB, the top row first.
struct Image {
  int width = 0;   // pixels
  int height = 0;  // pixels
  std::vector<std::uint8_t> rgb;
};

// Distances: width x height values in metres along the direction of view (not along the ray), the
// top row first. Where nothing was hit the value is infinite.
struct DepthImage {
  int width = 0;   // pixels
  int height = 0;  // pixels
  std::vector<float> depth_m;
};

// Which geom is seen where: width x height ids of the model's geoms, the top row first; -1 where
// there is none (background, and what is not a geom: tendons, flexes, sites).
struct SegmentationImage {
  int width = 0;   // pixels
  int height = 0;  // pixels
  std::vector<std::int32_t> geom_id;
};

// The picture as a PNG file (8 bit RGB). Throws InvalidArgument when the size and the pixels
// disagree. Thread-safe.
DURASIM_EXPORT Bytes encode_png(const Image& image);

// Writes a PNG file: the whole one or none. Throws InvalidArgument, IoError. Thread-safe.
DURASIM_EXPORT void write_png(const std::string& path, const Image& image);

}  // namespace durasim::inline v0::sim
