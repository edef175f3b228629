// Opens, fills and closes the container.
#include "video/file_muxer.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <new>
#include <string_view>

namespace durasim::inline v0::video {

FileMuxer::FileMuxer(const std::string& path)
    : path_(path), container_(container_of(path)), pending_(path), url_("file:" + pending_.path()) {
  // The muxer must know the file's name: faststart reads the file again to move the index to its
  // front.
  AVFormatContext* muxer = nullptr;
  const int result =
      avformat_alloc_output_context2(&muxer, nullptr, container_.muxer, url_.c_str());
  if (result < 0) {
    throw UnavailableError(fmt::format("this libavformat cannot write {} files: {}",
                                       container_.muxer, libav_error(result)));
  }
  muxer_.reset(muxer);
  muxer_->flags |= AVFMT_FLAG_BITEXACT;  // Matroska would draw random numbers for its tracks
}

bool FileMuxer::global_header() const {
  return (muxer_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
}

void FileMuxer::begin(const AVCodecParameters& stream, AVRational frame_rate) {
  AVStream* made = avformat_new_stream(muxer_.get(), nullptr);
  if (made == nullptr) throw std::bad_alloc();
  made->time_base = av_inv_q(frame_rate);
  made->avg_frame_rate = frame_rate;
  int result = avcodec_parameters_copy(made->codecpar, &stream);
  if (result < 0) fail("describe the stream of", result);
  made->codecpar->codec_tag = 0;  // another container's; this one has its own
  result = avio_open(&muxer_->pb, url_.c_str(), AVIO_FLAG_WRITE);
  if (result < 0) fail("create", result);
  AVDictionary* options = nullptr;
  if (std::string_view(muxer_->oformat->name) == "mp4")
    av_dict_set(&options, "movflags", "+faststart", 0);
  result = avformat_write_header(muxer_.get(), &options);
  av_dict_free(&options);
  if (result < 0) fail("write", result);
}

void FileMuxer::write(AVPacket& packet, AVRational time_base) {
  av_packet_rescale_ts(&packet, time_base, muxer_->streams[0]->time_base);
  packet.stream_index = 0;
  packet.pos = -1;
  const int result = av_interleaved_write_frame(muxer_.get(), &packet);
  if (result < 0) fail("write", result);
}

void FileMuxer::finish() {
  int result = av_write_trailer(muxer_.get());
  if (result < 0) fail("write", result);
  result = avio_closep(&muxer_->pb);  // reports what the buffered writes before it ran into
  if (result < 0) fail("write", result);
  pending_.commit();
}

void FileMuxer::fail(const char* what, int code) const {
  throw IoError(fmt::format("cannot {} {}: {}", what, path_, libav_error(code)));
}

}  // namespace durasim::inline v0::video
