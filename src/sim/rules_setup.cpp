// Checks the options of a run against the model and turns names into ids, once.
#include "sim/arrays.hpp"
#include "sim/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace durasim::inline v0::sim {
namespace {

std::int64_t steps_covering(Seconds time, double timestep_s) {
  // A time that is a whole number of steps up to rounding is that number.
  return static_cast<std::int64_t>(std::ceil(time.count() / timestep_s - 1e-6));
}

void require(bool condition, const std::string& message) {
  if (!condition) throw InvalidArgument(message);
}

void require_duration(Seconds time, const char* what) {
  require(std::isfinite(time.count()) && time.count() >= 0 && time.count() < 1e9,
          fmt::format("{} must be between 0 and 1e9 seconds, not {:g}", what, time.count()));
}

void require_sound(const Zone& zone) {
  require(is_finite(zone.box_m.min) && is_finite(zone.box_m.max),
          fmt::format("zone '{}' has a corner that is not a finite number", zone.name));
  require(!zone.box_m.empty(),
          fmt::format("zone '{}' is empty: give its lower corner first", zone.name));
}

bool collides(const mjModel* model, int geom) {
  if (model->geom_contype[geom] != 0 || model->geom_conaffinity[geom] != 0) return true;
  return std::find(model->pair_geom1, model->pair_geom1 + model->npair, geom) !=
             model->pair_geom1 + model->npair ||
         std::find(model->pair_geom2, model->pair_geom2 + model->npair, geom) !=
             model->pair_geom2 + model->npair;
}

std::string names_of(const mjModel* model, const std::vector<int>& bodies) {
  constexpr std::size_t kMaxListed = 50;
  std::string names;
  for (std::size_t i = 0; i < std::min(bodies.size(), kMaxListed); ++i) {
    const char* name = mj_id2name(model, mjOBJ_BODY, bodies[i]);
    if (name == nullptr || name[0] == '\0') continue;
    names.append(names.empty() ? "'" : ", '").append(name).append("'");
  }
  if (bodies.size() > kMaxListed) names += fmt::format(", ... ({} in all)", bodies.size());
  return names.empty() ? "none" : names;
}

}  // namespace

Rules::Rules(const mjModel* model, const LoopOptions& options)
    : model_(model),
      timestep_s_(model->opt.timestep),
      moving_(moving_bodies(model)),
      speed_limit_m_s_(options.speed_limit_m_s),
      goal_test_(options.goal.test),
      dwell_(options.goal.dwell) {
  for (const Zone& zone : options.zones) {
    require_sound(zone);
    if (zone.kind == ZoneKind::Bounds) bounds_.push_back(zone);
    if (zone.kind == ZoneKind::Forbid) forbidden_.push_back(zone);
    if (zone.kind == ZoneKind::Goal) goal_zones_.push_back(zone);
  }
  require(!speed_limit_m_s_ || *speed_limit_m_s_ > 0, "the speed limit must be above 0 m/s");
  require_duration(dwell_, "the goal's dwell time");
  require(options.goal.target.empty() || has_goal(),
          fmt::format("target '{}' has no goal to reach: give a zone of kind Goal",
                      options.goal.target));
  dwell_steps_ = steps_covering(dwell_, timestep_s_);
  find_colliders();
  if (has_goal()) find_goal_candidates(options.goal);
  if (options.motor_overload) find_motors(*options.motor_overload);
  timers_.assign(goal_zones_.size() * candidates_.size(), -1);
  timers_.resize(timers_.size() + motors_.size(), 0);
}

void Rules::find_colliders() {
  for (const int body : moving_) {
    const int first = model_->body_geomadr[body];
    const int end = first + model_->body_geomnum[body];
    bool any_collides = false;
    for (int geom = first; geom < end; ++geom)
      any_collides = any_collides || collides(model_, geom);
    for (int geom = first; geom < end; ++geom) {
      if (!any_collides || collides(model_, geom)) colliders_.push_back({body, geom, -1});
    }
  }
  find_reach();
  for (int flex = 0; flex < model_->nflex; ++flex) {
    const int body = model_->flex_vertbodyid[model_->flex_vertadr[flex]];
    const bool fixed = model_->flex_rigid[flex] != 0 &&
                       std::find(moving_.begin(), moving_.end(), body) == moving_.end();
    if (!fixed) colliders_.push_back({-1, -1, flex});
  }
}

void Rules::find_reach() {
  // Positions of geoms and bodies are computed on different ways; this is far above the rounding of
  // both.
  constexpr double kRounding_m = 1e-6;
  geom_count_ = colliders_.size();
  for (const Collider& collider : colliders_) {
    const geometry::Vec3 lever = vec(model_->geom_pos + at(collider.geom, 3)) -
                                 vec(model_->body_ipos + at(collider.body, 3));
    const double reach = norm(lever) + model_->geom_rbound[collider.geom];
    reach_m_ = std::max(reach_m_, (1 + kRounding_m) * reach + kRounding_m);
  }
}

void Rules::find_goal_candidates(const GoalRule& goal) {
  if (!goal.target.empty()) {
    const int body = mj_name2id(model_, mjOBJ_BODY, goal.target.c_str());
    require(body >= 0, fmt::format("there is no body '{}' to reach the goal; moving bodies are: {}",
                                   goal.target, names_of(model_, moving_)));
    require(std::find(moving_.begin(), moving_.end(), body) != moving_.end(),
            fmt::format("body '{}' is fixed and cannot reach a goal; moving bodies are: {}",
                        goal.target, names_of(model_, moving_)));
    candidates_ = {body};
    return;
  }
  for (int joint = 0; joint < model_->njnt; ++joint) {
    if (model_->jnt_type[joint] == mjJNT_FREE) candidates_.push_back(model_->jnt_bodyid[joint]);
  }
  if (candidates_.empty()) candidates_ = moving_;
}

void Rules::find_motors(const MotorOverload& overload) {
  require(overload.fraction > 0 && overload.fraction <= 1,
          fmt::format("the fraction of a motor's limit must be above 0 and at most 1, not {:g}",
                      overload.fraction));
  require_duration(overload.window, "the window of the motor overload rule");
  window_ = overload.window;
  window_steps_ = std::max<std::int64_t>(1, steps_covering(window_, timestep_s_));
  for (int actuator = 0; actuator < model_->nactuator; ++actuator) {
    const double* range = model_->actuator_forcerange + at(actuator, 2);
    if (model_->actuator_forcelimited[actuator] == 0 || !(range[0] < range[1])) continue;
    motors_.push_back({actuator, overload.fraction * range[0], overload.fraction * range[1]});
  }
}

}  // namespace durasim::inline v0::sim
