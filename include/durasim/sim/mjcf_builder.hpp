// Assembly to MJCF: checks everything and reports all problems by part name, decides the numbers of
// the scene (and says why), and writes the same bytes for the same input. docs/scene.md lists every
// decision.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/sim/assembly.hpp"
#include "durasim/sim/model.hpp"
#include "durasim/sim/zone.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

// What happens to parts that overlap at the start, such as a bolt in the hull of its hole.
enum class OverlapPolicy {
  Exclude,  // the pair does not touch each other during the run; a warning with the depth
  Keep,     // the pair collides and is pushed apart; a warning with the depth
  Error,    // the scene is refused
};

enum class Axis { X, Y, Z };

struct FloorOptions {
  bool present = true;
  std::optional<double> height_m;  // along `up`; empty: the lowest point of all parts
  std::string material = "concrete";
};

struct SceneOptions {
  Axis up = Axis::Z;  // the axis of the input that points up; the world of the scene has it as +z
  double gravity_m_s2 = 9.81;
  FloorOptions floor;
  OverlapPolicy overlap = OverlapPolicy::Exclude;
  bool rigid = false;                    // all parts move as one body
  bool require_exact_collision = false;  // CONCAVE_AS_HULL is an error
  std::vector<std::string> fixed;        // names of parts or sub-assemblies that do not move
  std::vector<Zone> zones;               // beside the assembly's own; in the assembly's frame
  // Numbers of the contact model; empty: chosen by the size of the parts (DESIGN: M11).
  std::optional<double> timestep_s;
  std::optional<double> contact_time_constant_s;  // solref[0], at least 2 timesteps
  std::optional<double> contact_width_m;          // solimp[2]
  std::string integrator = "implicitfast";  // or "Euler", "implicit", "RK4" (not with speculative)
  bool speculative_contacts = true;
  int max_hull_vertices = 64;  // 4..1000
  std::size_t max_friction_pairs =
      300;  // <pair> elements; beyond, friction is approximated with a warning
};

// What became of one part. World axes; SI.
struct PartReport {
  std::string name;
  std::string path;
  bool fixed = false;
  std::string material;
  double volume_m3 = 0;
  double mass_kg = 0;
  geometry::Vec3 com_m;
  geometry::SymMat3 inertia_kg_m2;    // about the centre of mass
  double property_error = 0;          // relative, of the mass properties
  std::string collision;              // "box", "cylinder", "sphere", "hull" or "given"
  double collision_volume_ratio = 1;  // collision geometry / exact solid
  std::vector<std::string> warnings;  // "CONCAVE_AS_HULL: ..."
};

struct BuiltScene {
  MjcfSource source;              // empty text when there are errors
  std::vector<PartReport> parts;  // also when there are errors, as far as they are known
  std::vector<geometry::Problem> problems;
  std::vector<Zone> zones;         // in the world of the scene
  std::vector<std::string> notes;  // "timestep 0.002 s: ...", one decision a line
  double timestep_s = 0;
  [[nodiscard]] bool ok() const { return !geometry::has_errors(problems); }
  // The MuJoCo body that moves the part: its own, or "assembly" when rigid.
  std::string rigid_body;
};

// Builds scenes. Stateless and thread-safe.
class DURASIM_EXPORT MjcfBuilder {
 public:
  explicit MjcfBuilder(SceneOptions options = {});
  // Never throws for bad geometry or options: those are problems. Throws InvalidArgument for a name
  // in SceneOptions::fixed that is not a part.
  [[nodiscard]] BuiltScene build(const Assembly& assembly) const;

 private:
  SceneOptions options_;
};

}  // namespace durasim::inline v0::sim
