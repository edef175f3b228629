// Videos and stills of recordings: the whole way from a run to a file that other programs play.
#include "durasim/sim/video.hpp"

#include "durasim/core/error.hpp"

#include "sim/recorded_run.hpp"
#include "temporary_folder.hpp"
#include "video/ffprobe.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace {

using namespace durasim::sim;
using durasim::FrameSink;
using durasim::FrameSinkFactory;
using durasim::VideoFile;
using durasim::VideoFormat;
using durasim_test::falling_scene;
using durasim_test::rendering_missing;
using durasim_test::TemporaryFolder;

constexpr VideoFormat kSmallVideo{.width = 160, .height = 120, .fps = 30, .draft = true};

VideoOptions small_options() {
  VideoOptions options;
  options.format = kSmallVideo;
  return options;
}

// Keeps the frames that it is given.
class Collector final : public FrameSink, public FrameSinkFactory {
 public:
  struct Forward final : FrameSink {
    explicit Forward(Collector& to) : to_(to) {}
    void write(std::span<const std::uint8_t> rgb) override { to_.write(rgb); }
    VideoFile finish() override { return to_.finish(); }
    Collector& to_;
  };
  void write(std::span<const std::uint8_t> rgb) override {
    frames.emplace_back(rgb.begin(), rgb.end());
  }
  VideoFile finish() override {
    finished = true;
    return {
        .path = "memory", .encoder = "none", .frames = static_cast<std::int64_t>(frames.size())};
  }
  std::unique_ptr<FrameSink> open(const std::string&, const VideoFormat&) override {
    return std::make_unique<Forward>(*this);
  }
  std::string default_encoder() override { return "none"; }
  std::string versions() override { return ""; }

  std::vector<std::vector<std::uint8_t>> frames;
  bool finished = false;
};

struct Recording {
  explicit Recording(double seconds, int fps = 30) : model(falling_scene()) {
    TrajectoryRecorder recorder(folder.file("run.traj"), *model, fps);
    durasim_test::record_run(*model, seconds, recorder);
    recorder.finish();
  }
  [[nodiscard]] TrajectoryReader reader() const {
    return TrajectoryReader(folder.file("run.traj"), *model);
  }
  TemporaryFolder folder;
  std::shared_ptr<const Model> model;
};

}  // namespace

TEST_CASE(
    "a run becomes an mp4 with the right frames, size, length and codec, and the right pixels") {
  std::string reason;
  const auto encoder = load_video_plugin(reason);
  if (rendering_missing()) return;
  if (!encoder || !durasim_test::has_ffprobe()) {
    MESSAGE("skipped: " << reason << " or ffprobe is not installed");
    return;
  }
  const Recording recording(1);
  const TrajectoryReader reader = recording.reader();
  std::int64_t done = 0;
  std::int64_t total = 0;
  const VideoResult result =
      render_video(recording.model, reader, *encoder, recording.folder.file("a.mp4"),
                   small_options(), {}, [&](std::int64_t d, std::int64_t t) {
                     CHECK(d == done + 1);
                     done = d;
                     total = t;
                   });
  CHECK(result.file.frames == 31);
  CHECK(done == 31);
  CHECK(total == 31);
  CHECK_FALSE(result.backend.empty());
  auto probe = durasim_test::probe(recording.folder.file("a.mp4"));
  CHECK(probe["nb_read_frames"] == "31");
  CHECK(probe["width"] == "160");
  CHECK(probe["height"] == "120");
  CHECK(probe["pix_fmt"] == "yuv420p");
  CHECK(std::abs(std::atof(probe["duration"].c_str()) - 31.0 / 30) < 0.01);
  if (result.file.encoder == "libx264") CHECK(probe["codec_name"] == "h264");

  // Frame 15 of the video is the still of half a second.
  StillOptions still;
  still.renderer.width = 160;
  still.renderer.height = 120;
  still.renderer.quality = Quality::Draft;
  const Image image = render_still(recording.model, reader, durasim::Seconds(0.5), still);
  const auto decoded = durasim_test::decode_frame(recording.folder.file("a.mp4"), 15);
  REQUIRE(decoded.size() == image.rgb.size());
  double difference = 0;
  for (std::size_t i = 0; i < decoded.size(); ++i)
    difference += std::abs(int{decoded[i]} - int{image.rgb[i]});
  CHECK(difference / static_cast<double>(decoded.size()) < 6);
  CHECK(recording.folder.file_count() == 2);  // the recording and the video
}

TEST_CASE("a video at another rate or speed shows the nearest recorded states") {
  if (rendering_missing()) return;
  const Recording recording(0.5, 60);
  const TrajectoryReader reader = recording.reader();
  const auto frames = [&](int fps, double speed) {
    Collector collector;
    VideoOptions options = small_options();
    options.format.fps = fps;
    options.speed = speed;
    render_video(recording.model, reader, collector, "x", options);
    CHECK(collector.finished);
    return collector.frames;
  };
  const auto all = frames(60, 1);
  CHECK(all.size() == 31);
  const auto half = frames(30, 1);
  REQUIRE(half.size() == 16);
  CHECK(half[1] == all[2]);
  CHECK(half[15] == all[30]);
  CHECK(frames(30, 2).size() == 8);
  const auto slow = frames(60, 0.5);
  REQUIRE(slow.size() == 61);
  CHECK(slow[60] == all[30]);
}

