// Foreign MJCF in memory: its checks, its form as one message, and the trial that runs in the child
// process.
#include "durasim/sim/mjcf_bundle.hpp"

#include "sim/mjcf_bundle_scan.hpp"
#include "sim/mujoco_guard.hpp"

#include <fmt/format.h>
#include <mujoco/mujoco.h>

#include <limits>
#include <memory>

namespace durasim::inline v0::sim {
namespace {

constexpr std::uint32_t kBundleMagic = 0x424A4D44;  // "DMJB"
constexpr std::size_t kMaxTextBytes = std::size_t{1} << 30;

class MemoryFiles : public MjcfFiles {
 public:
  explicit MemoryFiles(const MjcfSource& source) : source_(source) {}
  const Bytes* find(const std::string& name) override {
    const auto found = source_.assets.find(name);
    return found != source_.assets.end() ? &found->second : nullptr;
  }

 private:
  const MjcfSource& source_;
};

MjcfLimits no_limits() {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  constexpr auto kMaxSize = std::numeric_limits<std::size_t>::max();
  return {kMaxSize, kMaxSize, kMaxSize, kMaxSize, kMaxSize, kMax, kMax, kMax, kMax, kMax, kMax};
}

struct DataDeleter {
  void operator()(mjData* data) const { mj_deleteData(data); }
};

void try_model(const MjcfSource& source) {
  const auto model = Model::compile(source);
  const MujocoCall call;
  const std::unique_ptr<mjData, DataDeleter> data(mj_makeData(model->get()));
  if (!data) throw ModelError("MuJoCo could not allocate the data of the model");
  mj_forward(model->get(), data.get());
}

}  // namespace

void require_names_in_memory(const MjcfSource& source) {
  MemoryFiles files(source);
  try {
    check_asset_names(source);
    MjcfScan(files, no_limits()).scan(source.xml, "model");
  } catch (const Error& error) {
    throw ModelError(error.what());
  }
}

void check_mjcf_source(const MjcfSource& source, const MjcfLimits& limits) {
  check_asset_names(source);
  std::size_t total = source.xml.size();
  for (const auto& [name, bytes] : source.assets) {
    total += bytes.size();
    if (bytes.size() > limits.max_file_bytes) {
      throw LimitError(fmt::format("'{}' has {} bytes; the limit is {}", name, bytes.size(),
                                   limits.max_file_bytes));
    }
  }
  if (source.assets.size() > limits.max_files || total > limits.max_total_bytes) {
    throw LimitError(
        fmt::format("the model has {} files of {} bytes; the limits are {} files and {} bytes",
                    source.assets.size(), total, limits.max_files, limits.max_total_bytes));
  }
  MemoryFiles files(source);
  MjcfScan(files, limits).scan(source.xml, "model");
}

Bytes encode_mjcf_bundle(const MjcfSource& source) {
  ByteWriter message;
  message.u32(kBundleMagic);
  message.text(source.xml);
  message.u32(static_cast<std::uint32_t>(source.assets.size()));
  for (const auto& [name, bytes] : source.assets) {
    message.text(name);
    message.text(as_text(bytes));
  }
  return message.take();
}

MjcfSource decode_mjcf_bundle(ByteView bundle) {
  ByteReader message(bundle);
  if (message.u32() != kBundleMagic)
    throw FormatError("this is not a bundle of MJCF and its files");
  MjcfSource source;
  source.xml = message.text(kMaxTextBytes);
  const std::uint32_t count = message.count(8);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string name = message.text();
    const std::string content = message.text(kMaxTextBytes);
    const ByteView bytes = as_bytes(content);
    if (!source.assets.emplace(std::move(name), Bytes(bytes.begin(), bytes.end())).second) {
      throw FormatError("the bundle holds a file twice");
    }
  }
  if (!message.at_end()) throw FormatError("the bundle is longer than it says");
  check_asset_names(source);
  return source;
}

int check_mjcf_bundle(ByteView bundle, std::string& error) {
  try {
    const MjcfSource source = decode_mjcf_bundle(bundle);
    check_mjcf_source(source);
    try_model(source);
    return 0;
  } catch (const std::exception& exception) {
    error = exception.what();
    return 1;
  }
}

}  // namespace durasim::inline v0::sim
