// Saving and loading a run between two steps, and the hash of its state.
#include "durasim/core/sha256.hpp"

#include "sim/checkpoint_image.hpp"
#include "sim/checkpoint_layout.hpp"
#include "sim/floating_point_mode.hpp"
#include "sim/loop_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

// The names are those of Identity's members, in the order in which identity_prefix() writes them.
constexpr std::array<const char*, 10> kMembers{
    "mujoco",         "mujoco_build", "libc",  "libm_build", "cpu_features",
    "floating_point", "libm_probe",   "model", "rules",      "physics"};

template <typename T>
void append(Bytes& bytes, const T* values, std::size_t count) {
  const std::size_t begin = bytes.size();
  bytes.resize(begin + count * sizeof(T));
  if (count > 0) std::memcpy(bytes.data() + begin, values, count * sizeof(T));
}

void write_zone(ByteWriter& text, const Zone& zone) {
  text.u32(static_cast<std::uint32_t>(zone.kind));
  text.text(zone.name);
  for (const geometry::Vec3& p : {zone.box_m.min, zone.box_m.max}) {
    for (const double v : {p.x, p.y, p.z}) text.f64(v);
  }
}

[[noreturn]] void throw_mismatch(const char* member, const std::string& saved,
                                 const std::string& here) {
  throw CheckpointMismatch(
      member,
      fmt::format("the checkpoint cannot be continued bit for bit: its {} is '{}', here it is '{}'",
                  member, saved, here));
}

// The variable parts behind the record, or FormatError.
struct Parts {
  ByteView identity, timers, warnings, physics;
};

Parts split(ByteView bytes, const CheckpointRecord& record) {
  ByteView rest = bytes.subspan(sizeof record);
  const auto take = [&rest](std::uint64_t count, std::uint64_t size) {
    if (count > rest.size() / size)
      throw FormatError("the checkpoint is damaged: it ends too early");
    const ByteView part = rest.first(count * size);
    rest = rest.subspan(count * size);
    return part;
  };
  const Parts parts{take(record.identity_bytes, 1), take(record.timer_count, 8),
                    take(record.warnings_bytes, 1), take(record.physics_bytes, 1)};
  if (!rest.empty()) throw FormatError("the checkpoint is damaged: it is longer than it says");
  return parts;
}

// MuJoCo says the text of a kind of warning when it counts the first one, so a run that goes on
// needs both.
struct Warnings {
  std::array<mjWarningStat, mjNWARNING> raised{};
  std::vector<std::string> texts;
};

Bytes encode(const mjData* data, const std::vector<std::string>& texts) {
  ByteWriter bytes;
  for (const mjWarningStat& warning : data->warning) {
    bytes.u32(static_cast<std::uint32_t>(warning.lastinfo));
    bytes.u32(static_cast<std::uint32_t>(warning.number));
  }
  for (const std::string& text : texts) bytes.text(text);
  return bytes.take();
}

Warnings decode_warnings(ByteView bytes) {
  ByteReader reader(bytes);
  Warnings warnings;
  for (mjWarningStat& warning : warnings.raised) {
    warning.lastinfo = static_cast<int>(reader.u32());
    warning.number = static_cast<int>(reader.u32());
  }
  while (!reader.at_end()) warnings.texts.push_back(reader.text());
  return warnings;
}

void compare_identity(ByteView saved, ByteView here) {
  ByteReader theirs(saved);
  ByteReader ours(here);
  for (const char* member : kMembers) {
    const std::string saved_text = theirs.text();
    const std::string our_text = ours.text();
    if (saved_text != our_text) throw_mismatch(member, saved_text, our_text);
  }
  if (!theirs.at_end())
    throw FormatError("the checkpoint is damaged: its identity is longer than it should be");
}

}  // namespace

std::string SimulationLoop::Impl::rules_hash() const {
  ByteWriter text;
  for (const Zone& zone : options_.zones) write_zone(text, zone);
  text.text(options_.goal.target);
  text.f64(options_.goal.dwell.count());
  text.u32(static_cast<std::uint32_t>(options_.goal.test));
  text.f64(options_.motor_overload ? options_.motor_overload->fraction : -1);
  text.f64(options_.motor_overload ? options_.motor_overload->window.count() : -1);
  text.f64(options_.speed_limit_m_s.value_or(-1));
  for (const StartOffset& start : options_.start_offsets) {
    text.text(start.body);
    for (const double v : {start.offset_m.x, start.offset_m.y, start.offset_m.z}) text.f64(v);
  }
  return sha256_hex(text.bytes());
}

Bytes SimulationLoop::Impl::identity_prefix() const {
  const Identity identity = current_identity();
  ByteWriter text;
  for (const std::string* member :
       {&identity.mujoco, &identity.mujoco_build, &identity.libc, &identity.libm_build,
        &identity.cpu_features, &identity.floating_point, &identity.libm_probe}) {
    text.text(*member);
  }
  text.text(owner_->sha256());
  text.text(rules_hash());
  text.text(whole_image_ ? "image" : "integration state");
  return text.take();
}

