// Measuring a run: speeds, energies, contacts. Only reads MuJoCo's data.
#include "sim/metrics.hpp"

#include "durasim/geometry/math.hpp"

#include "sim/arrays.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace durasim::inline v0::sim {
namespace {

using geometry::cross;
using geometry::dot;
using geometry::Vec3;

}  // namespace

std::vector<int> moving_bodies(const mjModel* model) {
  std::vector<int> bodies;
  for (int body = 1; body < model->nbody; ++body) {
    if (model->body_dofnum[model->body_weldid[body]] > 0) bodies.push_back(body);
  }
  return bodies;
}

MetricsCollector::MetricsCollector(const mjModel* model)
    : model_(model), moving_(moving_bodies(model)), momentum_(static_cast<std::size_t>(model->nv)) {
  for (const int body : moving_) {
    const double* inertia = model->body_inertia + at(body, 3);
    max_inertia_.push_back(std::max({inertia[0], inertia[1], inertia[2]}));
  }
  for (int dof = 0; dof < model->nv; ++dof) {
    if (model->dof_armature[dof] > 0) armature_dofs_.push_back(dof);
  }
  bound_is_valid_ = std::all_of(model->tendon_armature, model->tendon_armature + model->ntendon,
                                [](double armature) { return armature <= 0; });
}

Fastest MetricsCollector::observe_motion(const mjData* data) {
  // cvel is the velocity at the centre of mass of the body's whole tree, so the body's own lever is
  // added (what mj_objectVelocity does): v = cvel_lin + omega x (xipos - subtree_com of the root).
  int fastest = -1;
  double fastest2 = 0;
  double energy_bound2 = 0;
  for (std::size_t i = 0; i < moving_.size(); ++i) {
    const int body = moving_[i];
    const double* cvel = data->cvel + at(body, 6);
    const Vec3 omega = vec(cvel);
    const Vec3 lever =
        vec(data->xipos + at(body, 3)) - vec(data->subtree_com + at(model_->body_rootid[body], 3));
    const Vec3 v = vec(cvel + 3) + cross(omega, lever);
    const double v2 = dot(v, v);
    energy_bound2 += model_->body_mass[body] * v2 + max_inertia_[i] * dot(omega, omega);
    if (!(v2 <= fastest2)) {
      fastest2 = v2;
      fastest = body;
    }
  }
  const double speed = std::sqrt(fastest2);
  values_.max_speed_m_s = std::max(values_.max_speed_m_s, speed);
  for (const int dof : armature_dofs_)
    energy_bound2 += model_->dof_armature[dof] * data->qvel[dof] * data->qvel[dof];
  observe_kinetic_energy(data, 0.5 * energy_bound2);
  return {fastest, speed};
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
  for (int i = 0; i < data->ncon; ++i) {
    const mjContact& contact = data->contact[i];
    if (contact.exclude == 0)
      values_.max_penetration_m = std::max(values_.max_penetration_m, -contact.dist);
    if (!with_forces || contact.efc_address < 0) continue;
    // The normal is the first row of an elliptic cone and the sum over the edges of a pyramid
    // (mj_contactForce).
    const double* force = data->efc_force + contact.efc_address;
    const int rows = pyramidal && contact.dim > 1 ? 2 * (contact.dim - 1) : 1;
    double normal = 0;
    for (int row = 0; row < rows; ++row) normal += force[row];
    values_.max_contact_force_n = std::max(values_.max_contact_force_n, normal);
  }
}

void MetricsCollector::observe_work(const mjData* data) {
  double power = 0;
  for (int i = 0; i < model_->nout; ++i)
    power += std::abs(data->actuator_force[i] * data->actuator_velocity[i]);
  values_.energy_j += power * model_->opt.timestep;
}

}  // namespace durasim::inline v0::sim
