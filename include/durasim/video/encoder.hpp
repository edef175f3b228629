// Video files by libavcodec. A library of its own, because the installed libavcodec may be under
// the GPL: only who loads or links this one takes on its licence. Turns finished pictures into
// files; renders nothing.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/frame_sink.hpp"

#include <memory>
#include <string>
#include <vector>

namespace durasim::inline v0::video {

struct EncoderOptions {
  // Names of libavcodec encoders never to use, e.g. {"libx264"} to stay clear of the GPL.
  std::vector<std::string> forbidden;
};

// Makes files by their extension: .mp4, .mkv, .avi, .webm. The first encoder that this libavcodec
// has and that opens is taken, in the order libx264, libopenh264, libvpx-vp9, mpeg4, mjpeg (webm:
// VP9 only; avi: MPEG-4 and MJPEG only). Pictures are encoded on a thread of the sink's own.
// libav's log level is lowered to warnings if nobody has changed it.
DURASIM_EXPORT std::shared_ptr<FrameSinkFactory> make_encoder_factory(
    const EncoderOptions& options = {});

}  // namespace durasim::inline v0::video

// The plug-in's entry: what make_encoder_factory() makes; the caller deletes it.
extern "C" DURASIM_EXPORT durasim::FrameSinkFactory* durasim_video_factory_v1();
