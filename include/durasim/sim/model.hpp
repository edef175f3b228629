// A compiled MuJoCo model, made from MJCF text and assets in memory. Reads nothing from disk;
// foreign files come through mjcf_bundle.hpp, scenes of CAD parts through the builder.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct mjModel_;
struct mjData_;

namespace durasim::inline v0::sim {

// MuJoCo refused a model; the text is MuJoCo's own, which names the element and the line.
class DURASIM_EXPORT ModelError : public Error {
 public:
  using Error::Error;
  ~ModelError() override;
};

// MuJoCo raised an error (mju_error) inside a call of durasim's. It never ends the process.
class DURASIM_EXPORT MujocoError : public Error {
 public:
  using Error::Error;
  ~MujocoError() override;
};

// MJCF text and the files that it names (mesh, texture, height field, include), by the name that
// the text reaches them with: meshdir, texturedir or assetdir joined with the file attribute, '/'
// as separator.
struct MjcfSource {
  std::string xml;
  std::map<std::string, Bytes> assets;
};

// Of what a model may have more or less.
enum class ModelParameter {
  // Sliding friction of a body's geoms, and of pairs with them. Where MJCF has no pair, MuJoCo
  // takes the larger value of both geoms.
  Friction,
  Mass,     // of a body, with its inertia
  Gravity,  // of the whole
  Damping,  // of a body's joints
  Gear,     // of an actuator
};
// "friction", ... Thread-safe.
DURASIM_EXPORT std::string_view to_string(ModelParameter parameter);

struct ModelFactor {
  ModelParameter parameter = ModelParameter::Friction;
  std::string object;  // name of a body, of Gear an actuator; empty: all, and the whole
  double factor = 1;
};

// An immutable compiled model, shared by any number of loops and threads. Automatic reset is
// switched off: a diverged state stays visible instead of starting again from zero.
class DURASIM_EXPORT Model {
 public:
  // Compiles through a virtual file system: a name that is not in `assets` is an error, never read
  // from disk. Throws ModelError with MuJoCo's text. Thread-safe.
  static std::shared_ptr<const Model> compile(const MjcfSource& source);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // MuJoCo's model, owned by this object.
  [[nodiscard]] const mjModel_* get() const { return model_; }
  // SHA-256 over the text and every asset with its name, lower-case hex: the identity used by
  // checkpoints.
  [[nodiscard]] const std::string& sha256() const { return sha256_; }
  // The names of the bodies that a free joint moves, in the model's order; those without a name are
  // left out.
  [[nodiscard]] std::vector<std::string> free_bodies() const;
  // A model of its own with those parameters multiplied, one factor after the other, and all that
  // MuJoCo derives from them; of another identity. With factors of 1 it is the same, bit for bit.
  // Throws InvalidArgument that names what the model has not, MujocoError. Thread-safe.
  [[nodiscard]] std::shared_ptr<const Model> with(const std::vector<ModelFactor>& factors) const;
  // What MuJoCo's compiler warned about.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Model() = default;
  mjModel_* model_ = nullptr;
  bool states_mean_inertia_ = false;  // by itself, not as MuJoCo would compute it
  std::string sha256_;
  std::vector<std::string> warnings_;
};

// The version of the libmujoco that is loaded, e.g. "4.0.0". Thread-safe.
DURASIM_EXPORT std::string mujoco_version();

}  // namespace durasim::inline v0::sim
