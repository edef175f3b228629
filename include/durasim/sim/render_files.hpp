// The pictures and the video of a recorded run as files. One that cannot be made has a reason and
// changes nothing else: a missing picture is no verdict.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/frame_sink.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/trajectory.hpp"
#include "durasim/sim/video.hpp"

#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace durasim::inline v0::sim {

struct RenderFilesOptions {
  std::string folder;      // must be there; picture.png, picture_end.png and video.mp4 come into it
  std::string video_path;  // instead of video.mp4 in the folder, if not empty
  VideoFormat format;
  std::string egl_library = "libEGL.so.1";
  std::stop_token stop;
  RenderProgress progress;
};

struct RenderedFiles {
  std::map<std::string, std::string> files;     // "picture", "picture_end", "video": path
  std::map<std::string, std::string> missing;   // the others: why
  std::map<std::string, std::string> versions;  // "encoder", "renderer"
};

// The first and the last recorded state. Each file appears whole or not at all. Throws what another
// attempt may mend: IoError for a file that cannot be written, MujocoError; and FormatError for a
// damaged recording. Thread-safe.
DURASIM_EXPORT RenderedFiles render_pictures(const std::shared_ptr<const Model>& model,
                                             const TrajectoryReader& trajectory,
                                             const RenderFilesOptions& options);

// Both pictures, and a video of the whole recording. Throws CancelledError after `stop`; every
// other failure is the reason for a file that is missing. Thread-safe.
DURASIM_EXPORT RenderedFiles render_files(const std::shared_ptr<const Model>& model,
                                          const TrajectoryReader& trajectory,
                                          const RenderFilesOptions& options);

}  // namespace durasim::inline v0::sim
