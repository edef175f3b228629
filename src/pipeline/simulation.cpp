// Requests, their identity, results as JSON, and the registration of a worker.
#include "durasim/pipeline/simulation.hpp"

#include "durasim/core/convert.hpp"
#include "durasim/core/convert_json.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/sim/mjcf_bundle.hpp"

#include "core/utf8.hpp"
#include "pipeline/simulation_steps.hpp"
#include "pipeline/trace_steps.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

// "/a/b/robot.step" -> "robot.step". Payloads take UTF-8 only, names of files any bytes.
std::string file_name(const std::string& path) {
  return to_utf8(path.substr(path.rfind('/') + 1));
}

// "/a/b/robot.step" -> "robot".
std::string stem(const std::string& path) {
  const std::string name = file_name(path);
  return name.substr(0, name.rfind('.'));
}

// One attempt of an activity. Why it fails is said at once: the next one may be minutes away.
template <class Work>
auto attempt(const ActivityContext& ctx, const Logger& log, const Work& work) {
  try {
    return cancellable(ctx, work);
  } catch (const std::exception& error) {
    if (!ctx.is_canceled()) {
      log.error(fmt::format("{}, attempt {}: {}", ctx.info().activity_type, ctx.info().attempt,
                            error.what()));
    }
    throw;
  }
}

}  // namespace

SimulationRequest request_of(const std::string& path, ArtifactStore& artifacts,
                             const std::string& unit) {
  const Bytes bytes = read_file(path);
  const std::optional<sim::FileFormat> format = sim::detect_format(bytes, path);
  if (!format) {
    throw InvalidArgument(fmt::format(
        "{}: neither its bytes nor its name say STEP, STL, OBJ, MSH, JSON or MJCF", path));
  }
  GeometryFile file{.file = {}, .format = *format, .unit = unit};
  file.file = *format == sim::FileFormat::Mjcf
                  ? artifacts.put(stem(path) + ".dsmjcf",
                                  sim::encode_mjcf_bundle(sim::load_mjcf_file(path)))
                  : artifacts.put(file_name(path), bytes);
  SimulationRequest request{.name = stem(path), .geometry = std::move(file)};
  request.lengths_in_file_unit = *format != sim::FileFormat::Mjcf;
  return request;
}

std::string workflow_id_of(const SimulationRequest& request) {
  return "simulation-" + sha256_hex(as_bytes(to_payload(request).data));
}

std::string to_json(const SimulationResult& result, const std::string& workflow_id) {
  std::string json = sim::to_json(result);
  json.pop_back();  // its closing brace
  json += fmt::format(R"(,"resumed_from_step":{},"attempts":{})", result.resumed_from_step,
                      result.attempts);
  const auto add_unless_empty = [&json](std::string_view name, const std::string& text) {
    if (text.empty()) return;
    json += fmt::format(R"(,"{}":)", name);
    JsonWriter writer(json);
    write_json(writer, text);
  };
  add_unless_empty("restarted_because", result.restarted_because);
  add_unless_empty("workflow_id", workflow_id);
  return json + "}";
}

void implement_simulation(Worker& worker, SimulationServices services) {
  worker.implement(update_trace,
                   trace_writer(trace_services(services), [services](const Client& client) {
                     sweep_simulations(client, services);
                   }));
  const Logger log = services.log;
  const auto steps = std::make_shared<const SimulationSteps>(std::move(services));
  worker.implement(simulation_workflow,
                   [progress = steps->progress()](WorkflowContext ctx, SimulationRequest request) {
                     return run_simulation_workflow(std::move(ctx), std::move(request), progress);
                   });
  worker.implement(import_geometry,
                   [steps, log](ActivityContext ctx, const SimulationRequest& request) {
                     return attempt(ctx, log, [&] { return steps->import(ctx, request); });
                   });
  worker.implement(
      compile_mjcf, [steps, log](const ActivityContext& ctx, const SimulationRequest& request,
                                 const ImportedGeometry& geometry) {
        return attempt(ctx, log, [&] { return steps->compile(ctx, request, geometry); });
      });
  worker.implement(step_simulation, [steps, log](ActivityContext ctx, const SteppingTask& task) {
    return attempt(ctx, log, [&] { return steps->step(ctx, task); });
  });
  worker.implement(upload_files, [steps, log](ActivityContext ctx, const UploadTask& task) {
    return attempt(ctx, log, [&] { return steps->upload(ctx, task); });
  });
  worker.implement(render_pictures,
                   [steps, log](const ActivityContext& ctx, const RenderTask& task) {
                     return attempt(ctx, log, [&] { return steps->render_pictures(ctx, task); });
                   });
  worker.implement(render_range, [steps, log](ActivityContext ctx, const RangeTask& task) {
    return attempt(ctx, log, [&] { return steps->render_range(ctx, task); });
  });
  worker.implement(join_video, [steps, log](const ActivityContext& ctx, const JoinTask& task) {
    return attempt(ctx, log, [&] { return steps->join_video(ctx, task); });
  });
  worker.implement(publish_result,
                   [steps, log](const ActivityContext& ctx, const PublishTask& task) {
                     return attempt(ctx, log, [&] { return steps->publish(ctx, task); });
                   });
  worker.implement(discard_run, [steps, log](const ActivityContext& ctx) {
    attempt(ctx, log, [&] { steps->discard(ctx); });
  });
  worker.implement(run_simulation,
                   [steps, log](ActivityContext ctx, const SimulationRequest& request) {
                     return attempt(ctx, log, [&] { return steps->run(ctx, request); });
                   });
}

WorkflowRun<SimulationResult> simulate(const Client& client, const SimulationRequest& request) {
  return start_or_join(client, simulation_workflow, request, workflow_id_of(request));
}

}  // namespace durasim::inline v0::pipeline
