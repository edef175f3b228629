// Compiles MJCF through MuJoCo's virtual file system and keeps the result with its identity.
#include "durasim/sim/model.hpp"

#include "durasim/core/sha256.hpp"

#include "sim/mjcf_bundle_scan.hpp"
#include "sim/mujoco_guard.hpp"

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <array>
#include <climits>
#include <cmath>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

struct Vfs {
  mjVFS files{};
  Vfs() { mj_defaultVFS(&files); }
  ~Vfs() { mj_deleteVFS(&files); }
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  void add(const std::string& name, const Bytes& bytes) {
    if (bytes.size() > INT_MAX)
      throw ModelError(fmt::format("asset '{}' is larger than 2 GiB", name));
    const int status =
        mj_addBufferVFS(&files, name.c_str(), bytes.data(), static_cast<int>(bytes.size()));
    if (status != 0)
      throw ModelError(fmt::format("asset '{}' cannot be added (status {})", name, status));
  }
};

struct SpecDeleter {
  void operator()(mjSpec* spec) const { mj_deleteSpec(spec); }
};

std::string hash_of(const MjcfSource& source) {
  Sha256 hash;
  const auto add = [&hash](ByteView bytes) {
    ByteWriter size;
    size.u64(bytes.size());
    hash.update(size.bytes()).update(bytes);
  };
  add(as_bytes(source.xml));
  for (const auto& [name, bytes] : source.assets) {
    add(as_bytes(name));
    add(bytes);
  }
  return hash.finish();
}

}  // namespace

std::shared_ptr<const Model> Model::compile(const MjcfSource& source) {
  // MuJoCo looks on the disk for names that the virtual file system lacks; a text without "file"
  // names none.
  if (!source.assets.empty() || source.xml.find("file") != std::string::npos)
    require_names_in_memory(source);
  MujocoCall call;
  Vfs vfs;
  for (const auto& [name, bytes] : source.assets) vfs.add(name, bytes);
  std::array<char, 2000> message{};
  const std::unique_ptr<mjSpec, SpecDeleter> spec(mj_parseXMLString(
      source.xml.c_str(), &vfs.files, message.data(), static_cast<int>(message.size())));
  if (!spec) throw ModelError(fmt::format("MuJoCo cannot read the model: {}", message.data()));
  const std::shared_ptr<Model> model(new Model);
  model->model_ = mj_compile(spec.get(), &vfs.files);
  const char* compiler_text = mjs_getError(spec.get());
  if (model->model_ == nullptr)
    throw ModelError(fmt::format("MuJoCo cannot compile the model: {}", compiler_text));
  model->model_->opt.disableflags |= mjDSBL_AUTORESET;
  model->states_mean_inertia_ = !std::isnan(spec->stat.meaninertia);
  for (const char* text : {static_cast<const char*>(message.data()), compiler_text}) {
    if (text != nullptr && text[0] != '\0') call.add_warning(text);
  }
  model->warnings_ = call.take_warnings();
  model->sha256_ = hash_of(source);
  return model;
}

Model::~Model() {
  if (model_ != nullptr) mj_deleteModel(model_);
}

std::vector<std::string> Model::free_bodies() const {
  std::vector<std::string> names;
  for (int joint = 0; joint < model_->njnt; ++joint) {
    if (model_->jnt_type[joint] != mjJNT_FREE) continue;
    const char* name = mj_id2name(model_, mjOBJ_BODY, model_->jnt_bodyid[joint]);
    if (name != nullptr && name[0] != '\0') names.emplace_back(name);
  }
  return names;
}

std::string mujoco_version() {
  return mj_versionString();
}

}  // namespace durasim::inline v0::sim
