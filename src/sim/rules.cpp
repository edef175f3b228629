// The rules of a run, in the order that rules.hpp states.
#include "sim/rules.hpp"

#include "sim/arrays.hpp"
#include "sim/zone_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace durasim::inline v0::sim {
namespace {

constexpr double kRunaway_m = 1e4;
constexpr geometry::Box kNoRunaway{{-kRunaway_m, -kRunaway_m, -kRunaway_m},
                                   {kRunaway_m, kRunaway_m, kRunaway_m}};

bool holds(const geometry::Box& outer, const geometry::Box& inner) {
  return inner.min.x >= outer.min.x && inner.max.x <= outer.max.x && inner.min.y >= outer.min.y &&
         inner.max.y <= outer.max.y && inner.min.z >= outer.min.z && inner.max.z <= outer.max.z;
}

geometry::Vec3 centre_of_mass(const mjData* data, int body) {
  return vec(data->xipos + at(body, 3));
}

Verdict fail(ReasonCode code, std::string detail) {
  return {Outcome::Fail, code, std::move(detail), Seconds{0}};
}

}  // namespace

std::string Rules::body_name(int body) const {
  const char* name = mj_id2name(model_, mjOBJ_BODY, body);
  return name != nullptr && name[0] != '\0' ? fmt::format("'{}'", name)
                                            : fmt::format("number {} (unnamed)", body);
}

std::string Rules::name_of(const Collider& collider) const {
  if (collider.flex < 0) return "body " + body_name(collider.body);
  const char* name = mj_id2name(model_, mjOBJ_FLEX, collider.flex);
  return fmt::format("flex '{}'", name != nullptr ? name : "");
}

Verdict Rules::instability(const mjData* data) const {
  const auto raised = [data](int warning) { return data->warning[warning].number > 0; };
  const auto unstable = [](std::string detail) {
    return fail(ReasonCode::PhysicsInstability, std::move(detail));
  };
  if (raised(mjWARN_CONTACTFULL) || raised(mjWARN_CNSTRFULL)) {
    return unstable(
        "MuJoCo's memory for contacts is full and it dropped some; give the model a larger <size "
        "memory>");
  }
  if (raised(mjWARN_BADCTRL)) {
    return unstable(
        fmt::format("the controller gave actuator {} a control that is not a finite number",
                    data->warning[mjWARN_BADCTRL].lastinfo));
  }
  const bool position = raised(mjWARN_BADQPOS);
  const bool velocity = !position && raised(mjWARN_BADQVEL);
  const int index = data->warning[position   ? mjWARN_BADQPOS
                                  : velocity ? mjWARN_BADQVEL
                                             : mjWARN_BADQACC]
                        .lastinfo;
  const char* quantity = position ? "position" : velocity ? "velocity" : "acceleration";
  int body = 0;  // positions are numbered differently from degrees of freedom (quaternions have
                 // four numbers)
  if (!position && index >= 0 && index < model_->nv) body = model_->dof_bodyid[index];
  for (int joint = 0; position && joint < model_->njnt && model_->jnt_qposadr[joint] <= index;
       ++joint) {
    body = model_->jnt_bodyid[joint];
  }
  return unstable(fmt::format("the {} of body {} is no longer finite or exceeds {:g}", quantity,
                              body_name(body), mjMAXVAL));
}

std::optional<Verdict> Rules::check(const mjData* data, std::int64_t step, const Motion& motion) {
  if (auto verdict = check_runaway(data, motion)) return verdict;
  if (auto verdict = check_bounds(data, motion)) return verdict;
  if (auto verdict = check_forbidden(data, motion)) return verdict;
  if (auto verdict = check_goal(data, step, &motion)) return verdict;
  return check_overload();
}

std::optional<Verdict> Rules::check_still(const mjData* data, std::int64_t step) {
  if (auto verdict = check_goal(data, step, nullptr)) return verdict;
  return check_overload();
}

std::optional<Verdict> Rules::check_runaway(const mjData* data, const Motion& motion) const {
  if (speed_limit_m_s_ && !(motion.speed_m_s <= *speed_limit_m_s_)) {
    return fail(ReasonCode::PhysicsInstability,
                fmt::format("body {} moves at {:.6g} m/s, above the limit of {:g} m/s",
                            body_name(fastest_body(model_, data, moving_)), motion.speed_m_s,
                            *speed_limit_m_s_));
  }
  if (!bounds_.empty() || holds(kNoRunaway, motion.centres_m)) return std::nullopt;
  for (const int body : moving_) {
    const geometry::Vec3 p = centre_of_mass(data, body);
    if (kNoRunaway.contains(p)) continue;
    return fail(ReasonCode::PhysicsInstability,
                fmt::format("body {} is at ({:.6g}, {:.6g}, {:.6g}) m, more than {:g} m from the "
                            "origin; if that is meant, "
                            "give a zone of kind Bounds",
                            body_name(body), p.x, p.y, p.z, kRunaway_m));
  }
  return std::nullopt;
}

