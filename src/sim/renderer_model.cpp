// The renderer's own copy of the model, with sizes, samples and studio scenery set.
#include "sim/renderer_model.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace durasim::inline v0::sim {
namespace {

constexpr int kMinSide = 16;
constexpr int kMaxSide = 8192;
// mjr_makeContext makes quads in proportion to slices x stacks, and to the square of numquads: a
// model may ask for more than any machine has memory for.
constexpr int kMaxSlices = 256;
constexpr int kMaxQuads = 64;

using Rgb = std::array<double, 3>;
constexpr Rgb kZenith{150, 172, 200};
constexpr Rgb kHorizon{236, 240, 245};
constexpr Rgb kNadir{188, 192, 198};

// The six faces of a cube map one below the other: right, left, up, down, front, back.
class Sky {
 public:
  static constexpr int kWidth = 128;

  Sky() {
    for (int face = 0; face < 6; ++face) {
      for (int row = 0; row < kWidth; ++row) add_row(face, row);
    }
  }
  [[nodiscard]] const std::vector<mjtByte>& pixels() const { return pixels_; }

 private:
  void add_row(int face, int row) {
    constexpr int kUp = 2;
    constexpr int kDown = 3;
    for (int column = 0; column < kWidth; ++column) {
      const double u = 2.0 * (column + 0.5) / kWidth - 1;
      const double v = 2.0 * (row + 0.5) / kWidth - 1;
      // Sine of the height above the horizon of the direction that this pixel shows.
      const double length = std::sqrt(1 + u * u + v * v);
      const double side = -v / length;
      const double height = face == kUp ? 1 / length : face == kDown ? -1 / length : side;
      const Rgb& end = height > 0 ? kZenith : kNadir;
      const double mix = std::sqrt(std::abs(height));
      for (std::size_t c = 0; c < 3; ++c) {
        pixels_.push_back(
            static_cast<mjtByte>(kHorizon.at(c) + mix * (end.at(c) - kHorizon.at(c))));
      }
    }
  }
  std::vector<mjtByte> pixels_;
};

// A model's textures and one more. mjr_makeContext copies them to the GPU, so this lives as long as
// that call.
class TexturesWithSky {
 public:
  explicit TexturesWithSky(const mjModel& view) : model_(view) {
    const auto count = static_cast<std::size_t>(view.ntex);
    const Sky sky;
    data_.assign(view.tex_data, view.tex_data + view.ntexdata);
    const auto address = static_cast<mjtSize>(data_.size());
    data_.insert(data_.end(), sky.pixels().begin(), sky.pixels().end());
    extend(type_, model_.tex_type, count, static_cast<int>(mjTEXTURE_SKYBOX));
    extend(colorspace_, model_.tex_colorspace, count, static_cast<int>(mjCOLORSPACE_AUTO));
    extend(height_, model_.tex_height, count, 6 * Sky::kWidth);
    extend(width_, model_.tex_width, count, Sky::kWidth);
    extend(channels_, model_.tex_nchannel, count, 3);
    extend(address_, model_.tex_adr, count, address);
    extend(path_, model_.tex_pathadr, count, -1);
    extend(content_type_, model_.tex_contenttypeadr, count, -1);
    model_.tex_data = data_.data();
    model_.ntexdata = static_cast<mjtSize>(data_.size());
    ++model_.ntex;
  }
  TexturesWithSky(const TexturesWithSky&) = delete;
  TexturesWithSky& operator=(const TexturesWithSky&) = delete;
  [[nodiscard]] const mjModel& model() const { return model_; }

 private:
  template <class T>
  static void extend(std::vector<T>& to, T*& array, std::size_t count, T last) {
    to.assign(array, array + count);
    to.push_back(last);
    array = to.data();
  }

  mjModel model_;
  std::vector<int> type_, colorspace_, height_, width_, channels_, path_, content_type_;
  std::vector<mjtSize> address_;
  std::vector<mjtByte> data_;
};

bool has_sky(const mjModel& view) {
  return std::any_of(view.tex_type, view.tex_type + view.ntex,
                     [](int type) { return type == mjTEXTURE_SKYBOX; });
}

}  // namespace

void check_size(const RendererOptions& options) {
  const auto bad = [](int side) { return side < kMinSide || side > kMaxSide; };
  if (bad(options.width) || bad(options.height)) {
    throw InvalidArgument(
        fmt::format("pictures of {}x{} pixels are not possible: each side must have {} to {}",
                    options.width, options.height, kMinSide, kMaxSide));
  }
  if (options.width % 2 != 0 || options.height % 2 != 0) {
    throw InvalidArgument(fmt::format(
        "pictures of {}x{} pixels are odd: videos need an even width and height, take {}x{}",
        options.width, options.height, options.width + options.width % 2,
        options.height + options.height % 2));
  }
}

void apply_preset(mjModel& view, const RendererOptions& options) {
  const bool full = options.quality == Quality::Full;
  view.vis.global.offwidth = options.width;
  view.vis.global.offheight = options.height;
  view.vis.quality.offsamples = full ? 4 : 0;
  view.vis.quality.shadowsize = full ? 2048 : 1024;
  // In full quality round things look round.
  view.vis.quality.numslices = std::clamp(view.vis.quality.numslices, full ? 64 : 1, kMaxSlices);
  view.vis.quality.numstacks = std::clamp(view.vis.quality.numstacks, full ? 32 : 1, kMaxSlices);
  view.vis.quality.numquads = std::clamp(view.vis.quality.numquads, 1, kMaxQuads);
  if (view.vis.global.orthographic != 0) {  // its fovy is then a length; see camera_fit.cpp
    view.vis.global.orthographic = 0;
    view.vis.global.fovy = 45;
  }
}

void make_context(const mjModel& view, const RendererOptions& options, mjrContext& context) {
  if (options.studio && !has_sky(view) && view.ntex < mjMAXTEXTURE) {
    const TexturesWithSky extended(view);
    mjr_makeContext(&extended.model(), &context, mjFONTSCALE_100);
  } else {
    mjr_makeContext(&view, &context, mjFONTSCALE_100);
  }
  if (context.offWidth != options.width || context.offHeight != options.height) {
    throw UnavailableError(fmt::format("this OpenGL cannot draw {}x{} pixels, at most {}x{}",
                                       options.width, options.height, context.offWidth,
                                       context.offHeight));
  }
}

}  // namespace durasim::inline v0::sim
