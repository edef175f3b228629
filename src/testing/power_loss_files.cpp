// PowerLossFiles as a test and as a store see it: orders for the disk, a look at its files, and the
// store's environment. What SQLite sees is in power_loss_vfs.hpp.
#include "durasim/testing/power_loss_files.hpp"

#include "testing/power_loss_disk.hpp"
#include "testing/power_loss_vfs.hpp"

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <utility>

namespace durasim::inline v0::testing {

namespace {

class StandingClock final : public Clock {
 public:
  WallTime wall_now() const override { return WallTime(std::chrono::seconds(1'800'000'000)); }
  SteadyTime steady_now() const override { return SteadyTime(std::chrono::seconds(1)); }
};

}  // namespace

PowerLossFiles::PowerLossFiles(std::uint64_t seed, bool safe_overwrites)
    : disk_(std::make_unique<Disk>(seed, safe_overwrites)), vfs_(std::make_unique<Vfs>(*disk_)) {}

PowerLossFiles::~PowerLossFiles() = default;

void PowerLossFiles::stop() {
  disk_->left = 0;
  disk_->stopped = true;
}

void PowerLossFiles::stop_after(std::uint64_t after) {
  disk_->left = after;
}

bool PowerLossFiles::stopped() const {
  return disk_->stopped;
}

void PowerLossFiles::crash(Crash mode) {
  disk_->crash(mode);
}

void PowerLossFiles::fail_calls(std::uint64_t after, WriteFault fault, SyncFault sync_fault,
                                std::uint64_t count) {
  disk_->call_fault = {after, count, {fault, sync_fault}};
}

void PowerLossFiles::fail_reads(std::uint64_t after, std::uint64_t count) {
  disk_->read_fault = {after, count, {}};
}

void PowerLossFiles::fail_writes(std::uint64_t after, WriteFault fault, std::uint64_t count) {
  disk_->write_fault = {after, count, fault};
}

void PowerLossFiles::fail_syncs(std::uint64_t after, SyncFault fault, std::uint64_t count) {
  disk_->sync_fault = {after, count, fault};
}

void PowerLossFiles::set_capacity(std::uint64_t bytes, bool overwrites_take_space) {
  disk_->capacity = bytes;
  disk_->overwrites_take_space = overwrites_take_space;
}

std::uint64_t PowerLossFiles::changes() const {
  return disk_->changes;
}

std::uint64_t PowerLossFiles::calls() const {
  return disk_->calls;
}

std::uint64_t PowerLossFiles::syncs() const {
  return disk_->syncs;
}

std::uint64_t PowerLossFiles::bytes() const {
  return disk_->bytes();
}

std::vector<std::string> PowerLossFiles::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : disk_->names) names.push_back(name);
  return names;
}

std::string PowerLossFiles::contents(const std::string& name) const {
  const auto file = disk_->names.find(name);
  if (file == disk_->names.end()) throw InvalidArgument(fmt::format("there is no file {}", name));
  return file->second->cached;
}

void PowerLossFiles::put(const std::string& name, std::string contents) {
  auto file = std::make_shared<Disk::File>();
  file->cached = file->durable = std::move(contents);
  disk_->names[name] = disk_->durable_names[name] = std::move(file);
}

void PowerLossFiles::erase(const std::string& name) {
  disk_->names.erase(name);
  disk_->durable_names.erase(name);
}

void PowerLossFiles::flip_bit(const std::string& name, std::size_t byte, unsigned bit) {
  std::string bytes = contents(name);
  if (byte >= bytes.size()) {
    throw InvalidArgument(
        fmt::format("{} has {} bytes; there is no byte {}", name, bytes.size(), byte));
  }
  bytes[byte] = static_cast<char>(static_cast<unsigned char>(bytes[byte]) ^ (1U << (bit % 8)));
  put(name, std::move(bytes));
}

std::string PowerLossFiles::vfs() const {
  return vfs_->name();
}

void PowerLossFiles::create_private(const std::string& path) {
  const std::scoped_lock lock(disk_->mutex);
  Disk::FilePointer file;
  bool created = false;
  if (disk_->open(path, true, file, created) != Disk::Result::Done) {
    throw IoError(fmt::format("{} could not be created", path));
  }
}

namespace {

class NameLock final : public store::OwnerLock {
 public:
  NameLock(std::set<std::string>& locks, std::string name) : locks_(locks), name_(std::move(name)) {
    locks_.insert(name_);
  }
  ~NameLock() override { locks_.erase(name_); }

 private:
  std::set<std::string>& locks_;
  std::string name_;
};

}  // namespace

store::StoreEnvironment::LockResult PowerLossFiles::try_lock(const std::string& lock_path) {
  if (disk_->locks.contains(lock_path)) return {nullptr, process_id()};
  return {std::make_unique<NameLock>(disk_->locks, lock_path), process_id()};
}

void PowerLossFiles::wait_for_owner(const std::string& lock_path, const std::stop_token& /*stop*/,
                                    SteadyTime /*until*/) {
  throw LogicError(fmt::format("{}: nobody here could free it", lock_path));
}

void PowerLossFiles::rename(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(disk_->mutex);
  if (disk_->rename(from, to) != Disk::Result::Done) {
    throw IoError(fmt::format("{} could not be renamed to {}", from, to));
  }
}

const Clock& PowerLossFiles::clock() const {
  static const StandingClock clock;
  return clock;
}

}  // namespace durasim::inline v0::testing
