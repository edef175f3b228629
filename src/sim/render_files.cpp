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

  void pictures() {
    picture("picture", 0);
    picture("picture_end", trajectory_.frame_count() - 1);
  }

  void video() {
    std::string reason;
    const std::shared_ptr<FrameSinkFactory> encoder = load_video_plugin(reason);
    const std::string file =
        options_.video_path.empty() ? options_.folder + "/video.mp4" : options_.video_path;
    try {
      if (!encoder) throw UnavailableError(reason);
      VideoOptions video;
      video.format = options_.format;
      video.egl_library = options_.egl_library;
      const VideoResult result = render_video(model_, trajectory_, *encoder, file, video,
                                              options_.stop, options_.progress);
      made.files["video"] = result.file.path;
      made.versions["encoder"] = result.file.encoder;
      made.versions["renderer"] = result.backend;
    } catch (const CancelledError&) {
      throw;
    } catch (const Error& error) {
      // Neither a missing driver nor a full disk under the video changes the verdict.
      made.missing["video"] = error.what();
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
  rendering.pictures();
  return std::move(rendering.made);
}

RenderedFiles render_files(const std::shared_ptr<const Model>& model,
                           const TrajectoryReader& trajectory, const RenderFilesOptions& options) {
  Rendering rendering(model, trajectory, options);
  rendering.pictures();
  rendering.video();
  return std::move(rendering.made);
}

}  // namespace durasim::inline v0::sim
