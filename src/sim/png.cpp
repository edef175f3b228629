// PNG files by stb_image_write, in memory; durasim's own writer makes the file, so that a failure
// leaves none.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/image.hpp"

#include <fmt/format.h>

#include <cstddef>

// Its warnings are those of a system header; static: another copy in the host does not collide.
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

namespace durasim::inline v0::sim {

Bytes encode_png(const Image& image) {
  constexpr int kMaxSide = 32768;
  const bool possible =
      image.width > 0 && image.height > 0 && image.width <= kMaxSide && image.height <= kMaxSide;
  if (!possible || image.rgb.size() != std::size_t{3} * static_cast<std::size_t>(image.width) *
                                           static_cast<std::size_t>(image.height)) {
    throw InvalidArgument(
        fmt::format("a picture of {}x{} pixels cannot have {} bytes (width x height x 3)",
                    image.width, image.height, image.rgb.size()));
  }
  Bytes png;
  const auto append = [](void* to, void* data, int size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    auto& out = *static_cast<Bytes*>(to);
    out.insert(out.end(), bytes, bytes + size);
  };
  if (stbi_write_png_to_func(append, &png, image.width, image.height, 3, image.rgb.data(),
                             3 * image.width) == 0) {
    throw Error(fmt::format("a picture of {}x{} pixels could not be encoded as PNG", image.width,
                            image.height));
  }
  return png;
}

void write_png(const std::string& path, const Image& image) {
  write_file(path, encode_png(image));
}

}  // namespace durasim::inline v0::sim
