// Rendering and encoding together against each of them alone, and the memory that a long video
// takes. Memory is measured in a child process, whose peak is the video's and nothing else's.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/sim/video.hpp"
#include "durasim/video/encoder.hpp"

#include "bench.hpp"

#include <fmt/format.h>
#include <mujoco/mujoco.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace durasim::bench {
namespace {

using sim::Model;
using sim::Quality;
using sim::Renderer;
using sim::RendererOptions;
using sim::TrajectoryFrame;
using sim::TrajectoryReader;

constexpr const char* kChildMode =
    "DURASIM_BENCH_VIDEO_CHILD";  // "draft 1800 FILE"; the answer goes to stdout

std::shared_ptr<const Model> humanoid() {
  return Model::compile(sim::load_mjcf_file(data_folder() + "/mjcf/humanoid.xml"));
}

// A file that is gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& extension)
      : path_(fmt::format("/tmp/durasim-bench-{}{}", getpid(), extension)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// `count` frames at 30 a second; a longer motion than the model can make is its motion again from
// the start.
void record(const Model& model, int count, const std::string& path) {
  constexpr int kRepeat = 150;
  sim::TrajectoryRecorder recorder(path, model, 30);
  mjData* data = mj_makeData(model.get());
  for (int i = 0; i < count; ++i) {
    if (i % kRepeat == 0) mj_resetData(model.get(), data);
    data->time = i / 30.0;
    recorder.record(i, model.get(), data);
    const double end = data->time + 1 / 30.0;
    while (data->time < end) mj_step(model.get(), data);
  }
  mj_deleteData(data);
  recorder.finish();
}

struct Cost {
  double wall_s = 0;
  double cpu_s = 0;
};

template <class F>
Cost cost_of(const F& work) {
  const double cpu = process_cpu_s();
  const double wall = seconds_of(work);
  return {wall, process_cpu_s() - cpu};
}

// The same pictures rendered only, encoded only, and both as render_video does it.
class RenderEncode {
 public:
  RenderEncode(VideoFormat format, int frames)
      : format_(format),
        model_(humanoid()),
        picture_(picture_bytes()),
        factory_(video::make_encoder_factory()) {
    const TemporaryFile recording(".traj");
    record(*model_, frames, recording.path());
    const TrajectoryReader reader(recording.path(), *model_);
    for (std::int64_t i = 0; i < reader.frame_count(); ++i) frames_.push_back(reader.frame(i));
    renderer_ = std::make_unique<Renderer>(
        model_, RendererOptions{.width = format.width,
                                .height = format.height,
                                .quality = format.draft ? Quality::Draft : Quality::Full});
    for (const TrajectoryFrame& frame : frames_) {  // warms up the driver too
      renderer_->show(frame);
      renderer_->image_into(picture_);
      if (pictures_.size() < kKept) pictures_.push_back(picture_);
    }
  }

  Cost render() {
    return cost_of([&] {
      for (const TrajectoryFrame& frame : frames_) {
        renderer_->show(frame);
        renderer_->image_into(picture_);
      }
    });
  }
  Cost encode() {
    return cost_of([&] {
      const auto sink = factory_->open(video_.path(), format_);
      for (std::size_t i = 0; i < frames_.size(); ++i) sink->write(pictures_[i % pictures_.size()]);
      sink->finish();
    });
  }
  Cost both() {
    return cost_of([&] {
      const auto sink = factory_->open(video_.path(), format_);
      for (const TrajectoryFrame& frame : frames_) {
        renderer_->show(frame);
        renderer_->image_into(picture_);
        sink->write(picture_);
      }
      sink->finish();
    });
  }

 private:
  static constexpr std::size_t kKept = 30;
  [[nodiscard]] std::size_t picture_bytes() const {
    return std::size_t{3} * static_cast<std::size_t>(format_.width) *
           static_cast<std::size_t>(format_.height);
  }

  VideoFormat format_;
  std::shared_ptr<const Model> model_;
  std::vector<std::uint8_t> picture_;
  std::shared_ptr<FrameSinkFactory> factory_;
  TemporaryFile video_{".mp4"};
  std::vector<TrajectoryFrame> frames_;
  std::unique_ptr<Renderer> renderer_;
  std::vector<std::vector<std::uint8_t>> pictures_;
};

// Whether the processor's time counts as a bound too: at 1080p two cores cannot do both at full
// speed.
void add_render_encode(BenchContext& context, const std::string& size, VideoFormat format,
                       bool cpu_bound, int frames) {
  const std::string name =
      fmt::format("sim/render_encode_{}{}", size, format.draft ? "_draft" : "_full");
  if (!context.wants(name)) return;
  RenderEncode work(format, frames);
  const double cores = std::max(1U, std::thread::hardware_concurrency());
  std::vector<double> totals;
  std::vector<double> ratios;
  const int rounds = context.quick() ? 3 : 5;
  for (int i = 0; i < rounds; ++i) {
    const Cost render = work.render();
    const Cost both = work.both();
    const Cost encode = work.encode();
    double limit = std::max(render.wall_s, encode.wall_s);
    if (cpu_bound) limit = std::max(limit, (render.cpu_s + encode.cpu_s) / cores);
    totals.push_back(1e3 * both.wall_s / frames);
    ratios.push_back(both.wall_s / limit);
  }
  const double ratio = median(ratios);
  const double value = median(totals);
  context.add(name + (context.quick() ? "_quick" : ""), value, "ms",
              cpu_bound ? "max(slower alone, CPU / cores)" : "slower of the two alone",
              value / ratio, 1.1);
}

double status_mb(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":"))
      return std::strtod(line.c_str() + field.size() + 1, nullptr) * 1024e-6;
  }
  throw Error("/proc/self/status has no " + field);
}

