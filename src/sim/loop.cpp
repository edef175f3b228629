// Stepping: the order of physics, rules, controllers and measurements within one step.
#include "durasim/sim/loop.hpp"

#include "sim/loop_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

const mjModel* require_model(const std::shared_ptr<const Model>& model) {
  if (!model) throw InvalidArgument("the simulation loop needs a model");
  const double timestep = model->get()->opt.timestep;
  if (!std::isfinite(timestep) || timestep < 1e-9 || timestep > 1) {
    throw InvalidArgument(
        fmt::format("the model's timestep must be between 1e-9 and 1 second, not {:g}", timestep));
  }
  return model->get();
}

std::int64_t whole_steps(Seconds duration, double timestep_s) {
  const double steps = duration.count() / timestep_s;
  if (!std::isfinite(steps) || steps < 0 || steps > 1e12) {
    throw InvalidArgument(
        fmt::format("the duration must be between 0 and 1e12 steps of {:g} s, not {:g} s",
                    timestep_s, duration.count()));
  }
  return std::llround(steps);
}

mjData* make_data(const mjModel* model) {
  const MujocoCall call;
  mjData* data = mj_makeData(model);
  if (data == nullptr) throw MujocoError("MuJoCo could not allocate the data of the model");
  return data;
}

// Where the body's position lies in qpos.
int movable_start(const mjModel* model, const StartOffset& start) {
  const int body = mj_name2id(model, mjOBJ_BODY, start.body.c_str());
  const int joint = body < 0 || model->body_jntnum[body] != 1 ? -1 : model->body_jntadr[body];
  if (joint < 0 || model->jnt_type[joint] != mjJNT_FREE) {
    throw InvalidArgument(fmt::format(
        "the start of \"{}\" cannot be moved: no body of that name has a free joint", start.body));
  }
  if (!is_finite(start.offset_m))
    throw InvalidArgument(fmt::format("the start offset of \"{}\" is not finite", start.body));
  return model->jnt_qposadr[joint];
}

}  // namespace

std::uint64_t SplitMix64::next() {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

class SimulationLoop::Impl::Stepping {
 public:
  explicit Stepping(Impl& loop) : loop_(loop) {
    loop_.require_usable();
    loop_.broken_ = true;
  }
  ~Stepping() { loop_.collect_warnings(call_); }
  Stepping(const Stepping&) = delete;
  Stepping& operator=(const Stepping&) = delete;
  void completed() { loop_.broken_ = false; }

 private:
  Impl& loop_;
  MujocoCall call_;
};

SimulationLoop::Impl::Impl(std::shared_ptr<const Model> model, LoopOptions options,
                           Impl* predecessor)
    : owner_(std::move(model)),
      model_(require_model(owner_)),
      options_(std::move(options)),
      timestep_s_(model_->opt.timestep),
      splits_(model_->opt.integrator != mjINT_RK4),
      whole_image_((model_->opt.enableflags & mjENBL_SLEEP) != 0),
      metrics_(model_),
      rules_(model_, options_),
      random_(options_.seed) {
  total_steps = whole_steps(options_.duration, timestep_s_);
  if (options_.clock == nullptr) options_.clock = &system_clock();
  std::vector<int> positions;
  positions.reserve(options_.start_offsets.size());
  for (const StartOffset& start : options_.start_offsets)
    positions.push_back(movable_start(model_, start));
  // What can be wrong with the options has been found: a predecessor is left as it was by that.
  predecessor != nullptr ? take_memory(*predecessor) : data_.reset(make_data(model_));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    mjtNum* position = data_->qpos + positions[i];
    position[0] += options_.start_offsets[i].offset_m.x;
    position[1] += options_.start_offsets[i].offset_m.y;
    position[2] += options_.start_offsets[i].offset_m.z;
  }
}

void SimulationLoop::Impl::take_memory(Impl& predecessor) {
  predecessor.broken_ = true;
  const MujocoCall call;
  mj_resetData(model_, predecessor.data_.get());
  data_ = std::move(predecessor.data_);
}

void SimulationLoop::Impl::require_usable() const {
  if (broken_)
    throw LogicError(
        "an exception left this simulation loop in the middle of a step; load a checkpoint first");
}

void SimulationLoop::Impl::collect_warnings(MujocoCall& call) {
  for (std::string& text : call.take_warnings()) {
    if (std::find(warnings.begin(), warnings.end(), text) == warnings.end())
      warnings.push_back(std::move(text));
  }
}

void SimulationLoop::Impl::make_state_fresh() {
  if (splits_) {
    mj_step1(model_, data_.get());
    return;
  }
  // mj_step does all of this again with the same state, so doing it here changes nothing. The
  // checks only count warnings, since Model has switched MuJoCo's restart from zero off.
  mj_checkPos(model_, data_.get());
  mj_checkVel(model_, data_.get());
  mj_kinematics(model_, data_.get());
  mj_comPos(model_, data_.get());
  if (model_->nflex > 0) mj_flex(model_, data_.get());
  mj_makeM(model_, data_.get());
  mj_comVel(model_, data_.get());
}

