// Owners for libav's objects, and its error codes as text. Private to this module.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

namespace durasim::inline v0::video {

struct LibavDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
  void operator()(AVFormatContext* context) const {
    if (context->iformat != nullptr) return avformat_close_input(&context);
    if (context->pb != nullptr) avio_closep(&context->pb);
    avformat_free_context(context);
  }
};

using CodecContext = std::unique_ptr<AVCodecContext, LibavDeleter>;
using Parameters = std::unique_ptr<AVCodecParameters, LibavDeleter>;
using FormatContext = std::unique_ptr<AVFormatContext, LibavDeleter>;
using Frame = std::unique_ptr<AVFrame, LibavDeleter>;
using Packet = std::unique_ptr<AVPacket, LibavDeleter>;
using Scaler = std::unique_ptr<SwsContext, LibavDeleter>;

// "No space left on device" for a negative return code of libav.
std::string libav_error(int code);

}  // namespace durasim::inline v0::video