TEST_CASE("the parts of a video hold the frames of the whole, each once") {
  if (rendering_missing()) return;
  const Recording recording(0.5);
  const TrajectoryReader reader = recording.reader();
  VideoOptions options = small_options();
  CHECK(video_frames(reader, options) == 16);
  Collector whole;
  render_video(recording.model, reader, whole, "x", options);
  Collector parts;
  options.count = 7;
  for (options.first = 0; options.first < 16; options.first += options.count) {
    const std::int64_t length = std::min<std::int64_t>(7, 16 - options.first);
    std::int64_t done = 0;
    render_video(recording.model, reader, parts, "x", options, {},
                 [&](std::int64_t d, std::int64_t total) {
                   CHECK(d == ++done);
                   CHECK(total == length);
                 });
    CHECK(done == length);
  }
  CHECK(parts.frames == whole.frames);
  for (const auto& [first, count] : {std::pair(16, 1), std::pair(-1, 2), std::pair(3, 0)}) {
    options.first = first;
    options.count = count;
    CHECK_THROWS_AS(render_video(recording.model, reader, parts, "x", options),
                    durasim::InvalidArgument);
  }
}

TEST_CASE("a recording of a single state becomes a video of one frame") {
  if (rendering_missing()) return;
  const Recording recording(0);
  Collector collector;
  CHECK(render_video(recording.model, recording.reader(), collector, "x", small_options())
            .file.frames == 1);
}

TEST_CASE(
    "an empty recording, impossible options and unknown cameras are refused before a file is "
    "begun") {
  const Recording recording(0.1);
  {
    const TrajectoryRecorder empty(recording.folder.file("empty.traj"), *recording.model);
  }
  Collector collector;
  const TrajectoryReader none(recording.folder.file("empty.traj"), *recording.model);
  CHECK_THROWS_AS(render_video(recording.model, none, collector, "x", small_options()),
                  durasim::InvalidArgument);
  CHECK_THROWS_AS(render_still(recording.model, none, durasim::Seconds(0)),
                  durasim::InvalidArgument);
  VideoOptions options = small_options();
  options.speed = 0;
  CHECK_THROWS_AS(render_video(recording.model, recording.reader(), collector, "x", options),
                  durasim::InvalidArgument);
  options = small_options();
  options.format.width = 161;
  CHECK_THROWS_AS(render_video(recording.model, recording.reader(), collector, "x", options),
                  durasim::InvalidArgument);
  if (rendering_missing()) return;
  options = small_options();
  options.camera = Camera{};
  options.camera->name = "nowhere";
  CHECK_THROWS_AS(render_video(recording.model, recording.reader(), collector, "x", options),
                  durasim::InvalidArgument);
  CHECK(collector.frames.empty());
}

TEST_CASE("without OpenGL there is an exception with the reason, and no file") {
  const Recording recording(0.1);
  std::string reason;
  const auto encoder = load_video_plugin(reason);
  if (!encoder) return;
  VideoOptions options = small_options();
  options.egl_library = "libno-such-egl.so.1";
  CHECK_THROWS_AS(render_video(recording.model, recording.reader(), *encoder,
                               recording.folder.file("a.mp4"), options),
                  durasim::UnavailableError);
  CHECK(recording.folder.file_count() == 1);
}

TEST_CASE("a cancelled video and one whose folder is missing leave no file") {
  if (rendering_missing()) return;
  std::string reason;
  const auto encoder = load_video_plugin(reason);
  if (!encoder) {
    MESSAGE("skipped: " << reason);
    return;
  }
  const Recording recording(0.5);
  std::stop_source stop;
  CHECK_THROWS_AS(render_video(recording.model, recording.reader(), *encoder,
                               recording.folder.file("a.mp4"), small_options(), stop.get_token(),
                               [&](std::int64_t done, std::int64_t) {
                                 if (done == 3) stop.request_stop();
                               }),
                  durasim::CancelledError);
  CHECK_THROWS_AS(render_video(recording.model, recording.reader(), *encoder,
                               recording.folder.file("none/a.mp4"), small_options()),
                  durasim::IoError);
  CHECK(recording.folder.file_count() == 1);
}

TEST_CASE("a recording that is damaged in the middle is an error and not a shorter video") {
  if (rendering_missing()) return;
  const Recording recording(0.5);
  durasim::Bytes bytes = durasim::read_file(recording.folder.file("run.traj"));
  bytes.at(bytes.size() / 2) ^= std::byte{1};
  durasim::write_file(recording.folder.file("run.traj"), bytes);
  Collector collector;
  VideoOptions options = small_options();
  options.camera = Camera{};
  CHECK_THROWS_AS(render_video(recording.model, recording.reader(), collector, "x", options),
                  durasim::FormatError);
  CHECK_FALSE(collector.finished);
}

TEST_CASE("a still is taken at the time that is asked for") {
  if (rendering_missing()) return;
  const Recording recording(0.5);
  const TrajectoryReader reader = recording.reader();
  StillOptions options;
  options.renderer.width = 64;
  options.renderer.height = 64;
  options.renderer.quality = Quality::Draft;
  const Image start = render_still(recording.model, reader, durasim::Seconds(0), options);
  const Image end = render_still(recording.model, reader, durasim::Seconds(100), options);
  CHECK(start.width == 64);
  CHECK(start.rgb != end.rgb);
  CHECK(render_still(recording.model, reader, durasim::Seconds(0.5), options).rgb == end.rgb);
}
