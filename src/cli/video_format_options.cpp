// Declaring the options of a video, and reading its size.
#include "cli/video_format_options.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace durasim::cli {

void VideoFormatOptions::add_to(CLI::App& verb) {
  verb.add_option("--quality", quality, "quality of the video")
      ->check(CLI::IsMember({"draft", "full"}))
      ->capture_default_str();
  verb.add_option("--size", size, "width and height of pictures and video")->capture_default_str();
  verb.add_option("--fps", fps, "frames per second")
      ->check(CLI::Range(1, 240))
      ->capture_default_str();
}

VideoFormat VideoFormatOptions::parse() const {
  const std::size_t x = size.find('x');
  const auto number = [this](std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 16 || value > 8192 ||
        value % 2 != 0) {
      throw InvalidArgument(fmt::format(
          "--size \"{}\" is not a picture size; write for example 1280x720, both even, 16 to 8192",
          size));
    }
    return value;
  };
  const std::string_view text = size;
  VideoFormat format;
  format.width = number(text.substr(0, x));
  format.height = number(x == std::string::npos ? std::string_view() : text.substr(x + 1));
  format.fps = fps;
  format.draft = quality == "draft";
  return format;
}

}  // namespace durasim::cli
