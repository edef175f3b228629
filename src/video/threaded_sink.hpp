// A FrameSink whose encoder runs on a thread of its own, so that rendering and encoding overlap. At
// most three pictures wait; an error of the encoder reaches the next write() or finish().
#pragma once

#include "durasim/core/frame_sink.hpp"

#include "video/file_encoder.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace durasim::inline v0::video {

class ThreadedSink final : public FrameSink {
 public:
  ThreadedSink(std::unique_ptr<FileEncoder> encoder, const VideoFormat& format);
  ~ThreadedSink() override;
  ThreadedSink(const ThreadedSink&) = delete;
  ThreadedSink& operator=(const ThreadedSink&) = delete;

  void write(std::span<const std::uint8_t> rgb_bottom_up) override;
  VideoFile finish() override;

 private:
  using Picture = std::vector<std::uint8_t>;
  enum class End { None, Finish, Abandon };

  void encode_until_end();
  void require_open() const;
  void end(End how);

  std::size_t picture_bytes_;
  std::unique_ptr<FileEncoder> encoder_;  // used by the thread alone until it has ended
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Picture> waiting_;
  std::vector<Picture> spare_;
  std::exception_ptr error_;
  End end_ = End::None;
  std::thread thread_;
};

}  // namespace durasim::inline v0::video
