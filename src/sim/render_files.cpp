// Two pictures and a video, and why one is missing.
#include "durasim/sim/render_files.hpp"

#include "durasim/core/error.hpp"

namespace durasim::inline v0::sim {
namespace {

class Rendering {
 public:
  Rendering(const std::shared_ptr<const Model>& model, const TrajectoryReader& trajectory,
            const RenderFilesOptions& options)
      : model_(model), trajectory_(trajectory), options_(options) {}

  // Notes what no other attempt would mend; the rest is thrown.
  void picture(const std::string& name, std::int64_t frame) {
    const std::string file = options_.folder + "/" + name + ".png";
    try {
      StillOptions still;
      still.renderer.width = options_.format.width;
      still.renderer.height = options_.format.height;
      still.renderer.egl_library = options_.egl_library;
      write_png(file, render_still(model_, trajectory_, trajectory_.frame(frame).time, still));
      made.files[name] = file;
    } catch (const UnavailableError& error) {
      made.missing[name] = error.what();
    } catch (const InvalidArgument& error) {
      made.missing[name] = error.what();
    }
  }

  void first_picture() { picture("picture", 0); }
  void last_picture() { picture("picture_end", trajectory_.frame_count() - 1); }

  void video() {
    std::string reason;
    const std::shared_ptr<FrameSinkFactory> encoder = load_video_plugin(reason);
    const std::string file =
        options_.video_path.empty() ? options_.folder + "/video.mp4" : options_.video_path;
    if (!encoder) throw UnavailableError(reason);
    VideoOptions video;
    video.format = options_.format;
    video.egl_library = options_.egl_library;
    const VideoResult result =
        render_video(model_, trajectory_, *encoder, file, video, options_.stop, options_.progress);
    made.files["video"] = result.file.path;
    made.versions["encoder"] = result.file.encoder;
    made.versions["renderer"] = result.backend;
  }

  // For those who make no other attempt: neither a missing driver nor a full disk under a file
  // changes the verdict.
  void attempt(const std::string& name, void (Rendering::*make)()) {
    try {
      (this->*make)();
    } catch (const CancelledError&) {
      throw;
    } catch (const Error& error) {
      made.missing[name] = error.what();
    }
  }

  RenderedFiles made;

 private:
  const std::shared_ptr<const Model>& model_;
  const TrajectoryReader& trajectory_;
  const RenderFilesOptions& options_;
};

}  // namespace

RenderedFiles render_pictures(const std::shared_ptr<const Model>& model,
                              const TrajectoryReader& trajectory,
                              const RenderFilesOptions& options) {
  Rendering rendering(model, trajectory, options);
  rendering.first_picture();
  rendering.last_picture();
  return std::move(rendering.made);
}

RenderedFiles render_files(const std::shared_ptr<const Model>& model,
                           const TrajectoryReader& trajectory, const RenderFilesOptions& options) {
  Rendering rendering(model, trajectory, options);
  rendering.attempt("picture", &Rendering::first_picture);
  rendering.attempt("picture_end", &Rendering::last_picture);
  rendering.attempt("video", &Rendering::video);
  return std::move(rendering.made);
}

}  // namespace durasim::inline v0::sim
