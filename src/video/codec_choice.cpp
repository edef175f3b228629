// The table of containers, and the settings of each encoder. Settings bound the memory (short
// lookahead, two threads) and keep groups of pictures closed, so that videos can be cut and joined
// without encoding again. They depend on the format alone, never on the machine: whoever encodes
// the same pictures again gets what can be joined with the rest.
#include "video/codec_choice.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <map>

namespace durasim::inline v0::video {
namespace {

constexpr const char* kGeneral[] = {"libx264", "libopenh264", "libvpx-vp9", "mpeg4", "mjpeg"};
constexpr const char* kWebm[] = {"libvpx-vp9"};
// H.264 with reordered frames and VP9 do not play everywhere from AVI.
constexpr const char* kAvi[] = {"mpeg4", "mjpeg"};
constexpr std::array<Container, 4> kContainers{{
    {".mp4", "mp4", kGeneral},
    {".mkv", "matroska", kGeneral},
    {".avi", "avi", kAvi},
    {".webm", "webm", kWebm},
}};

using Options = std::map<std::string, std::string>;

struct Settings {
  Options options;
  std::int64_t bit_rate = 0;  // bits per second; 0: by quality
  int quantiser = 0;          // fixed quantiser scale of mpeg4 and mjpeg
  AVPixelFormat pixel_format = AV_PIX_FMT_YUV420P;
};

Settings settings_of(std::string_view encoder, const VideoFormat& format) {
  if (encoder == "libx264") {
    // Without lookahead a frame leaves the encoder when the next one comes; a little of it makes
    // the better picture of the full quality. Without cuts a key picture stands only where a group
    // of pictures is full: two of them in a row, the end of one video and the start of the next,
    // could have the same idr_pic_id, which H.264 forbids (7.4.3).
    return {
        .options = {{"preset", format.draft ? "ultrafast" : "veryfast"},
                    {"crf", format.draft ? "24" : "21"},
                    {"x264-params",
                     format.draft ? "scenecut=0:log-level=error"
                                  : "scenecut=0:rc-lookahead=5:sync-lookahead=0:log-level=error"}}};
  }
  if (encoder == "libvpx-vp9") {
    return {.options = {{"deadline", format.draft ? "realtime" : "good"},
                        {"cpu-used", format.draft ? "8" : "5"},
                        {"crf", "31"},
                        {"b", "0"},
                        {"row-mt", "1"},
                        {"lag-in-frames", "8"}}};
  }
  if (encoder == "libopenh264") {
    // About 0.1 bit a pixel, which rendered scenes need far less than; openh264 knows no constant
    // quality.
    return {.bit_rate = std::max<std::int64_t>(
                std::int64_t{format.width} * format.height * format.fps / 10, 500'000)};
  }
  if (encoder == "mpeg4") return {.quantiser = format.draft ? 6 : 3};
  return {.quantiser = format.draft ? 5 : 3, .pixel_format = AV_PIX_FMT_YUVJ420P};  // mjpeg
}

void describe_picture(AVCodecContext& context, const VideoFormat& format,
                      AVPixelFormat pixel_format) {
  context.width = format.width;
  context.height = format.height;
  context.pix_fmt = pixel_format;
  context.time_base = {1, format.fps};
  context.framerate = {format.fps, 1};
  context.sample_aspect_ratio = {1, 1};
  if (pixel_format == AV_PIX_FMT_YUVJ420P) {  // JFIF: full range, BT.601
    context.color_range = AVCOL_RANGE_JPEG;
    context.colorspace = AVCOL_SPC_BT470BG;
    return;
  }
  context.color_range = AVCOL_RANGE_MPEG;
  context.colorspace = AVCOL_SPC_BT709;
  context.color_primaries = AVCOL_PRI_BT709;
  context.color_trc = AVCOL_TRC_BT709;
}

// Opens one encoder; null with the reason when it refuses.
CodecContext try_open(const char* name, const VideoFormat& format, bool global_header,
                      std::string& reason) {
  const AVCodec* codec = avcodec_find_encoder_by_name(name);
  if (codec == nullptr) {
    reason = "this libavcodec has no such encoder";
    return nullptr;
  }
  CodecContext context(avcodec_alloc_context3(codec));
  if (!context) throw std::bad_alloc();
  const Settings settings = settings_of(name, format);
  describe_picture(*context, format, settings.pixel_format);
  context->gop_size = 2 * format.fps;
  context->thread_count = 2;  // x264's output depends on their number
  context->log_level_offset =
      AV_LOG_WARNING - AV_LOG_ERROR;  // an encoder's warnings are not the host's business
  context->bit_rate = settings.bit_rate;
  if (std::string_view(name) == "libx264") context->flags |= AV_CODEC_FLAG_CLOSED_GOP;
  if (settings.quantiser > 0) {
    context->flags |= AV_CODEC_FLAG_QSCALE;
    context->global_quality = FF_QP2LAMBDA * settings.quantiser;
  }
  if (global_header) context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVDictionary* options = nullptr;
  for (const auto& [key, value] : settings.options)
    av_dict_set(&options, key.c_str(), value.c_str(), 0);
  const int result = avcodec_open2(context.get(), codec, &options);
  av_dict_free(&options);
  if (result >= 0) return context;
  reason = libav_error(result);
  return nullptr;
}

}  // namespace

std::string libav_error(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

const Container& container_of(const std::string& path) {
  std::string lower = path;
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::ranges::find_if(
      kContainers, [&](const Container& c) { return lower.ends_with(c.extension); });
  if (found != kContainers.end()) return *found;
  throw UnavailableError(
      fmt::format("cannot make a video named {}: use .mp4, .mkv, .avi or .webm", path));
}

CodecContext open_encoder(const Container& container, const VideoFormat& format, bool global_header,
                          std::span<const std::string> forbidden) {
  std::vector<std::string> reasons;
  for (const char* name : container.encoders) {
    std::string reason = "not allowed by the options";
    if (std::ranges::find(forbidden, name) == forbidden.end()) {
      if (CodecContext context = try_open(name, format, global_header, reason)) return context;
    }
    reasons.push_back(fmt::format("{}: {}", name, reason));
  }
  throw UnavailableError(fmt::format("no encoder can make a {} file of {}x{} pixels ({})",
                                     container.extension, format.width, format.height,
                                     fmt::join(reasons, "; ")));
}

}  // namespace durasim::inline v0::video