void SimulationLoop::Impl::require_saveable() const {
  require_usable();
  if (verdict) throw LogicError("the run has ended; there is no state to continue from");
  if ((model_->opt.enableflags & mjENBL_IPC) != 0) {
    throw UnavailableError(
        "a model with the flag ipc cannot be saved: MuJoCo keeps contact multipliers outside its "
        "state");
  }
  if (whole_image_ && model_->nplugin > 0) {
    throw UnavailableError(
        "a model with sleeping islands and engine plugins cannot be saved: plugins keep data of "
        "their own");
  }
}

void SimulationLoop::Impl::save_state(Bytes& bytes) {
  require_saveable();
  if (prefix_.empty() || prefix_mode_ != floating_point_mode()) {
    prefix_mode_ = floating_point_mode();
    prefix_ = identity_prefix();
  }
  const Metrics& metrics = metrics_.values();
  CheckpointRecord record;
  record.step = step;
  record.random = random_.state;
  record.energy_j = metrics.energy_j;
  record.max_speed_m_s = metrics.max_speed_m_s;
  record.max_contact_force_n = metrics.max_contact_force_n;
  record.max_penetration_m = metrics.max_penetration_m;
  record.max_kinetic_energy_j = metrics.max_kinetic_energy_j;
  record.max_contacts = metrics.max_contacts;
  record.has_sink = sink_ != nullptr ? 1 : 0;
  record.sink_offset = sink_ != nullptr ? sink_->offset() : 0;
  record.identity_bytes = prefix_.size();
  record.timer_count = rules_.timers().size();
  const Bytes raised = encode(data_.get(), warnings);
  record.warnings_bytes = raised.size();

  bytes.clear();
  append(bytes, &record, 1);
  append(bytes, prefix_.data(), prefix_.size());
  append(bytes, rules_.timers().data(), rules_.timers().size());
  append(bytes, raised.data(), raised.size());
  const std::size_t before = bytes.size();
  if (whole_image_) {
    append_image(model_, data_.get(), bytes);
  } else {
    physics_.resize(static_cast<std::size_t>(mj_stateSize(model_, mjSTATE_INTEGRATION)));
    mj_getState(model_, data_.get(), physics_.data(), mjSTATE_INTEGRATION);
    append(bytes, physics_.data(), physics_.size());
  }
  record.physics_bytes = bytes.size() - before;
  std::memcpy(bytes.data(), &record, sizeof record);
}

void SimulationLoop::Impl::load_state(ByteView bytes) {
  const CheckpointRecord record = read_record(bytes);
  const Parts parts = split(bytes, record);
  compare_identity(parts.identity, identity_prefix());
  if (record.timer_count != rules_.timers().size() || record.step < 0)
    throw FormatError("the checkpoint is damaged: its timers");
  const auto state_size = static_cast<std::size_t>(mj_stateSize(model_, mjSTATE_INTEGRATION));
  if (whole_image_) {
    check_image(model_, data_.get(), parts.physics);
  } else if (parts.physics.size() != state_size * sizeof(double)) {
    throw FormatError("the checkpoint is damaged: its state has another size than the model's");
  }
  Warnings saved_warnings = decode_warnings(parts.warnings);
  if (sink_ != nullptr && record.has_sink != 0) sink_->rewind(record.sink_offset);

  const MujocoCall call;
  mj_resetData(model_, data_.get());
  if (whole_image_) {
    restore_image(model_, data_.get(), parts.physics);
  } else {
    physics_.resize(state_size);
    std::memcpy(physics_.data(), parts.physics.data(), parts.physics.size());
    mj_setState(model_, data_.get(), physics_.data(), mjSTATE_INTEGRATION);
  }
  std::ranges::copy(saved_warnings.raised, data_->warning);
  warnings = std::move(saved_warnings.texts);
  std::vector<std::int64_t> timers(record.timer_count);
  if (!timers.empty()) std::memcpy(timers.data(), parts.timers.data(), parts.timers.size());
  rules_.restore(std::move(timers));
  Metrics metrics;
  metrics.energy_j = record.energy_j;
  metrics.max_speed_m_s = record.max_speed_m_s;
  metrics.max_contact_force_n = record.max_contact_force_n;
  metrics.max_penetration_m = record.max_penetration_m;
  metrics.max_kinetic_energy_j = record.max_kinetic_energy_j;
  metrics.max_contacts = record.max_contacts;
  metrics_.restore(metrics);
  random_.state = record.random;
  step = record.step;
  verdict.reset();
  broken_ = false;
  was_asleep_ = false;
  if (frames_) frames_->skip_to(step);
}

std::string SimulationLoop::Impl::state_hash() const {
  std::vector<double> state(static_cast<std::size_t>(mj_stateSize(model_, mjSTATE_INTEGRATION)));
  mj_getState(model_, data_.get(), state.data(), mjSTATE_INTEGRATION);
  ByteWriter bytes;
  for (const double value : state) bytes.f64(value);
  return sha256_hex(bytes.bytes());
}

}  // namespace durasim::inline v0::sim
