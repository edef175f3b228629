// One video file: converts, encodes and writes pictures in order, on the caller's thread.
#pragma once

#include "durasim/core/frame_sink.hpp"

#include "video/file_muxer.hpp"
#include "video/libav.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace durasim::inline v0::video {

// Writes to a temporary name; only finish() makes the file appear. Not thread-safe, but may be
// handed from one thread to another.
class FileEncoder {
 public:
  // Throws UnavailableError (no encoder), IoError (the file cannot be made).
  FileEncoder(const std::string& path, const VideoFormat& format,
              std::span<const std::string> forbidden);
  // One picture, RGB, the bottom row first. Throws Error, IoError.
  void encode(const std::uint8_t* rgb_bottom_up);
  // Writes what the encoder still holds and the trailer. Throws Error, IoError.
  VideoFile finish();

 private:
  void make_scaler();
  void send(const AVFrame* frame);

  VideoFormat format_;
  std::string path_;
  FileMuxer file_;
  CodecContext encoder_;
  Scaler scaler_;
  Frame frame_;
  Packet packet_;
  std::int64_t frames_ = 0;
};

}  // namespace durasim::inline v0::video