// In the child: makes the video, prints peak, early and late memory in MB.
[[noreturn]] void run_video_child(const std::string& mode) {
  std::array<char, 16> quality{};
  int frames = 0;
  if (std::sscanf(mode.c_str(), "%15s %d", quality.data(), &frames) != 2) std::_Exit(2);
  const auto model = humanoid();
  const TemporaryFile recording(".traj");
  const TemporaryFile video(".mp4");
  record(*model, frames, recording.path());
  const TrajectoryReader reader(recording.path(), *model);
  const auto factory = video::make_encoder_factory();
  sim::VideoOptions options;
  options.format = {
      .width = 1920, .height = 1080, .fps = 30, .draft = std::string(quality.data()) == "draft"};
  const int early_frame = std::max(frames / 12, 16);  // 150 of 1800
  double early = 0;
  double late = 0;
  render_video(model, reader, *factory, video.path(), options, {},
               [&](std::int64_t done, std::int64_t total) {
                 if (done == early_frame) early = status_mb("VmRSS");
                 if (done == total) late = status_mb("VmRSS");
               });
  std::printf("%f %f %f\n", status_mb("VmHWM"), early, late);
  std::fflush(stdout);
  unlink(recording.path().c_str());
  unlink(video.path().c_str());
  std::_Exit(0);
}

struct Memory {
  double peak_mb = 0;
  double early_mb = 0;
  double late_mb = 0;
};

Memory video_memory(const char* quality, int frames) {
  const std::string command =
      fmt::format("{}='{} {}' /proc/{}/exe --filter '^$'", kChildMode, quality, frames, getpid());
  FILE* pipe = ::popen(command.c_str(), "r");
  Memory memory;
  const int read = pipe != nullptr ? std::fscanf(pipe, "%lf %lf %lf", &memory.peak_mb,
                                                 &memory.early_mb, &memory.late_mb)
                                   : 0;
  if (pipe == nullptr || ::pclose(pipe) != 0 || read != 3)
    throw Error("the process that makes a 1080p video failed");
  return memory;
}

void add_memory(BenchContext& context) {
  const std::string draft = "sim/video_peak_rss_draft";
  const std::string growth = "sim/video_peak_rss_growth";
  const std::string full = "sim/video_peak_rss_full";
  const std::string suffix = context.quick() ? "_quick" : "";
  if (context.wants(draft) || context.wants(growth)) {
    const Memory memory = video_memory("draft", context.quick() ? 36 : 1800);
    if (context.wants(draft)) context.add_absolute(draft + suffix, memory.peak_mb, "MB", 450);
    if (context.wants(growth)) {
      context.add_absolute(growth + suffix, std::max(0.0, memory.late_mb - memory.early_mb), "MB",
                           20);
    }
  }
  if (context.wants(full)) {
    const Memory memory = video_memory("full", context.quick() ? 6 : 60);
    context.add_absolute(full + suffix, memory.peak_mb, "MB", 650);
  }
}

}  // namespace

void bench_render(BenchContext& context) {
  if (const char* mode = std::getenv(kChildMode)) run_video_child(mode);
  if (data_folder().empty()) return;
  const bool any =
      context.wants("sim/render_encode_640x480_full") ||
      context.wants("sim/render_encode_640x480_draft") ||
      context.wants("sim/render_encode_1080p_full") ||
      context.wants("sim/render_encode_1080p_draft") || context.wants("sim/video_peak_rss_draft") ||
      context.wants("sim/video_peak_rss_growth") || context.wants("sim/video_peak_rss_full");
  if (!any) return;
  if (const sim::RenderingProbe probe = sim::probe_rendering(); !probe.ok) {
    fmt::print(stderr, "rendering is not measured: {}\n", probe.reason);
    return;
  }
  const VideoFormat vga{.width = 640, .height = 480, .fps = 30, .draft = false};
  const VideoFormat hd{.width = 1920, .height = 1080, .fps = 30, .draft = false};
  const auto as_draft = [](VideoFormat format) {
    format.draft = true;
    return format;
  };
  const bool quick = context.quick();
  add_render_encode(context, "640x480", as_draft(vga), false, quick ? 20 : 120);
  add_render_encode(context, "640x480", vga, false, quick ? 10 : 60);
  add_render_encode(context, "1080p", as_draft(hd), true, quick ? 10 : 60);
  // Too few of these slow frames would fit into the quick form for encoder and renderer to overlap.
  if (!quick) add_render_encode(context, "1080p", hd, true, 30);
  add_memory(context);
}

}  // namespace durasim::bench
