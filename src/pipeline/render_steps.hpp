// The video of a durable simulation, in ranges of its frames that are rendered side by side and
// joined: what their activities take and give.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/names.hpp"
#include "durasim/pipeline/artifact_store.hpp"
#include "durasim/pipeline/describe_simulation.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/workflow/workflow.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace durasim::inline v0::pipeline {

struct RenderTask {
  Artifact mjcf;
  Artifact trajectory;
  VideoFormat format;
};
BOOST_DESCRIBE_STRUCT(RenderTask, (), (mjcf, trajectory, format))

struct Rendered {
  std::map<std::string, Artifact> files;
  std::map<std::string, std::string> missing;
  std::map<std::string, std::string> versions;
};
BOOST_DESCRIBE_STRUCT(Rendered, (), (files, missing, versions))

// Files of a Rendered, for their upload.
[[nodiscard]] std::vector<Artifact> files_of(const Rendered& rendered);

struct VideoPlan {
  Rendered pictures;        // in the run's own store
  std::int64_t frames = 0;  // of the video; 0: it cannot be made, and `pictures` says why
  int at_once = 1;          // ranges, on this machine
};
BOOST_DESCRIBE_STRUCT(VideoPlan, (), (pictures, frames, at_once))

struct RangeTask {
  RenderTask render;
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t done = 0;   // frames of other ranges that were complete when this one was scheduled
  std::int64_t total = 0;  // of the video
};
BOOST_DESCRIBE_STRUCT(RangeTask, (), (render, first, count, done, total))

struct Segment {
  Artifact file;  // in the run's own store
  std::string encoder;
  std::string renderer;
  std::string missing;  // why this machine can make none; then the others are empty
};
BOOST_DESCRIBE_STRUCT(Segment, (), (file, encoder, renderer, missing))

// Segments may be lost between their rendering and this: with the work folder, or by a bad disk.
struct JoinTask {
  std::vector<Artifact> segments;
  VideoFormat format;
  std::int64_t frames = 0;
};
BOOST_DESCRIBE_STRUCT(JoinTask, (), (segments, format, frames))

struct Joined {
  Artifact video;                  // in the run's own store
  std::vector<std::int64_t> lost;  // which segments; if there are any, there is no video
};
BOOST_DESCRIBE_STRUCT(Joined, (), (video, lost))

inline constexpr Activity<VideoPlan(RenderTask)> render_pictures{"render_pictures"};
inline constexpr Activity<Segment(RangeTask)> render_range{"render_range"};
inline constexpr Activity<Joined(JoinTask)> join_video{"join_video"};

// Frames in a range: three groups of pictures, that is six seconds, so that the joined video has
// its key pictures where one that was encoded in one piece has them. Of very long videos more
// groups: one history holds all ranges.
[[nodiscard]] DURASIM_EXPORT std::int64_t frames_in_range(std::int64_t frames, int fps);

// The workflow's part: pictures, ranges, video, and their uploads, of which `stage` tells. What is
// rendered is in the artifact store. A video that cannot be made or uploaded is missing, with the
// reason; only a cancellation is thrown.
Workflow<Rendered> render_in_ranges(WorkflowContext ctx, RenderTask task, SimulationStage* stage);

}  // namespace durasim::inline v0::pipeline
