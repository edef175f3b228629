// The queue between the caller and the encoder's thread. Pictures are copied into buffers that are
// used again.
#include "video/threaded_sink.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::video {
namespace {

constexpr std::size_t kMaxWaiting = 3;

}  // namespace

ThreadedSink::ThreadedSink(std::unique_ptr<FileEncoder> encoder, const VideoFormat& format)
    : picture_bytes_(std::size_t{3} * static_cast<std::size_t>(format.width) *
                     static_cast<std::size_t>(format.height)),
      encoder_(std::move(encoder)),
      spare_(kMaxWaiting),
      thread_([this] { encode_until_end(); }) {}

ThreadedSink::~ThreadedSink() {
  if (thread_.joinable()) end(End::Abandon);
}

void ThreadedSink::require_open() const {
  if (!thread_.joinable()) throw LogicError("this video is finished: no frame can be added");
}

void ThreadedSink::write(std::span<const std::uint8_t> rgb_bottom_up) {
  require_open();
  if (rgb_bottom_up.size() != picture_bytes_) {
    throw InvalidArgument(
        fmt::format("a frame has {} bytes, the video needs {} (width x height x 3)",
                    rgb_bottom_up.size(), picture_bytes_));
  }
  Picture picture;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return error_ || !spare_.empty(); });
    if (error_) std::rethrow_exception(error_);
    picture = std::move(spare_.back());
    spare_.pop_back();
  }
  picture.assign(rgb_bottom_up.begin(), rgb_bottom_up.end());
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(picture));
  }
  changed_.notify_all();
}

VideoFile ThreadedSink::finish() {
  require_open();
  end(End::Finish);
  if (error_) std::rethrow_exception(error_);
  VideoFile file = encoder_->finish();
  encoder_.reset();
  return file;
}

void ThreadedSink::end(End how) {
  {
    const std::lock_guard lock(mutex_);
    end_ = how;
  }
  changed_.notify_all();
  thread_.join();
}

void ThreadedSink::encode_until_end() {
  for (;;) {
    Picture picture;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return end_ != End::None || !waiting_.empty(); });
      if (end_ == End::Abandon || waiting_.empty()) return;
      picture = std::move(waiting_.front());
      waiting_.pop_front();
    }
    std::exception_ptr error;
    try {
      encoder_->encode(picture.data());
    } catch (...) {
      error = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      spare_.push_back(std::move(picture));
      error_ = error;
    }
    changed_.notify_all();
    if (error) return;
  }
}

}  // namespace durasim::inline v0::video
