// The simulation loop: steps a model, watches the rules, measures, and ends with a verdict. It
// renders nothing and stores nothing; frames go to a TrajectorySink, states to a Checkpoint.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/ids.hpp"
#include "durasim/core/time.hpp"
#include "durasim/geometry/math.hpp"
#include "durasim/sim/checkpoint.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/trajectory_sink.hpp"
#include "durasim/sim/verdict.hpp"
#include "durasim/sim/zone.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

enum class GoalTest {
  CentreOfMass,     // the centre of mass of the body is in the zone
  GeometryOverlap,  // some geometry of the body touches the zone
};

// When a goal zone counts as reached. Only looked at when a zone of kind Goal exists.
struct GoalRule {
  std::string target;  // name of a body; empty: any free part (any moving body if the model has no
                       // free joint)
  Seconds dwell{0.5};  // how long without interruption; 0: at once
  GoalTest test = GoalTest::CentreOfMass;
};

// A motor at its limit: |force| at or above `fraction` of either end of its forcerange, for
// `window` on end.
struct MotorOverload {
  double fraction = 0.9;
  Seconds window{2};
};

// A body with a free joint begins that much elsewhere than its model says.
struct StartOffset {
  std::string body;
  geometry::Vec3 offset_m;
};

struct LoopOptions {
  Seconds duration{5};      // simulated; rounded to whole steps
  std::vector<Zone> zones;  // Goal, Forbid and Bounds are used; other kinds are ignored here
  GoalRule goal;
  std::optional<MotorOverload> motor_overload = MotorOverload{};  // empty: not watched
  std::optional<double>
      speed_limit_m_s;     // of any body's centre of mass; beyond it: PhysicsInstability
  std::uint64_t seed = 0;  // of ControllerContext::random
  std::vector<StartOffset> start_offsets;
  Seconds progress_interval{0.1};  // wall time between two progress reports
  const Clock* clock = nullptr;    // for progress only; null: system_clock(). Borrowed.
};

struct Progress {
  std::int64_t step = 0;
  std::int64_t total_steps = 0;
  Seconds sim_time{0};
  double real_time_factor = 0;  // simulated per wall second since run() began
  Seconds remaining{0};         // estimated wall time to the end of the duration
};
using ProgressCallback = std::function<void(const Progress&)>;

// What a controller sees: the fresh state of `time`. It may write ctrl, qfrc_applied, xfrc_applied,
// mocap and eq_active; it takes randomness from `random`, which checkpoints save, and nothing from
// clocks.
struct ControllerContext {
  std::int64_t step = 0;
  Seconds time{0};
  const mjModel_* model = nullptr;
  mjData_* data = nullptr;
  RandomSource& random;
};
using Controller = std::function<void(ControllerContext)>;

// One run of one model. Not thread-safe; different loops may share a Model on different threads.
// A step is: mj_step1, metrics and rules on the fresh state of time t, controllers, mj_step2. The
// result is that of mj_step bit for bit; a model with the RK4 integrator, which cannot be split,
// takes mj_step and then the kinematics again. Steps are counted in integers: n = round(duration /
// timestep). Rules, in this order; the first that holds ends the run: instability, out of bounds,
// forbidden zone, goal, motor overload, end of time (Timeout with a goal, Stable without).
class DURASIM_EXPORT SimulationLoop {
 public:
  // Throws InvalidArgument that names the option or zone and what is possible instead, MujocoError.
  SimulationLoop(std::shared_ptr<const Model> model, LoopOptions options);
  ~SimulationLoop();
  SimulationLoop(SimulationLoop&&) noexcept;
  SimulationLoop& operator=(SimulationLoop&&) noexcept;

  // Begins anew as a new loop of the same model would, without controller and sink, also after an
  // exception; but MuJoCo's data are reset and not allocated again. Throws InvalidArgument as the
  // constructor, and then nothing has changed; MujocoError.
  void restart(LoopOptions options);

  // Runs to the verdict. Empty when `stop` was requested: the loop stopped after a whole step and
  // can be continued. Throws MujocoError and whatever controller, sink or callback throw; after an
  // exception only load_state() makes the loop usable again.
  std::optional<Verdict> run(const std::stop_token& stop = {},
                             const ProgressCallback& progress = {});
  // At most `max_steps` steps. True when the verdict stands.
  bool advance(std::int64_t max_steps);

  [[nodiscard]] const std::optional<Verdict>& verdict() const;
  [[nodiscard]] Metrics metrics() const;
  [[nodiscard]] std::int64_t step_count() const;   // steps done
  [[nodiscard]] std::int64_t total_steps() const;  // steps of the whole duration
  // MuJoCo's warnings during this run, each text once.
  [[nodiscard]] const std::vector<std::string>& warnings() const;

  // Called once a step, between mj_step1 and mj_step2 (before mj_step with RK4). Empty: none.
  void set_controller(Controller controller);
  // Borrowed; null detaches. A sink attached at step 0 gets the start as its frame 0.
  void attach(TrajectorySink* sink);

  // The state between two steps, with rule timers, metrics, warnings, random numbers and the sink's
  // offset. Throws UnavailableError when the model's state cannot be saved (flag ipc; sleep with
  // plugins).
  void save_state(Checkpoint& checkpoint) const;
  // Continues from `checkpoint`. Throws CheckpointMismatch (nothing changed) or FormatError.
  void load_state(const Checkpoint& checkpoint);

  // SHA-256 over the little-endian doubles of mj_getState(mjSTATE_INTEGRATION) of the present
  // state; after the end this is `final_state_hash`. Lower-case hex.
  [[nodiscard]] std::string final_state_hash() const;
  // MuJoCo's data. After the verdict its positions are fresh; between steps they are those of the
  // step before.
  [[nodiscard]] const mjData_* data() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace durasim::inline v0::sim
