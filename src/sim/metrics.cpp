// Measuring a run: speeds, energies, contacts. Only reads MuJoCo's data.
#include "sim/metrics.hpp"

#include "durasim/geometry/math.hpp"

#include "sim/arrays.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace durasim::inline v0::sim {
namespace {

using geometry::Box;
using geometry::Vec3;

constexpr double kFar_m = std::numeric_limits<double>::infinity();

struct TwoVectors {
  Two x, y, z;
};
TwoVectors operator-(const TwoVectors& a, const TwoVectors& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
TwoVectors operator+(const TwoVectors& a, const TwoVectors& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
TwoVectors cross(const TwoVectors& a, const TwoVectors& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
Two dot(const TwoVectors& a, const TwoVectors& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
TwoVectors both(const double* first, const double* second) {
  return {Two{first[0], second[0]}, Two{first[1], second[1]}, Two{first[2], second[2]}};
}

constexpr Two kHighest{kFar_m, kFar_m};
Two lower(const Two& a, const Two& b) {
  return b < a ? b : a;
}
Two higher(const Two& a, const Two& b) {
  return b > a ? b : a;
}
double lowest(const Two& a) {
  return std::min(a[0], a[1]);
}
double highest(const Two& a) {
  return std::max(a[0], a[1]);
}

// The box of the centres that went into it, two at a time.
struct TwoBoxes {
  TwoVectors low{kHighest, kHighest, kHighest};
  TwoVectors high{-kHighest, -kHighest, -kHighest};
  void include(const TwoVectors& p) {
    low = {lower(low.x, p.x), lower(low.y, p.y), lower(low.z, p.z)};
    high = {higher(high.x, p.x), higher(high.y, p.y), higher(high.z, p.z)};
  }
  [[nodiscard]] Box united() const {
    return {{lowest(low.x), lowest(low.y), lowest(low.z)},
            {highest(high.x), highest(high.y), highest(high.z)}};
  }
};

}  // namespace

std::vector<int> moving_bodies(const mjModel* model) {
  std::vector<int> bodies;
  for (int body = 1; body < model->nbody; ++body) {
    if (model->body_dofnum[model->body_weldid[body]] > 0) bodies.push_back(body);
  }
  return bodies;
}

int fastest_body(const mjModel* model, const mjData* data, const std::vector<int>& bodies) {
  const auto speed2 = [&](int body) {
    const double* cvel = data->cvel + at(body, 6);
    const Vec3 lever =
        vec(data->xipos + at(body, 3)) - vec(data->subtree_com + at(model->body_rootid[body], 3));
    const Vec3 v = vec(cvel + 3) + geometry::cross(vec(cvel), lever);
    const double v2 = geometry::dot(v, v);
    return std::isnan(v2) ? kFar_m : v2;
  };
  return *std::ranges::max_element(bodies, {}, speed2);
}

MetricsCollector::MetricsCollector(const mjModel* model)
    : model_(model), momentum_(static_cast<std::size_t>(model->nv)) {
  const auto places = [&](int body) {
    return Places{at(body, 3), at(body, 6), at(model->body_rootid[body], 3)};
  };
  const auto largest = [&](int body) {
    const double* inertia = model->body_inertia + at(body, 3);
    return std::max({inertia[0], inertia[1], inertia[2]});
  };
  const std::vector<int> moving = moving_bodies(model);
  for (std::size_t i = 0; i < moving.size(); i += 2) {
    const bool alone = i + 1 == moving.size();
    const int first = moving[i];
    const int second = moving[alone ? i : i + 1];
    moving_.push_back({.first = places(first),
                       .second = places(second),
                       .mass = Two{model->body_mass[first], alone ? 0 : model->body_mass[second]},
                       .max_inertia = Two{largest(first), alone ? 0 : largest(second)}});
  }
  for (int dof = 0; dof < model->nv; ++dof) {
    if (model->dof_armature[dof] > 0) armature_dofs_.push_back(dof);
  }
  bound_is_valid_ = std::all_of(model->tendon_armature, model->tendon_armature + model->ntendon,
                                [](double armature) { return armature <= 0; });
}

Motion MetricsCollector::observe_motion(const mjData* data) {
  // cvel is the velocity at the centre of mass of the body's whole tree, so the body's own lever is
  // added (what mj_objectVelocity does): v = cvel_lin + omega x (xipos - subtree_com of the root).
  Two fastest2{};
  Two bound2{};
  TwoBoxes boxes;
  for (const auto& [a, b, mass, max_inertia] : moving_) {
    const TwoVectors centre = both(data->xipos + a.centre, data->xipos + b.centre);
    const TwoVectors tree =
        both(data->subtree_com + a.centre_of_tree, data->subtree_com + b.centre_of_tree);
    const TwoVectors omega = both(data->cvel + a.velocity, data->cvel + b.velocity);
    const TwoVectors linear = both(data->cvel + a.velocity + 3, data->cvel + b.velocity + 3);
    const TwoVectors v = linear + cross(omega, centre - tree);
    const Two v2 = dot(v, v);
    fastest2 = higher(fastest2, v2);
    bound2 += mass * v2 + max_inertia * dot(omega, omega);
    boxes.include(centre);
  }
  double energy_bound2 = bound2[0] + bound2[1];
  // What is not a finite number can be lost in boxes and maxima, but not in this sum, even by a
  // mass of zero.
  Motion motion{std::sqrt(highest(fastest2)), boxes.united()};
  if (!std::isfinite(energy_bound2)) {
    if (std::isnan(energy_bound2)) motion.speed_m_s = energy_bound2;
    motion.centres_m = {{-kFar_m, -kFar_m, -kFar_m}, {kFar_m, kFar_m, kFar_m}};
  }
  values_.max_speed_m_s = std::max(values_.max_speed_m_s, motion.speed_m_s);
  for (const int dof : armature_dofs_)
    energy_bound2 += model_->dof_armature[dof] * data->qvel[dof] * data->qvel[dof];
  observe_kinetic_energy(data, 0.5 * energy_bound2);
  return motion;
}

void MetricsCollector::observe_kinetic_energy(const mjData* data, double upper_bound_j) {
  if (bound_is_valid_ && !(upper_bound_j > values_.max_kinetic_energy_j)) return;
  mj_mulM(model_, data, momentum_.data(), data->qvel);
  double energy2 = 0;
  for (int dof = 0; dof < model_->nv; ++dof)
    energy2 += momentum_[static_cast<std::size_t>(dof)] * data->qvel[dof];
  values_.max_kinetic_energy_j = std::max(values_.max_kinetic_energy_j, 0.5 * energy2);
}

void MetricsCollector::observe_contacts(const mjData* data, bool with_forces) {
  values_.max_contacts = std::max<std::int64_t>(values_.max_contacts, data->ncon);
  const bool pyramidal = model_->opt.cone == mjCONE_PYRAMIDAL;
  double penetration = values_.max_penetration_m;
  double largest = values_.max_contact_force_n;
  for (const mjContact& contact : std::span(data->contact, static_cast<std::size_t>(data->ncon))) {
    if (contact.exclude == 0) penetration = std::max(penetration, -contact.dist);
    if (!with_forces || contact.efc_address < 0) continue;
    // The normal is the first row of an elliptic cone and the sum over the edges of a pyramid
    // (mj_contactForce).
    const double* force = data->efc_force + contact.efc_address;
    double normal = force[0];
    const int rows = pyramidal ? 2 * (contact.dim - 1) : 1;
    for (int row = 1; row < rows; ++row) normal += force[row];
    largest = std::max(largest, normal);
  }
  values_.max_penetration_m = penetration;
  values_.max_contact_force_n = largest;
}

void MetricsCollector::observe_work(const mjData* data) {
  double power = 0;
  for (int i = 0; i < model_->nout; ++i)
    power += std::abs(data->actuator_force[i] * data->actuator_velocity[i]);
  values_.energy_j += power * model_->opt.timestep;
}

}  // namespace durasim::inline v0::sim
