// Conversion and encoding of one file. The picture is turned right side up by reading its
// rows with a negative stride, in the same pass that converts RGB to YUV.
#include "video/file_encoder.hpp"

#include "durasim/core/error.hpp"

#include "video/codec_choice.hpp"

#include <fmt/format.h>

#include <array>
#include <new>

namespace durasim::inline v0::video {

FileEncoder::FileEncoder(const std::string& path, const VideoFormat& format,
                         std::span<const std::string> forbidden)
    : format_(format),
      path_(path),
      file_(path),
      encoder_(open_encoder(file_.container(), format, file_.global_header(), forbidden)),
      packet_(av_packet_alloc()) {
  if (!packet_) throw std::bad_alloc();
  make_scaler();
  const Parameters stream(avcodec_parameters_alloc());
  if (!stream || avcodec_parameters_from_context(stream.get(), encoder_.get()) < 0)
    throw std::bad_alloc();
  file_.begin(*stream, encoder_->framerate);
}

void FileEncoder::make_scaler() {
  const int width = format_.width;
  const int height = format_.height;
  // The J formats are the same bytes as the plain ones; the range is stated below.
  constexpr AVPixelFormat kLayout = AV_PIX_FMT_YUV420P;
  // Colour from all pixels of a row: swscale has vector code for that, and none for every second
  // one. Twice as fast, and exact at edges.
  constexpr int kFlags = SWS_BILINEAR | SWS_FULL_CHR_H_INP;
  scaler_.reset(sws_getContext(width, height, AV_PIX_FMT_RGB24, width, height, kLayout, kFlags,
                               nullptr, nullptr, nullptr));
  const bool full_range = encoder_->color_range == AVCOL_RANGE_JPEG;
  const int matrix = encoder_->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601;
  constexpr int kUnity = 1 << 16;  // brightness, contrast and saturation unchanged
  if (!scaler_ || sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(SWS_CS_DEFAULT), 1,
                                           sws_getCoefficients(matrix), full_range ? 1 : 0, 0,
                                           kUnity, kUnity) < 0) {
    throw UnavailableError("this libswscale cannot convert RGB to what the encoder takes");
  }
  frame_.reset(av_frame_alloc());
  if (!frame_) throw std::bad_alloc();
  frame_->format = encoder_->pix_fmt;
  frame_->width = width;
  frame_->height = height;
  frame_->color_range = encoder_->color_range;
  frame_->colorspace = encoder_->colorspace;
  frame_->color_primaries = encoder_->color_primaries;
  frame_->color_trc = encoder_->color_trc;
  if (av_frame_get_buffer(frame_.get(), 0) < 0) throw std::bad_alloc();
}

void FileEncoder::encode(const std::uint8_t* rgb_bottom_up) {
  const int result = av_frame_make_writable(frame_.get());
  if (result < 0) file_.fail("encode a frame of", result);
  const int stride = 3 * format_.width;
  const std::array<const std::uint8_t*, 1> rows{rgb_bottom_up +
                                                std::ptrdiff_t{stride} * (format_.height - 1)};
  const std::array<int, 1> strides{-stride};
  sws_scale(scaler_.get(), rows.data(), strides.data(), 0, format_.height, frame_->data,
            frame_->linesize);
  frame_->pts = frames_++;
  // mpeg4 and mjpeg take a fixed quantiser from each frame.
  if ((encoder_->flags & AV_CODEC_FLAG_QSCALE) != 0) frame_->quality = encoder_->global_quality;
  send(frame_.get());
}

void FileEncoder::send(const AVFrame* frame) {
  int result = avcodec_send_frame(encoder_.get(), frame);
  if (result < 0) file_.fail("encode a frame of", result);
  for (;;) {
    result = avcodec_receive_packet(encoder_.get(), packet_.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
    if (result < 0) file_.fail("encode a frame of", result);
    if (packet_->duration == 0) packet_->duration = 1;  // in frames: the last one has a length too
    file_.write(*packet_, encoder_->time_base);
  }
}

VideoFile FileEncoder::finish() {
  if (frames_ == 0)
    throw InvalidArgument(fmt::format("cannot make {}: a video needs at least one frame", path_));
  send(nullptr);
  file_.finish();
  return {.path = path_, .encoder = encoder_->codec->name, .frames = frames_};
}

}  // namespace durasim::inline v0::video
