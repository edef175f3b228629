// make_assembly FILE [--parts N]: writes a STEP assembly to simulate; with --parts a field of N
// parts to measure with. Not a CAD tool: the shapes are fixed.
#include "assembly_shapes.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

namespace {

// 0 when the text is not a number.
std::size_t parse_count(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

int write(const std::string& path, std::size_t parts) {
  const examples::WrittenAssembly written =
      parts == 0 ? examples::write_marble_run(path) : examples::write_part_field(path, parts);
  std::printf("wrote %s: %zu parts of %zu shapes, in mm\n", path.c_str(), written.instances,
              written.shapes);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool with_count = argc == 4 && std::strcmp(argv[2], "--parts") == 0;
  const std::size_t parts = with_count ? parse_count(argv[3]) : 0;
  if ((argc != 2 && parts == 0) || argv[1][0] == '-') {
    std::fputs("usage: make_assembly FILE.step [--parts N]\n", stderr);
    return 1;
  }
  try {
    return write(argv[1], parts);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_assembly: %s\n", error.what());
    return 1;
  }
}
