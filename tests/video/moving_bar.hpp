// Pictures whose frames differ, and videos of them.
#pragma once

#include "durasim/core/frame_sink.hpp"

#include "video/ffprobe.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace durasim_test {

using durasim::FrameSinkFactory;
using durasim::VideoFile;
using durasim::VideoFormat;

inline constexpr VideoFormat kSmall{.width = 160, .height = 96, .fps = 30, .draft = false};
using Colour = std::array<std::uint8_t, 3>;
inline constexpr Colour kTop{200, 40, 30};
inline constexpr Colour kBottom{30, 60, 180};

// The upper half in one colour and the lower in another, bottom row first as OpenGL gives it. A
// white bar that moves makes the frames differ.
inline std::vector<std::uint8_t> picture(const VideoFormat& format, int frame) {
  std::vector<std::uint8_t> rgb;
  for (int y = 0; y < format.height; ++y) {
    for (int x = 0; x < format.width; ++x) {
      const Colour half = y < format.height / 2 ? kBottom : kTop;
      const Colour colour = x / 4 == frame % 8 + 20 ? Colour{255, 255, 255} : half;
      rgb.insert(rgb.end(), colour.begin(), colour.end());
    }
  }
  return rgb;
}

// Of the frames from `first` on.
inline VideoFile encode(FrameSinkFactory& factory, const std::string& path,
                        const VideoFormat& format, int frames, int first = 0) {
  const std::unique_ptr<durasim::FrameSink> sink = factory.open(path, format);
  for (int i = first; i < first + frames; ++i) sink->write(picture(format, i));
  return sink->finish();
}

inline bool programs_missing() {
  if (has_ffprobe()) return false;
  MESSAGE("skipped: ffprobe and ffmpeg are not installed");
  return true;
}

}  // namespace durasim_test
