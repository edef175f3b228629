// Several videos of equal encoding as one, by copying their packets.
#pragma once

#include "durasim/core/frame_sink.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace durasim::inline v0::video {

// As FrameSinkFactory::join.
std::int64_t join_files(std::span<const std::string> segments, const std::string& path,
                        const VideoFormat& format);

}  // namespace durasim::inline v0::video
