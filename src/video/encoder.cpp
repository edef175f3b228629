// The factory of video sinks, and the entry by which the plug-in is loaded.
#include "durasim/video/encoder.hpp"

#include "durasim/core/error.hpp"

#include "video/codec_choice.hpp"
#include "video/file_encoder.hpp"
#include "video/join.hpp"
#include "video/threaded_sink.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::video {
namespace {

constexpr int kMaxSide = 8192;
constexpr int kMaxFps = 240;

void check(const VideoFormat& format) {
  if (format.width < 16 || format.height < 16 || format.width > kMaxSide ||
      format.height > kMaxSide) {
    throw InvalidArgument(
        fmt::format("video size {}x{} is not possible: each side must have 16 to {} pixels",
                    format.width, format.height, kMaxSide));
  }
  if (format.width % 2 != 0 || format.height % 2 != 0) {
    throw InvalidArgument(fmt::format(
        "video size {}x{} is odd: players need an even width and height, take {}x{}", format.width,
        format.height, format.width + format.width % 2, format.height + format.height % 2));
  }
  if (format.fps < 1 || format.fps > kMaxFps) {
    throw InvalidArgument(
        fmt::format("{} frames per second are not possible: take 1 to {}", format.fps, kMaxFps));
  }
}

class LibavFactory final : public FrameSinkFactory {
 public:
  explicit LibavFactory(EncoderOptions options) : options_(std::move(options)) {
    if (av_log_get_level() == AV_LOG_INFO) av_log_set_level(AV_LOG_WARNING);
  }

  std::unique_ptr<FrameSink> open(const std::string& path, const VideoFormat& format) override {
    check(format);
    auto encoder = std::make_unique<FileEncoder>(path, format, options_.forbidden);
    return std::make_unique<ThreadedSink>(std::move(encoder), format);
  }

  std::string default_encoder() override {
    return open_encoder(container_of(".mp4"), VideoFormat{}, true, options_.forbidden)->codec->name;
  }

  std::string versions() override {
    const auto line = [](const char* name, unsigned version) {
      return fmt::format("{} {}.{}.{}", name, AV_VERSION_MAJOR(version), AV_VERSION_MINOR(version),
                         AV_VERSION_MICRO(version));
    };
    return line("libavcodec", avcodec_version()) + "\n" + line("libavformat", avformat_version()) +
           "\n" + line("libswscale", swscale_version());
  }

  std::int64_t join(std::span<const std::string> segments, const std::string& path,
                    const VideoFormat& format) override {
    check(format);
    return join_files(segments, path, format);
  }

 private:
  EncoderOptions options_;
};

}  // namespace

std::shared_ptr<FrameSinkFactory> make_encoder_factory(const EncoderOptions& options) {
  return std::make_shared<LibavFactory>(options);
}

}  // namespace durasim::inline v0::video

durasim::FrameSinkFactory* durasim_video_factory_v1() {
  return std::make_unique<durasim::video::LibavFactory>(durasim::video::EncoderOptions{}).release();
}
