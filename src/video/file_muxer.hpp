// One video file that is being written: a container with one stream of encoded packets.
#pragma once

#include "durasim/core/files.hpp"

#include "video/codec_choice.hpp"
#include "video/libav.hpp"

#include <string>

namespace durasim::inline v0::video {

// Writes to a temporary name; only finish() makes the file appear. Equal packets make equal bytes.
// Not thread-safe, but may be handed from one thread to another.
class FileMuxer {
 public:
  // The name's ending picks the container. Throws UnavailableError.
  explicit FileMuxer(const std::string& path);

  [[nodiscard]] const Container& container() const { return container_; }
  // Whether the codec's headers go to the front of the file and not into the packets.
  [[nodiscard]] bool global_header() const;

  // Creates the file. Throws IoError.
  void begin(const AVCodecParameters& stream, AVRational frame_rate);
  // Takes the packet, whose times are in `time_base`, out of `packet`. Throws IoError.
  void write(AVPacket& packet, AVRational time_base);
  // Writes the trailer, and gives the file its name. Throws IoError.
  void finish();

  [[noreturn]] void fail(const char* what, int code) const;

 private:
  std::string path_;
  const Container& container_;
  PendingFile pending_;  // before muxer_: the file is closed before it is removed
  std::string url_;      // of pending_: in a bare name, what ends with ':' would be a protocol
  FormatContext muxer_;
};

}  // namespace durasim::inline v0::video
