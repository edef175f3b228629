// The run's own store, and the way from there to the worker's.
#include "pipeline/upload_steps.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"

#include "pipeline/counted_attempt.hpp"
#include "pipeline/heartbeat_ticker.hpp"
#include "pipeline/simulation_steps.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <vector>

namespace durasim::inline v0::pipeline {

FileArtifactStore SimulationSteps::made(const ActivityContext& ctx) const {
  const std::string folder = folder_of(ctx);
  make_folders(folder);
  return FileArtifactStore(folder + "/made");
}

Artifact SimulationSteps::keep(const ActivityContext& ctx, const std::string& name,
                               const std::string& path) const {
  Artifact kept = made(ctx).put_file(name, path);
  sync_folder(folder_of(ctx));
  sync_folder(services_.work_folder);
  return kept;
}

// Nothing is uploaded while something is lost: what is made again may be other bytes, and the store
// would keep those that nobody refers to.
Uploaded SimulationSteps::upload(const ActivityContext& ctx, const UploadTask& task) const {
  return counted_attempt(folder_of(ctx), [&](const RunFolder&) {
    const HeartbeatTicker alive(ctx, to_payloads(task));
    const FileArtifactStore local = made(ctx);
    Uploaded uploaded;
    std::vector<std::string> paths;
    for (const Artifact& file : task.files) {
      if (const auto path = local.whole_file(file)) {
        paths.push_back(*path);
      } else {
        uploaded.lost.push_back(file);
      }
    }
    if (!uploaded.lost.empty()) return uploaded;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      ctx.throw_if_canceled();
      // Damaged since it was looked at.
      if (services_.artifacts->put_file(task.files[i].name, paths[i]) != task.files[i])
        uploaded.lost.push_back(task.files[i]);
    }
    return uploaded;
  });
}

// The next attempt makes it again.
void SimulationSteps::upload_all(const ActivityContext& ctx, const UploadTask& task) const {
  for (const Artifact& file : upload(ctx, task).lost)
    throw UnavailableError(fmt::format("{} was lost before it was uploaded", file.name));
}

}  // namespace durasim::inline v0::pipeline
