// From a recording to a video or a still: picks the frames, renders them one by one, hands each to
// the encoder.
#include "durasim/core/error.hpp"
#include "durasim/sim/video.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

Camera camera_for(const Model& model, const TrajectoryReader& trajectory,
                  const std::optional<Camera>& wanted, int width, int height) {
  if (wanted) return *wanted;
  CameraFitOptions options;
  options.aspect = static_cast<double>(width) / height;
  return fit_camera(model, sample_frames(trajectory), options);
}

void require_frames(const TrajectoryReader& trajectory) {
  if (trajectory.frame_count() == 0)
    throw InvalidArgument("the recording holds no frame that could be shown");
}

// Which moments a video shows: those of a clock that ticks with its frames, from the first recorded
// state on.
class Schedule {
 public:
  Schedule(const TrajectoryReader& trajectory, const VideoOptions& options)
      : trajectory_(trajectory), tick_(options.speed / options.format.fps) {
    if (!(options.speed >= 0.001 && options.speed <= 1000)) {
      throw InvalidArgument(
          fmt::format("video speed {} is not possible: take 0.001 to 1000", options.speed));
    }
    if (options.format.fps < 1)
      throw InvalidArgument("a video needs at least one frame per second");
    require_frames(trajectory);
    start_ = trajectory.frame(0).time;
    const Seconds length = trajectory.frame(trajectory.frame_count() - 1).time - start_;
    constexpr double kRounding = 1e-6;
    const double ticks = std::floor(length / tick_ + kRounding);
    constexpr double kMaxFrames = 10'000'000;
    if (!(ticks >= 0 && ticks < kMaxFrames)) {
      throw InvalidArgument(
          fmt::format("a video of {} frames is not possible: take a larger speed", ticks + 1));
    }
    count_ = static_cast<std::int64_t>(ticks) + 1;
  }
  [[nodiscard]] std::int64_t count() const { return count_; }
  // The recorded frame that video frame `k` shows.
  [[nodiscard]] std::int64_t recorded(std::int64_t k) const {
    return trajectory_.index_at(start_ + static_cast<double>(k) * tick_);
  }

 private:
  const TrajectoryReader& trajectory_;
  Seconds tick_;
  Seconds start_{0};
  std::int64_t count_ = 0;
};

}  // namespace

std::int64_t video_frames(const TrajectoryReader& trajectory, const VideoOptions& options) {
  return Schedule(trajectory, options).count();
}

VideoResult render_video(std::shared_ptr<const Model> model, const TrajectoryReader& trajectory,
                         FrameSinkFactory& encoder, const std::string& path,
                         const VideoOptions& options, const std::stop_token& stop,
                         const RenderProgress& progress) {
  const Schedule schedule(trajectory, options);
  if (options.first < 0 || options.first >= schedule.count() || options.count < 1) {
    throw InvalidArgument(fmt::format("a video of {} frames has no part of {} frames from {} on",
                                      schedule.count(), options.count, options.first));
  }
  const std::int64_t count = std::min(options.count, schedule.count() - options.first);
  const Camera camera =
      camera_for(*model, trajectory, options.camera, options.format.width, options.format.height);
  Renderer renderer(std::move(model),
                    {.width = options.format.width,
                     .height = options.format.height,
                     .quality = options.format.draft ? Quality::Draft : Quality::Full,
                     .studio = options.studio,
                     .egl_library = options.egl_library});
  renderer.set_camera(camera);
  const std::unique_ptr<FrameSink> sink = encoder.open(path, options.format);

  std::vector<std::uint8_t> picture(std::size_t{3} *
                                    static_cast<std::size_t>(options.format.width) *
                                    static_cast<std::size_t>(options.format.height));
  TrajectoryFrame frame;
  std::int64_t shown = -1;
  for (std::int64_t k = 0; k < count; ++k) {
    if (stop.stop_requested())
      throw CancelledError(fmt::format("{} was cancelled after {} frames", path, k));
    if (const std::int64_t wanted = schedule.recorded(options.first + k); wanted != shown) {
      trajectory.read(wanted, frame);
      renderer.show(frame);
      renderer.image_into(picture);
      shown = wanted;
    }
    sink->write(picture);
    if (progress) progress(k + 1, count);
  }
  return {.file = sink->finish(), .backend = renderer.backend()};
}

Image render_still(std::shared_ptr<const Model> model, const TrajectoryReader& trajectory,
                   Seconds time, const StillOptions& options) {
  require_frames(trajectory);
  const Camera camera = camera_for(*model, trajectory, options.camera, options.renderer.width,
                                   options.renderer.height);
  Renderer renderer(std::move(model), options.renderer);
  renderer.set_camera(camera);
  return renderer.render(trajectory.frame(trajectory.index_at(time)));
}

}  // namespace durasim::inline v0::sim
