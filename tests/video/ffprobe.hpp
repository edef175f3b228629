// Looks at video files with the programs ffprobe and ffmpeg, that is with other eyes than our own
// encoder's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace durasim_test {

// What the command prints; empty when it fails.
inline std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::string output;
  std::array<char, 65536> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.append(buffer.data(), n);
  return ::pclose(pipe) == 0 ? output : std::string();
}

inline bool has_ffprobe() {
  return !output_of("ffprobe -version 2>/dev/null").empty() &&
         !output_of("ffmpeg -version 2>/dev/null").empty();
}

// ffprobe's "key=value" lines about the first stream and the container; frames are counted by
// decoding them.
inline std::map<std::string, std::string> probe(const std::string& path) {
  std::istringstream lines(
      output_of("ffprobe -v error -count_frames -select_streams v:0 -show_entries "
                "stream=codec_name,profile,width,height,pix_fmt,color_range,color_space,"
                "color_transfer,color_primaries,r_frame_rate,nb_read_frames"
                ":format=format_name,duration -of default=noprint_wrappers=1 '" +
                path + "'"));
  std::map<std::string, std::string> values;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) values[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return values;
}

// Frame `index` as RGB, top row first.
inline std::vector<std::uint8_t> decode_frame(const std::string& path, int index) {
  const std::string pixels =
      output_of("ffmpeg -v error -nostdin -i '" + path + "' -vf 'select=eq(n\\," +
                std::to_string(index) + ")' -frames:v 1 -f rawvideo -pix_fmt rgb24 -");
  return {pixels.begin(), pixels.end()};
}

}  // namespace durasim_test