std::optional<Verdict> Rules::check_bounds(const mjData* data, const Motion& motion) const {
  for (const Zone& zone : bounds_) {
    if (holds(zone.box_m, motion.centres_m)) continue;
    for (const int body : moving_) {
      const geometry::Vec3 p = centre_of_mass(data, body);
      if (zone.box_m.contains(p)) continue;
      return fail(
          ReasonCode::OutOfBounds,
          fmt::format("body {} left '{}': its centre of mass is at ({:.6g}, {:.6g}, {:.6g}) m",
                      body_name(body), zone.name, p.x, p.y, p.z));
    }
  }
  return std::nullopt;
}

bool Rules::is_near(const Motion& motion, const Zone& zone) const {
  const geometry::Vec3 reach{reach_m_, reach_m_, reach_m_};
  const geometry::Vec3 low = motion.centres_m.min - reach;
  const geometry::Vec3 high = motion.centres_m.max + reach;
  const geometry::Box& box = zone.box_m;
  return low.x <= box.max.x && low.y <= box.max.y && low.z <= box.max.z && high.x >= box.min.x &&
         high.y >= box.min.y && high.z >= box.min.z;
}

bool Rules::touches(const mjData* data, const Collider& collider, const Zone& zone) const {
  if (collider.flex >= 0) return flex_touches(model_, data, collider.flex, zone.box_m);
  if (!may_touch(data->geom_xpos + at(collider.geom, 3), model_->geom_rbound[collider.geom],
                 zone.box_m))
    return false;
  return geom_touches(model_, data, collider.geom, zone.box_m);
}

std::optional<Verdict> Rules::check_forbidden(const mjData* data, const Motion& motion) const {
  for (const Zone& zone : forbidden_) {
    for (std::size_t i = is_near(motion, zone) ? 0 : geom_count_; i < colliders_.size(); ++i) {
      const Collider& collider = colliders_[i];
      if (!touches(data, collider, zone)) continue;
      return fail(ReasonCode::ForbidZoneHit,
                  fmt::format("{} touches the forbidden zone '{}'", name_of(collider), zone.name));
    }
  }
  return std::nullopt;
}

bool Rules::in_goal(const mjData* data, int body, const Zone& zone) const {
  if (goal_test_ == GoalTest::CentreOfMass) return zone.box_m.contains(centre_of_mass(data, body));
  return std::any_of(colliders_.begin(), colliders_.end(), [&](const Collider& collider) {
    return collider.body == body && touches(data, collider, zone);
  });
}

std::optional<Verdict> Rules::check_goal(const mjData* data, std::int64_t step,
                                         const Motion* motion) {
  auto timer = timers_.begin();
  std::optional<Verdict> reached;
  for (const Zone& zone : goal_zones_) {
    const bool near = motion != nullptr && is_near(*motion, zone);
    for (const int body : candidates_) {
      std::int64_t& since = *timer++;
      const bool inside = motion != nullptr ? near && in_goal(data, body, zone) : since >= 0;
      if (!inside) {
        since = -1;
        continue;
      }
      if (since < 0) since = step;
      if (reached || step - since < dwell_steps_) continue;
      const char* what = goal_test_ == GoalTest::CentreOfMass
                             ? "the centre of mass of body {} has been in '{}' for {:g} s"
                             : "body {} has touched '{}' for {:g} s";
      reached = Verdict{Outcome::Success, ReasonCode::GoalReached,
                        fmt::format(fmt::runtime(what), body_name(body), zone.name, dwell_.count()),
                        Seconds{0}};
    }
  }
  return reached;
}

void Rules::observe_forces(const mjData* data) {
  auto timer = timers_.end() - static_cast<std::ptrdiff_t>(motors_.size());
  for (const Motor& motor : motors_) {
    bool overloaded = false;
    const int first = model_->actuator_outadr[motor.actuator];
    for (int i = first; i < first + model_->actuator_outnum[motor.actuator]; ++i) {
      const double force = data->actuator_force[i];
      overloaded = overloaded || (motor.high > 0 && force >= motor.high) ||
                   (motor.low < 0 && force <= motor.low);
    }
    *timer = overloaded ? *timer + 1 : 0;
    ++timer;
  }
}

std::optional<Verdict> Rules::check_overload() const {
  auto timer = timers_.end() - static_cast<std::ptrdiff_t>(motors_.size());
  for (const Motor& motor : motors_) {
    if (*timer++ < window_steps_) continue;
    const char* name = mj_id2name(model_, mjOBJ_ACTUATOR, motor.actuator);
    return fail(ReasonCode::MotorOverload,
                fmt::format("motor '{}' has been at its limit ({:g} to {:g}) for {:g} s",
                            name != nullptr ? name : "", motor.low, motor.high, window_.count()));
  }
  return std::nullopt;
}

Verdict Rules::end_of_time(Seconds duration) const {
  if (!has_goal()) {
    return {Outcome::Success, ReasonCode::Stable,
            fmt::format("nothing failed in {:g} s", duration.count()), duration};
  }
  std::string goals;
  for (const Zone& zone : goal_zones_) goals += (goals.empty() ? "'" : "', '") + zone.name;
  const std::string who =
      candidates_.size() == 1 ? "body " + body_name(candidates_[0]) : "any free body";
  return {Outcome::Fail, ReasonCode::Timeout,
          fmt::format("{} did not reach {}' within {:g} s", who, goals, duration.count()),
          duration};
}

}  // namespace durasim::inline v0::sim
