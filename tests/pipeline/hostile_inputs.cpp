// hostile-inputs SEED COUNT FILE...: damaged copies of the files through the whole of a simulation,
// in this process as in a host's. Each must end in a verdict or in one of durasim's errors; whoever
// runs this sees whether the process has lived to its last line.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/pipeline/simulation.hpp"
#include "durasim/sim/mjcf_bundle.hpp"
#include "durasim/testing/activity_environment.hpp"

#include "mutator.hpp"
#include "pipeline/simulation_steps.hpp"
#include "temporary_folder.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace durasim;
using namespace durasim::pipeline;

namespace {

class Host {
 public:
  // The outcome in a word.
  std::string simulate(const std::string& name, const std::string& bytes) {
    try {
      return run(name, bytes);
    } catch (const Error&) {
      return "error";
    }
  }

 private:
  std::string run(const std::string& name, const std::string& bytes) {
    const std::string path = files_.file(name);
    write_file(path, as_bytes(bytes));
    const bool mesh = name.ends_with(".stl") || name.ends_with(".obj") || name.ends_with(".msh");
    SimulationRequest request = request_of(path, artifacts_, mesh ? "mm" : "");
    request.duration = Seconds(0.02);
    request.video = false;
    const SimulationSteps steps({.artifacts = &artifacts_,
                                 .work_folder = files_.file("work"),
                                 .import = {.deadline = std::chrono::seconds(5)}});
    const SimulationResult result =
        environment_.run([&](const ActivityContext& ctx) { return steps.run(ctx, request); });
    return std::string(to_string(result.verdict.code));
  }

  durasim_test::TemporaryFolder files_;
  FileArtifactStore artifacts_{files_.file("artifacts")};
  testing::ActivityEnvironment environment_;
};

// What stands before the damage.
std::size_t head_of(const std::string& text) {
  const std::size_t data = text.find("DATA;");
  return data == std::string::npos ? 0 : data;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: hostile-inputs SEED COUNT FILE...\n");
    return 1;
  }
  const std::vector<std::string> paths(argv + 3, argv + argc);
  durasim_test::Mutator mutator(std::strtoull(argv[1], nullptr, 10));
  const int count = std::atoi(argv[2]);
  Host host;
  std::map<std::string, int> ends;
  for (int i = 0; i < count; ++i) {
    const std::string& path = paths[static_cast<std::size_t>(i) % paths.size()];
    const Bytes whole = read_file(path);
    const std::string text(as_text(whole));
    ++ends[host.simulate(path.substr(path.rfind('/') + 1), mutator.damage(text, head_of(text)))];
  }
  for (const auto& [end, number] : ends) std::printf("%7d  %s\n", number, end.c_str());
  std::printf("%d hostile inputs, 0 crashes\n", count);
}
