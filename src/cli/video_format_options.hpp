// Command-line options of every verb that makes a video: size, frames per second, quality.
#pragma once

#include "durasim/core/frame_sink.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace durasim::cli {

struct VideoFormatOptions {
  std::string quality = "full";
  std::string size = "1280x720";
  int fps = 30;

  void add_to(CLI::App& verb);
  // Throws InvalidArgument that quotes the text.
  [[nodiscard]] VideoFormat parse() const;
};

}  // namespace durasim::cli
