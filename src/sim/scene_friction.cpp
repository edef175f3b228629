// Friction of each pair of parts. MuJoCo takes the larger of two coefficients, so a slippery part
// on a rough floor would not slip; the rule of material.hpp is written as <pair> where it differs
// from that.
#include "sim/scene_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace durasim::inline v0::sim {
namespace {

using geometry::ProblemCode;

constexpr double kSame = 1e-6;

bool differs_from_maximum(const Material& a, const Material& b) {
  return std::abs(pair_friction(a, b) - std::max(a.friction, b.friction)) > kSame;
}

// Returns how many there are to add. Those beyond the limit are only counted: a few thousand parts
// have millions of pairs.
std::size_t add_pairs(ScenePlan& plan, const std::vector<std::string>& geoms1,
                      const std::vector<std::string>& geoms2, double mu) {
  for (const std::string& g1 : geoms1) {
    for (const std::string& g2 : geoms2) {
      if (plan.friction_pairs.size() < plan.options.max_friction_pairs)
        plan.friction_pairs.push_back({g1, g2, mu});
    }
  }
  return geoms1.size() * geoms2.size();
}

// Pairs of parts that can touch each other.
template <class F>
void for_each_pair(const ScenePlan& plan, F&& f) {
  for (std::size_t a = 0; a < plan.parts.size(); ++a) {
    for (std::size_t b = a + 1; b < plan.parts.size(); ++b) {
      const bool both_fixed = plan.parts[a].fixed && plan.parts[b].fixed;
      const bool excluded = std::find(plan.excluded.begin(), plan.excluded.end(),
                                      std::pair{a, b}) != plan.excluded.end();
      if (!plan.options.rigid && !both_fixed && !excluded) f(a, b);
    }
  }
}

void approximate(ScenePlan& plan, std::size_t wanted) {
  plan.friction_pairs.clear();
  plan.friction_by_priority = true;
  double worst = 0;
  std::string which;
  for_each_pair(plan, [&](std::size_t a, std::size_t b) {
    const Material& ma = plan.parts[a].part->material;
    const Material& mb = plan.parts[b].part->material;
    const double error = std::abs(std::max(ma.friction, mb.friction) - pair_friction(ma, mb));
    if (error > worst) {
      worst = error;
      which = fmt::format("\"{}\" on \"{}\"", plan.parts[a].part->name, plan.parts[b].part->name);
    }
  });
  const std::string off = worst > 0 ? fmt::format(" (worst: {}, {:.2g} off)", which, worst) : "";
  plan.warn("", ProblemCode::FrictionApproximated,
            fmt::format("{} pairs of parts differ in friction, more than max_friction_pairs {}: "
                        "each part slides on the floor with its own coefficient, and between parts "
                        "the larger one counts{}; raise max_friction_pairs for exact pairs",
                        wanted, plan.options.max_friction_pairs, off));
}

}  // namespace

void decide_friction(ScenePlan& plan) {
  std::size_t wanted = 0;
  if (plan.options.floor.present) {
    for (std::size_t i = 0; i < plan.parts.size(); ++i) {
      const Material& m = plan.parts[i].part->material;
      if (!plan.parts[i].fixed && differs_from_maximum(m, plan.floor_material)) {
        wanted += add_pairs(plan, collision_geom_names(plan, i), {kFloorGeom},
                            pair_friction(m, plan.floor_material));
      }
    }
  }
  for_each_pair(plan, [&](std::size_t a, std::size_t b) {
    const Material& ma = plan.parts[a].part->material;
    const Material& mb = plan.parts[b].part->material;
    if (differs_from_maximum(ma, mb)) {
      wanted += add_pairs(plan, collision_geom_names(plan, a), collision_geom_names(plan, b),
                          pair_friction(ma, mb));
    }
  });
  if (wanted > plan.options.max_friction_pairs) approximate(plan, wanted);
}

}  // namespace durasim::inline v0::sim
