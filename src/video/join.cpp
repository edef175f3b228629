// Each segment begins with a key picture and needs nothing of the one before, so their packets
// stand one after the other. Times are counted anew, in frames: a picture keeps its place within
// its segment. All segments are read twice, since how far pictures are reordered, which the first
// packet's decoding time states, is known when the last packet has been seen.
#include "video/join.hpp"

#include "durasim/core/error.hpp"

#include "video/file_muxer.hpp"
#include "video/libav.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>
#include <vector>

namespace durasim::inline v0::video {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw FormatError(fmt::format("cannot join {}: {}", path, why));
}

// For a code of libav: the system's reason, or what is wrong with the file.
[[noreturn]] void fail(const std::string& path, int code) {
  constexpr int kLastErrno = 4095;  // libav's own codes lie beyond, but for EINVAL
  if (AVUNERROR(code) <= kLastErrno && code != AVERROR(EINVAL))
    throw IoError(fmt::format("cannot read {}: {}", path, libav_error(code)));
  refuse(path, libav_error(code));
}

class Segment {
 public:
  explicit Segment(const std::string& path) : path_(path), packet_(av_packet_alloc()) {
    if (!packet_) throw std::bad_alloc();
    const Container& container = container_of(path);
    // The demuxer is named, so that no content is taken for another kind, a list of files say; and
    // what it names is not looked up elsewhere.
    const AVInputFormat* format = av_find_input_format(container.muxer);
    if (format == nullptr) throw UnavailableError("this libavformat cannot read " + path);
    AVDictionary* options = nullptr;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    AVFormatContext* file = nullptr;
    int result = avformat_open_input(&file, ("file:" + path).c_str(), format, &options);
    av_dict_free(&options);
    if (result < 0) fail(path, result);
    file_.reset(file);
    result = avformat_find_stream_info(file_.get(), nullptr);
    if (result < 0) fail(path, result);
    if (file_->nb_streams != 1 || parameters().codec_type != AVMEDIA_TYPE_VIDEO)
      refuse(path, "it holds something else than one video");
  }

  [[nodiscard]] const AVCodecParameters& parameters() const { return *file_->streams[0]->codecpar; }

  // The next packet in the order of decoding, or null at the end.
  AVPacket* next() {
    av_packet_unref(packet_.get());
    const int result = av_read_frame(file_.get(), packet_.get());
    if (result == AVERROR_EOF) return nullptr;
    if (result < 0) fail(path_, result);
    if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) refuse(path_, "it is damaged");
    return packet_.get();
  }

  // The time of a packet in frames. Containers round, Matroska to milliseconds.
  [[nodiscard]] std::int64_t frame_of(const AVPacket& packet, AVRational frame_rate) const {
    const std::int64_t time = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
    if (time == AV_NOPTS_VALUE) refuse(path_, "a picture in it has no time");
    return av_rescale_q(time, file_->streams[0]->time_base, av_inv_q(frame_rate));
  }

 private:
  std::string path_;
  FormatContext file_;
  Packet packet_;
};

// How the packets of a segment lie in time: the place of each picture among those of the segment,
// in the order of decoding.
std::vector<std::int64_t> places_in(Segment& segment, const std::string& path,
                                    AVRational frame_rate) {
  std::vector<std::int64_t> places;
  const AVPacket* packet = segment.next();
  if (packet != nullptr && (packet->flags & AV_PKT_FLAG_KEY) == 0)
    refuse(path, "it does not begin with a key picture");
  for (; packet != nullptr; packet = segment.next())
    places.push_back(segment.frame_of(*packet, frame_rate));
  if (places.empty()) refuse(path, "it holds no picture");
  const std::int64_t first = *std::ranges::min_element(places);
  std::vector<bool> seen(places.size());
  for (std::int64_t& place : places) {
    // Unsigned, since times of a damaged file may lie as far apart as numbers can.
    const std::uint64_t index =
        static_cast<std::uint64_t>(place) - static_cast<std::uint64_t>(first);
    if (index >= seen.size() || seen[index]) {
      refuse(path, fmt::format("it does not hold each of its frames once at {} a second",
                               frame_rate.num));
    }
    seen[index] = true;
    place = static_cast<std::int64_t>(index);
  }
  return places;
}

// What differs in the encoding of two segments; empty when one decoder reads both.
std::string difference(const AVCodecParameters& a, const AVCodecParameters& b) {
  if (a.codec_id != b.codec_id)
    return fmt::format("it is {} and not {}", avcodec_get_name(b.codec_id),
                       avcodec_get_name(a.codec_id));
  if (a.width != b.width || a.height != b.height)
    return fmt::format("it has {}x{} pixels and not {}x{}", b.width, b.height, a.width, a.height);
  if (a.format != b.format) return "its pixel format is another one";
  const auto headers = [](const AVCodecParameters& of) {
    return std::span(of.extradata, static_cast<std::size_t>(of.extradata_size));
  };
  if (!std::ranges::equal(headers(a), headers(b)))
    return "it was encoded with other settings, or by another version of the encoder";
  return {};
}

Parameters copy_of(const AVCodecParameters& parameters) {
  Parameters copy(avcodec_parameters_alloc());
  if (!copy || avcodec_parameters_copy(copy.get(), &parameters) < 0) throw std::bad_alloc();
  return copy;
}

}  // namespace

std::int64_t join_files(std::span<const std::string> segments, const std::string& path,
                        const VideoFormat& format) {
  if (segments.empty()) throw InvalidArgument("no segment to join to " + path);
  const AVRational frame_rate{format.fps, 1};
  FileMuxer joined(path);
  Parameters first;
  std::vector<std::vector<std::int64_t>> places;
  for (const std::string& name : segments) {
    Segment segment(name);
    if (!first) first = copy_of(segment.parameters());
    if (std::string differs = difference(*first, segment.parameters()); !differs.empty())
      refuse(name, differs);
    places.push_back(places_in(segment, name, frame_rate));
  }
  if (first->width != format.width || first->height != format.height)
    refuse(segments.front(), fmt::format("it has {}x{} pixels and not {}x{}", first->width,
                                         first->height, format.width, format.height));
  // A picture is decoded no later than it is shown.
  std::int64_t delay = 0;
  for (const auto& segment : places) {
    for (std::size_t i = 0; i < segment.size(); ++i)
      delay = std::max(delay, static_cast<std::int64_t>(i) - segment[i]);
  }
  joined.begin(*first, frame_rate);
  std::int64_t written = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    Segment segment(segments[i]);
    const std::int64_t start = written;
    for (const std::int64_t place : places[i]) {
      AVPacket* packet = segment.next();
      if (packet == nullptr) refuse(segments[i], "it has changed");
      packet->pts = start + place;
      packet->dts = written++ - delay;
      packet->duration = 1;
      joined.write(*packet, av_inv_q(frame_rate));
    }
  }
  joined.finish();
  return written;
}

}  // namespace durasim::inline v0::video
