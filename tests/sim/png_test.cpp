// PNG files: another decoder (stb_image) sees the same pixels.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/sim/image.hpp"

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

namespace {

using durasim::sim::Image;

Image gradient(int width, int height) {
  Image image{.width = width, .height = height, .rgb = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {x * 7, y * 11, x * y})
        image.rgb.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return image;
}

}  // namespace

TEST_CASE("a PNG decodes to the same pixels, the top row first") {
  for (const auto& [width, height] : {std::pair{64, 48}, std::pair{1, 1}, std::pair{33, 7}}) {
    const Image image = gradient(width, height);
    const durasim::Bytes png = durasim::sim::encode_png(image);
    int w = 0;
    int h = 0;
    int channels = 0;
    stbi_uc* pixels = stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(png.data()),
                                            static_cast<int>(png.size()), &w, &h, &channels, 0);
    REQUIRE(pixels != nullptr);
    CHECK(w == width);
    CHECK(h == height);
    CHECK(channels == 3);
    CHECK(std::equal(image.rgb.begin(), image.rgb.end(), pixels));
    stbi_image_free(pixels);
  }
}

TEST_CASE("a PNG file is whole or absent") {
  const durasim_test::TemporaryFolder folder;
  const Image image = gradient(20, 10);
  durasim::sim::write_png(folder.file("a.png"), image);
  CHECK(durasim::read_file(folder.file("a.png")) == durasim::sim::encode_png(image));
  CHECK_THROWS_AS(durasim::sim::write_png(folder.file("none/a.png"), image), durasim::IoError);
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a picture whose pixels and size disagree is refused") {
  Image image = gradient(20, 10);
  image.rgb.pop_back();
  CHECK_THROWS_AS(durasim::sim::encode_png(image), durasim::InvalidArgument);
  CHECK_THROWS_AS(durasim::sim::encode_png(Image{}), durasim::InvalidArgument);
  CHECK_THROWS_AS(durasim::sim::encode_png(Image{.width = -1, .height = -1, .rgb = {}}),
                  durasim::InvalidArgument);
}
