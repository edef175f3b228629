// Stills and videos of a recorded run. The encoder is a plug-in that is loaded at run time, or the
// caller's own; this module links no video library.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/frame_sink.hpp"
#include "durasim/sim/camera.hpp"
#include "durasim/sim/image.hpp"
#include "durasim/sim/renderer.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace durasim::inline v0::sim {

// durasim's encoder (libdurasim_video, looked for beside this library and then on the system's
// path), or null with the `reason` when it is not installed or cannot be loaded. It stays loaded.
// Thread-safe.
DURASIM_EXPORT std::shared_ptr<FrameSinkFactory> load_video_plugin(std::string& reason);

struct VideoOptions {
  VideoFormat format;            // draft also chooses Quality::Draft
  std::optional<Camera> camera;  // empty: fitted to the parts that move
  double speed = 1;              // simulated seconds in one second of video, 0.001..1000
  // A part of the video: `count` frames from `first` on, or those that there are.
  std::int64_t first = 0;
  std::int64_t count = std::numeric_limits<std::int64_t>::max();
  bool studio = true;  // see RendererOptions
  std::string egl_library = "libEGL.so.1";
};

struct VideoResult {
  VideoFile file;
  std::string backend;  // which OpenGL drew it
};

// How many frames the video of the whole recording has. Throws InvalidArgument (format, speed,
// empty recording), FormatError. Thread-safe.
DURASIM_EXPORT std::int64_t video_frames(const TrajectoryReader& trajectory,
                                         const VideoOptions& options = {});

// Frames done so far and in all; called on the caller's thread after each frame.
using RenderProgress = std::function<void(std::int64_t done, std::int64_t total)>;

// Renders the recording, or the part of it that the options say, into `path`, whose extension picks
// the container. Frame k shows the recorded state nearest to k * speed / fps, both ends included.
// The camera is fitted to the whole recording, so parts show one scene; FrameSinkFactory::join
// makes one video of them. One frame is in memory at a time, plus the encoder's few. Leaves either
// the whole file or none. Throws UnavailableError (no OpenGL, no encoder), InvalidArgument (format,
// camera, empty recording, a part beyond its end), FormatError (damaged recording), IoError,
// CancelledError after `stop`. Thread-safe.
DURASIM_EXPORT VideoResult render_video(std::shared_ptr<const Model> model,
                                        const TrajectoryReader& trajectory,
                                        FrameSinkFactory& encoder, const std::string& path,
                                        const VideoOptions& options = {},
                                        const std::stop_token& stop = {},
                                        const RenderProgress& progress = {});

struct StillOptions {
  RendererOptions renderer;
  std::optional<Camera> camera;  // empty: fitted to the parts that move over the whole recording
};

// One picture: the recorded state nearest to `time`. Throws as render_video does. Thread-safe.
DURASIM_EXPORT Image render_still(std::shared_ptr<const Model> model,
                                  const TrajectoryReader& trajectory, Seconds time,
                                  const StillOptions& options = {});

}  // namespace durasim::inline v0::sim
