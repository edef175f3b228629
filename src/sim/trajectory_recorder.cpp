// Writes trajectory files: appends records through one buffer of fixed size.
#include "durasim/core/error.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/trajectory.hpp"

#include "sim/mujoco_guard.hpp"
#include "sim/trajectory_format.hpp"
#include "sim/trajectory_pose.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

TrajectoryHeader header_of(const Model& model, int frames_per_second) {
  return {.frames_per_second = static_cast<std::uint32_t>(frames_per_second),
          .signature = kRecordedState,
          .state_size = static_cast<std::uint64_t>(mj_stateSize(model.get(), kRecordedState)),
          .model_sha256 = model.sha256()};
}

}  // namespace

class TrajectoryRecorder::Impl {
 public:
  Impl(std::string path, int flags)
      : path_(std::move(path)), fd_(::open(path_.c_str(), flags | O_CLOEXEC, 0666)) {
    if (fd_ < 0) fail("open");
    buffer_.reserve(kBufferBytes);
  }
  ~Impl() {
    if (fd_ >= 0) ::close(fd_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start(const TrajectoryHeader& header) {
    header_ = header;
    state_.resize(header.state_size);
    const Bytes bytes = encode_header(header);
    append(bytes.data(), bytes.size());
    flush();
  }

  void go_on(const TrajectoryHeader& expected, std::uint64_t offset) {
    Bytes bytes(TrajectoryHeader::kBytes);
    const ssize_t size = ::pread(fd_, bytes.data(), bytes.size(), 0);
    if (size < 0) fail("read");
    header_ = decode_header(ByteView(bytes).first(static_cast<std::size_t>(size)), path_);
    if (header_.model_sha256 != expected.model_sha256 || header_.signature != expected.signature ||
        header_.state_size != expected.state_size) {
      throw FormatError(fmt::format("{}: was recorded with another model", path_));
    }
    state_.resize(header_.state_size);
    struct stat info{};
    if (::fstat(fd_, &info) != 0) fail("read");
    size_ = static_cast<std::uint64_t>(info.st_size);
    rewind(offset);
  }

  void record(std::int64_t step, const mjModel* model, const mjData* data) {
    if (finished_)
      throw LogicError(fmt::format("{}: the recording is finished, no frame can be added", path_));
    if (std::cmp_not_equal(mj_stateSize(model, kRecordedState), state_.size())) {
      throw LogicError(fmt::format("{}: a frame of another model cannot be recorded here", path_));
    }
    if (frames_ > 0 && step == last_step_) return;
    if (frames_ > 0 && step < last_step_) {
      throw LogicError(fmt::format("{}: step {} comes after step {}", path_, step, last_step_));
    }
    mj_getState(model, data, state_.data(), kRecordedState);
    if (!std::ranges::all_of(state_, [](double value) { return std::isfinite(value); })) return;
    const RecordHead head{.step = step, .time_s = data->time};
    const RecordTail tail{.checksum = record_checksum(frames_, head, state_)};
    append(&head, sizeof head);
    append(state_.data(), sizeof(double) * state_.size());
    append(&tail, sizeof tail);
    ++frames_;
    last_step_ = step;
  }

  // Writes the buffer; false with errno when that fails. The buffer then stays, so that a later try
  // writes the same bytes to the same place.
  [[nodiscard]] bool try_flush() {
    std::size_t written = 0;
    while (written < buffer_.size()) {
      const ssize_t n = ::pwrite(fd_, buffer_.data() + written, buffer_.size() - written,
                                 static_cast<off_t>(size_ + written));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      written += static_cast<std::size_t>(n);
    }
    size_ += written;
    buffer_.clear();
    return true;
  }

  void flush() {
    if (!try_flush()) fail("write");
  }

  void rewind(std::uint64_t offset) {
    flush();
    if (offset < TrajectoryHeader::kBytes || offset > size_ ||
        (offset - TrajectoryHeader::kBytes) % header_.record_bytes() != 0) {
      throw InvalidArgument(fmt::format("{}: position {} is not the end of a frame in its {} bytes",
                                        path_, offset, size_));
    }
    if (::ftruncate(fd_, static_cast<off_t>(offset)) != 0) fail("shorten");
    size_ = offset;
    frames_ =
        static_cast<std::int64_t>((offset - TrajectoryHeader::kBytes) / header_.record_bytes());
    if (frames_ == 0) return;
    RecordHead last;
    if (::pread(fd_, &last, sizeof last, static_cast<off_t>(header_.offset_of(frames_ - 1))) !=
        ssize_t{sizeof last}) {
      fail("read");
    }
    last_step_ = last.step;
  }

  void finish() {
    flush();
    finished_ = true;
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::int64_t frames() const { return frames_; }
  [[nodiscard]] int frames_per_second() const {
    return static_cast<int>(header_.frames_per_second);
  }

 private:
  void append(const void* data, std::size_t size) {
    if (!buffer_.empty() && buffer_.size() + size > kBufferBytes) flush();
    const auto* bytes = static_cast<const std::byte*>(data);
    buffer_.insert(buffer_.end(), bytes, bytes + size);
  }

  [[noreturn]] void fail(const char* verb) const {
    throw IoError(fmt::format("cannot {} {}: {}", verb, path_, std::strerror(errno)));
  }

  std::string path_;
  int fd_;
  TrajectoryHeader header_;
  std::vector<double> state_;
  Bytes buffer_;
  std::uint64_t size_ = 0;  // of the file, without the buffer
  std::int64_t frames_ = 0;
  std::int64_t last_step_ = 0;
  bool finished_ = false;
};

TrajectoryRecorder::TrajectoryRecorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

TrajectoryRecorder::TrajectoryRecorder(const std::string& path, const Model& model,
                                       int frames_per_second) {
  if (frames_per_second < 1 || frames_per_second > kMaxTrajectoryFps) {
    throw InvalidArgument(fmt::format("cannot record {} frames per second: take 1 to {}",
                                      frames_per_second, kMaxTrajectoryFps));
  }
  const MujocoCall call;
  impl_ = std::make_unique<Impl>(path, O_RDWR | O_CREAT | O_TRUNC);
  impl_->start(header_of(model, frames_per_second));
}

std::unique_ptr<TrajectoryRecorder> TrajectoryRecorder::resume(const std::string& path,
                                                               const Model& model,
                                                               std::uint64_t offset) {
  const MujocoCall call;
  auto impl = std::make_unique<Impl>(path, O_RDWR);
  impl->go_on(header_of(model, 1), offset);
  return std::unique_ptr<TrajectoryRecorder>(new TrajectoryRecorder(std::move(impl)));
}

TrajectoryRecorder::~TrajectoryRecorder() {
  // A failure cannot be told here; finish() tells it to those who want to know.
  (void)impl_->try_flush();
}

int TrajectoryRecorder::frames_per_second() const {
  return impl_->frames_per_second();
}

void TrajectoryRecorder::record(std::int64_t step, const mjModel* model, const mjData* data) {
  const MujocoCall call;
  impl_->record(step, model, data);
}

std::uint64_t TrajectoryRecorder::offset() {
  impl_->flush();
  return impl_->size();
}

void TrajectoryRecorder::rewind(std::uint64_t offset) {
  impl_->rewind(offset);
}
void TrajectoryRecorder::finish() {
  impl_->finish();
}
std::int64_t TrajectoryRecorder::frame_count() const {
  return impl_->frames();
}

}  // namespace durasim::inline v0::sim
