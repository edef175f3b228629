// Reads trajectory files at any frame, by pread: one reader serves several threads.
#include "durasim/core/error.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/trajectory.hpp"

#include "sim/mujoco_guard.hpp"
#include "sim/trajectory_format.hpp"
#include "sim/trajectory_pose.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

namespace durasim::inline v0::sim {

class TrajectoryReader::Impl {
 public:
  Impl(std::string path, const Model& model)
      : path_(std::move(path)), fd_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fail();
    try {
      read_header(model);
      count_frames();
    } catch (...) {
      ::close(fd_);
      throw;
    }
  }
  ~Impl() { ::close(fd_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void read(std::int64_t index, TrajectoryFrame& frame) const {
    if (index < 0 || index >= frames_) {
      throw InvalidArgument(
          fmt::format("{}: there is no frame {}, it has {}", path_, index, frames_));
    }
    if (!read_whole(index, frame)) {
      throw FormatError(
          fmt::format("{}: frame {} is damaged (its checksum does not match)", path_, index));
    }
  }

  [[nodiscard]] double time_of(std::int64_t index) const {
    RecordHead head;
    const ssize_t n =
        ::pread(fd_, &head, sizeof head, static_cast<off_t>(header_.offset_of(index)));
    if (n < 0) fail();
    if (n != ssize_t{sizeof head}) throw FormatError(fmt::format("{}: has become shorter", path_));
    return head.time_s;
  }

  [[nodiscard]] std::int64_t index_at(double time) const {
    if (frames_ == 0) throw FormatError(fmt::format("{}: holds no whole frame", path_));
    std::int64_t before = 0;  // the last frame that is not later than `time`, by bisection
    for (std::int64_t count = frames_; count > 1;) {
      const std::int64_t half = count / 2;
      if (time_of(before + half) <= time) before += half;
      count -= half;
    }
    if (before + 1 == frames_) return before;
    return time - time_of(before) <= time_of(before + 1) - time ? before : before + 1;
  }

  [[nodiscard]] const TrajectoryHeader& header() const { return header_; }
  [[nodiscard]] std::int64_t frames() const { return frames_; }
  [[nodiscard]] bool torn() const { return torn_; }

 private:
  void read_header(const Model& model) {
    Bytes bytes(TrajectoryHeader::kBytes);
    const ssize_t size = ::pread(fd_, bytes.data(), bytes.size(), 0);
    if (size < 0) fail();
    header_ = decode_header(ByteView(bytes).first(static_cast<std::size_t>(size)), path_);
    if (header_.model_sha256 != model.sha256()) {
      throw FormatError(
          fmt::format("{}: was recorded with another model (SHA-256 {}..., this one is {}...)",
                      path_, header_.model_sha256.substr(0, 12), model.sha256().substr(0, 12)));
    }
    const MujocoCall call;
    constexpr std::uint32_t kKnown = (1U << mjNSTATE) - 1;
    if ((header_.signature & ~kKnown) != 0 || (header_.signature & mjSTATE_QPOS) == 0 ||
        std::cmp_not_equal(mj_stateSize(model.get(), static_cast<int>(header_.signature)),
                           header_.state_size)) {
      throw FormatError(
          fmt::format("{}: its states ({} values, components {:#x}) are not those of its model",
                      path_, header_.state_size, header_.signature));
    }
  }

  // A crash can leave a part of a record, or blocks that were never filled, at the end.
  void count_frames() {
    struct stat info{};
    if (::fstat(fd_, &info) != 0) fail();
    const std::uint64_t body = static_cast<std::uint64_t>(info.st_size) - TrajectoryHeader::kBytes;
    frames_ = static_cast<std::int64_t>(body / header_.record_bytes());
    torn_ = body % header_.record_bytes() != 0;
    TrajectoryFrame frame;
    while (frames_ > 0 && !read_whole(frames_ - 1, frame)) {
      --frames_;
      torn_ = true;
    }
  }

  bool read_whole(std::int64_t index, TrajectoryFrame& frame) const {
    RecordHead head;
    RecordTail tail;
    frame.state.resize(header_.state_size);
    std::array<iovec, 3> parts{{{&head, sizeof head},
                                {frame.state.data(), sizeof(double) * frame.state.size()},
                                {&tail, sizeof tail}}};
    const ssize_t n = ::preadv(fd_, parts.data(), int{parts.size()},
                               static_cast<off_t>(header_.offset_of(index)));
    if (n < 0) fail();
    if (std::cmp_not_equal(n, header_.record_bytes()) ||
        tail.checksum != record_checksum(index, head, frame.state)) {
      return false;
    }
    if (!std::isfinite(head.time_s) ||
        !std::ranges::all_of(frame.state, [](double value) { return std::isfinite(value); })) {
      return false;
    }
    frame.step = head.step;
    frame.time = Seconds(head.time_s);
    frame.signature = header_.signature;
    return true;
  }

  [[noreturn]] void fail() const {
    throw IoError(fmt::format("cannot read {}: {}", path_, std::strerror(errno)));
  }

  std::string path_;
  int fd_;
  TrajectoryHeader header_;
  std::int64_t frames_ = 0;
  bool torn_ = false;
};

TrajectoryReader::TrajectoryReader(const std::string& path, const Model& model)
    : impl_(std::make_unique<Impl>(path, model)) {}
TrajectoryReader::~TrajectoryReader() = default;
TrajectoryReader::TrajectoryReader(TrajectoryReader&&) noexcept = default;
TrajectoryReader& TrajectoryReader::operator=(TrajectoryReader&&) noexcept = default;

int TrajectoryReader::frames_per_second() const {
  return static_cast<int>(impl_->header().frames_per_second);
}
std::int64_t TrajectoryReader::frame_count() const {
  return impl_->frames();
}
bool TrajectoryReader::torn() const {
  return impl_->torn();
}

TrajectoryFrame TrajectoryReader::frame(std::int64_t index) const {
  TrajectoryFrame frame;
  impl_->read(index, frame);
  return frame;
}

void TrajectoryReader::read(std::int64_t index, TrajectoryFrame& frame) const {
  impl_->read(index, frame);
}
std::int64_t TrajectoryReader::index_at(Seconds time) const {
  return impl_->index_at(time.count());
}

}  // namespace durasim::inline v0::sim