void SimulationLoop::Impl::record() {
  if (sink_ == nullptr || !frames_) return;
  sink_->record(step, model_, data_.get());
  frames_->skip_to(step + 1);
}

bool SimulationLoop::Impl::is_still() {
  const bool asleep = whole_image_ && !controller && data_->ntree_awake == 0;
  return std::exchange(was_asleep_, asleep) && asleep;
}

void SimulationLoop::Impl::finish(Verdict decided) {
  decided.time = time_of(step);
  verdict = std::move(decided);
}

void SimulationLoop::Impl::step_once() {
  mjData* data = data_.get();
  make_state_fresh();
  if (Rules::is_unstable(data)) return finish(rules_.instability(data));
  auto decided = is_still() ? rules_.check_still(data, step)
                            : rules_.check(data, step, metrics_.observe_motion(data));
  if (!decided && step >= total_steps) decided = rules_.end_of_time(time_of(total_steps));
  if (decided || (frames_ && frames_->due(step))) record();
  if (decided) {
    metrics_.observe_contacts(data, false);
    return finish(std::move(*decided));
  }
  if (controller) controller({step, time_of(step), model_, data, random_});
  splits_ ? mj_step2(model_, data) : mj_step(model_, data);
  if (Rules::is_unstable(data)) return finish(rules_.instability(data));
  metrics_.observe_contacts(data, true);
  metrics_.observe_work(data);
  rules_.observe_forces(data);
  ++step;
}

bool SimulationLoop::Impl::advance(std::int64_t max_steps) {
  Stepping stepping(*this);
  // The last state needs its rules looked at too: one call more than there are steps.
  for (std::int64_t i = 0; i < max_steps && !verdict; ++i) step_once();
  if (!verdict && step >= total_steps && max_steps > 0) step_once();
  stepping.completed();
  return verdict.has_value();
}

std::optional<Verdict> SimulationLoop::Impl::run(const std::stop_token& stop,
                                                 const ProgressCallback& progress) {
  Stepping stepping(*this);
  const std::int64_t first_step = step;
  const SteadyTime begin = options_.clock->steady_now();
  SteadyTime reported = begin;
  const auto report = [&](SteadyTime now) {
    reported = now;
    const double elapsed = Seconds(now - begin).count();
    const double done = time_of(step - first_step).count();
    const double factor = elapsed > 0 ? done / elapsed : 0;
    const double left = time_of(total_steps - step).count();
    progress({step, total_steps, time_of(step), factor, Seconds(factor > 0 ? left / factor : 0)});
  };
  while (!verdict && !stop.stop_requested()) {
    step_once();
    if (!progress || verdict) continue;
    const SteadyTime now = options_.clock->steady_now();
    if (now - reported >= options_.progress_interval) report(now);
  }
  if (progress && verdict) report(options_.clock->steady_now());
  stepping.completed();
  return verdict;
}

void SimulationLoop::Impl::attach(TrajectorySink* sink) {
  frames_.reset();
  if (sink != nullptr) {
    frames_.emplace(sink->frames_per_second(), timestep_s_);
    frames_->skip_to(step);
  }
  sink_ = sink;
}

Metrics SimulationLoop::Impl::metrics() const {
  Metrics values = metrics_.values();
  values.sim_time = time_of(step);
  values.steps = step;
  return values;
}

SimulationLoop::SimulationLoop(std::shared_ptr<const Model> model, LoopOptions options)
    : impl_(std::make_unique<Impl>(std::move(model), std::move(options))) {}
SimulationLoop::~SimulationLoop() = default;
SimulationLoop::SimulationLoop(SimulationLoop&&) noexcept = default;
SimulationLoop& SimulationLoop::operator=(SimulationLoop&&) noexcept = default;

void SimulationLoop::restart(LoopOptions options) {
  impl_ = std::make_unique<Impl>(impl_->model(), std::move(options), impl_.get());
}
std::optional<Verdict> SimulationLoop::run(const std::stop_token& stop,
                                           const ProgressCallback& progress) {
  return impl_->run(stop, progress);
}
bool SimulationLoop::advance(std::int64_t max_steps) {
  return impl_->advance(max_steps);
}
const std::optional<Verdict>& SimulationLoop::verdict() const {
  return impl_->verdict;
}
Metrics SimulationLoop::metrics() const {
  return impl_->metrics();
}
std::int64_t SimulationLoop::step_count() const {
  return impl_->step;
}
std::int64_t SimulationLoop::total_steps() const {
  return impl_->total_steps;
}
const std::vector<std::string>& SimulationLoop::warnings() const {
  return impl_->warnings;
}
void SimulationLoop::set_controller(Controller controller) {
  impl_->controller = std::move(controller);
}
void SimulationLoop::attach(TrajectorySink* sink) {
  impl_->attach(sink);
}
void SimulationLoop::save_state(Checkpoint& checkpoint) const {
  impl_->save_state(checkpoint.bytes_);
}
void SimulationLoop::load_state(const Checkpoint& checkpoint) {
  impl_->load_state(checkpoint.bytes_);
}
std::string SimulationLoop::final_state_hash() const {
  return impl_->state_hash();
}
const mjData_* SimulationLoop::data() const {
  return impl_->data();
}

}  // namespace durasim::inline v0::sim
