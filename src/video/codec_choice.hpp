// Which encoder makes a file of some extension, and with which settings. Opens encoders, writes no
// file.
#pragma once

#include "durasim/core/frame_sink.hpp"

#include "video/libav.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::video {

// A file type: its extension, libav's name of the container, and the encoders for it, best first.
struct Container {
  std::string_view extension;
  const char* muxer;
  std::span<const char* const> encoders;
};

// Throws UnavailableError that lists the extensions which are known.
const Container& container_of(const std::string& path);

// The first encoder of `container` that is not forbidden and opens for `format`. Throws
// UnavailableError that says of each why it was not taken.
CodecContext open_encoder(const Container& container, const VideoFormat& format, bool global_header,
                          std::span<const std::string> forbidden);

}  // namespace durasim::inline v0::video
