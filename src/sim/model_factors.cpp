// A model like another one, with a little more or less friction, mass, gravity, damping or gear.
#include "durasim/core/sha256.hpp"
#include "durasim/sim/model.hpp"

#include "sim/mujoco_guard.hpp"

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <memory>

namespace durasim::inline v0::sim {
namespace {

constexpr int kAll = -1;

struct DeleteFactoredData {
  void operator()(mjData* data) const { mj_deleteData(data); }
};

int object_of(const mjModel* model, const ModelFactor& factor) {
  if (factor.object.empty()) return kAll;
  if (factor.parameter == ModelParameter::Gravity) {
    throw InvalidArgument(
        fmt::format("gravity is of the whole, not of \"{}\"; leave the name away", factor.object));
  }
  const int type = factor.parameter == ModelParameter::Gear ? mjOBJ_ACTUATOR : mjOBJ_BODY;
  const int object = mj_name2id(model, type, factor.object.c_str());
  if (object >= 0) return object;
  std::vector<std::string> names;
  const mjtSize count = type == mjOBJ_BODY ? model->nbody : model->nactuator;
  for (int i = type == mjOBJ_BODY ? 1 : 0; i < count; ++i) {
    const char* name = mj_id2name(model, type, i);
    if (name != nullptr) names.emplace_back(name);
  }
  throw InvalidArgument(fmt::format(
      "{} of \"{}\": there is no {} of that name; there are: {}", to_string(factor.parameter),
      factor.object, type == mjOBJ_BODY ? "part" : "actuator",
      names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

// Each function below: of how many things it has multiplied the values.
int multiply(mjtNum* values, int first, int count, double factor) {
  for (int i = first; i < first + count; ++i) values[i] *= factor;
  return 1;
}

int multiply_friction(mjModel* model, int body, double factor) {
  int count = 0;
  const auto concerns = [&](int geom) { return body == kAll || model->geom_bodyid[geom] == body; };
  for (int geom = 0; geom < model->ngeom; ++geom)
    if (concerns(geom)) count += multiply(model->geom_friction, 3 * geom, 1, factor);
  for (int pair = 0; pair < model->npair; ++pair) {
    if (concerns(model->pair_geom1[pair]) || concerns(model->pair_geom2[pair]))
      count += multiply(model->pair_friction, 5 * pair, 2, factor);
  }
  return count;
}

// What is fixed to the world never feels its mass.
int multiply_mass(mjModel* model, int body, double factor) {
  int count = 0;
  for (int each = 1; each < model->nbody; ++each) {
    if ((body != kAll && each != body) || model->body_weldid[each] == 0) continue;
    count += multiply(model->body_mass, each, 1, factor);
    multiply(model->body_inertia, 3 * each, 3, factor);
  }
  return count;
}

int multiply_damping(mjModel* model, int body, double factor) {
  int count = 0;
  for (int dof = 0; dof < model->nv; ++dof) {
    if (body != kAll && model->dof_bodyid[dof] != body) continue;
    count += multiply(model->dof_damping, dof, 1, factor);
    multiply(model->dof_dampingpoly, mjNPOLY * dof, mjNPOLY, factor);
  }
  return count;
}

// The lengths within which muscles work are lengths times gear, too.
int multiply_gear(mjModel* model, int actuator, double factor) {
  int count = 0;
  for (int each = 0; each < model->nactuator; ++each) {
    if (actuator != kAll && each != actuator) continue;
    const int first = model->actuator_outadr[each];
    const int outputs = model->actuator_outnum[each];
    count += multiply(model->actuator_gear, 6 * first, 6 * outputs, factor);
    multiply(model->actuator_lengthrange, 2 * first, 2 * outputs, factor);
  }
  return count;
}

int multiply(mjModel* model, const ModelFactor& factor) {
  const int object = object_of(model, factor);
  switch (factor.parameter) {
    case ModelParameter::Friction:
      return multiply_friction(model, object, factor.factor);
    case ModelParameter::Mass:
      return multiply_mass(model, object, factor.factor);
    case ModelParameter::Gravity:
      return multiply(model->opt.gravity, 0, 3, factor.factor);
    case ModelParameter::Damping:
      return multiply_damping(model, object, factor.factor);
    case ModelParameter::Gear:
      return multiply_gear(model, object, factor.factor);
  }
  return 0;
}

// What follows from mass and gear. MuJoCo computes the statistic anew, too, over what the model may
// have stated; of it only the mean inertia depends on these and matters to a simulation.
void derive(mjModel* model, bool keep_mean_inertia) {
  const std::unique_ptr<mjData, DeleteFactoredData> data(mj_makeData(model));
  if (!data) throw MujocoError("MuJoCo could not allocate the data of the model");
  mjStatistic statistic = model->stat;
  mj_setConst(model, data.get());
  if (!keep_mean_inertia) statistic.meaninertia = model->stat.meaninertia;
  model->stat = statistic;
}

}  // namespace

std::string_view to_string(ModelParameter parameter) {
  switch (parameter) {
    case ModelParameter::Friction:
      return "friction";
    case ModelParameter::Mass:
      return "mass";
    case ModelParameter::Gravity:
      return "gravity";
    case ModelParameter::Damping:
      return "damping";
    case ModelParameter::Gear:
      return "gear";
  }
  return "?";
}

std::shared_ptr<const Model> Model::with(const std::vector<ModelFactor>& factors) const {
  const MujocoCall call;
  const std::shared_ptr<Model> made(new Model);
  made->model_ = mj_copyModel(nullptr, model_);
  if (made->model_ == nullptr) throw MujocoError("MuJoCo could not allocate a model");
  made->states_mean_inertia_ = states_mean_inertia_;
  std::string identity = sha256_;
  bool derives = false;
  for (const ModelFactor& factor : factors) {
    if (multiply(made->model_, factor) == 0) {
      throw InvalidArgument(fmt::format("{} of {}: there is none that could be varied",
                                        to_string(factor.parameter),
                                        factor.object.empty() ? "the model" : factor.object));
    }
    derives = derives || factor.parameter == ModelParameter::Mass ||
              factor.parameter == ModelParameter::Gear;
    identity +=
        fmt::format("\n{}:{}={}", to_string(factor.parameter), factor.object, factor.factor);
  }
  if (derives) derive(made->model_, states_mean_inertia_);
  made->sha256_ = sha256_hex(as_bytes(identity));
  return made;
}

}  // namespace durasim::inline v0::sim
