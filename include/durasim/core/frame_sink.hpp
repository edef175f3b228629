// Where rendered pictures go: the seam between the renderer (sim) and an encoder (video, or the
// host's own).
#pragma once

#include "durasim/core/config.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace durasim::inline v0 {

struct VideoFormat {
  int width = 1280;    // pixels, even
  int height = 720;    // pixels, even
  int fps = 30;        // frames per second of playback, 1..240
  bool draft = false;  // faster and larger
};

// One finished file.
struct VideoFile {
  std::string path;
  std::string encoder;  // the encoder that made it, e.g. "libx264"
  std::int64_t frames = 0;
};

// Takes frames in order and makes one video of them. Not thread-safe. A sink that is destroyed
// before finish() leaves no file.
class DURASIM_EXPORT FrameSink {
 public:
  virtual ~FrameSink();
  // One picture, height x width x 3 bytes, RGB, rows bottom-up as OpenGL reads them. Copies what it
  // keeps. May block while the encoder is behind. Throws Error with the encoder's reason.
  virtual void write(std::span<const std::uint8_t> rgb_bottom_up) = 0;
  // Encodes what is left, writes the trailer, and gives the file its final name. Throws Error.
  virtual VideoFile finish() = 0;
};

// Makes sinks; what a plug-in offers. Thread-safe.
class DURASIM_EXPORT FrameSinkFactory {
 public:
  virtual ~FrameSinkFactory();
  // Throws UnavailableError when no encoder can make `path`, InvalidArgument for a bad format.
  virtual std::unique_ptr<FrameSink> open(const std::string& path, const VideoFormat& format) = 0;
  // The encoder that open() would use for an .mp4; throws UnavailableError when there is none.
  virtual std::string default_encoder() = 0;
  // "libavcodec 59.37.100", one name and version a line.
  virtual std::string versions() = 0;
  // Makes `path` of the frames of `segments`, in their order, by copying what is encoded; a video
  // that open() made with `format` is a segment. Returns the number of frames. Leaves either the
  // whole file or none. Throws InvalidArgument without segments, FormatError for one that is
  // damaged or was encoded otherwise than the first, UnavailableError (here, and by encoders that
  // cannot do it), IoError.
  virtual std::int64_t join(std::span<const std::string> segments, const std::string& path,
                            const VideoFormat& format);
};

}  // namespace durasim::inline v0
