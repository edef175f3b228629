// What happens to files and names between a write and the next sync, and in a crash.
#include "testing/power_loss_disk.hpp"

#include <algorithm>

namespace durasim::inline v0::testing {

namespace {

constexpr std::size_t kDiskSector = 512;
constexpr std::size_t kDiskBlock = 4096;
constexpr std::uint64_t kWriteBack = 32;  // one write in so many, the system writes a file back

void place(std::string& image, std::size_t offset, std::string_view bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  image.replace(offset, bytes.size(), bytes);
}

}  // namespace

std::uint64_t PowerLossFiles::Disk::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, file] : names) sum += file->cached.size();
  return sum;
}

// False when the machine stops here.
bool PowerLossFiles::Disk::change() {
  if (stopped || left == 0) {
    stopped = true;
    return false;
  }
  if (left != kNever) --left;
  ++changes;
  return true;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::call() {
  if (stopped) return Result::Stopped;
  ++calls;
  if (!call_fault.fires()) return Result::Done;
  return call_fault.fault.write == WriteFault::NoSpace ? Result::NoSpace : Result::Failed;
}

void PowerLossFiles::Disk::apply(std::string& image, const Pending& write) {
  if (write.truncates) {
    image.resize(write.offset);
  } else {
    place(image, write.offset, write.bytes);
  }
}

void PowerLossFiles::Disk::put(File& file, std::size_t offset, std::string_view bytes) {
  place(file.cached, offset, bytes);
  file.pending.push_back({offset, std::string(bytes), false});
  if (random.below(kWriteBack) != 0) return;
  for (const Pending& write : file.pending) apply(file.durable, write);
  file.pending.clear();
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::open(const std::string& name, bool create,
                                                        FilePointer& file, bool& created) {
  created = false;
  if (const Result result = call(); result != Result::Done) return result;
  const auto found = names.find(name);
  if (found != names.end()) {
    file = found->second;
    return Result::Done;
  }
  if (!create) return Result::Failed;
  if (!change()) return Result::Stopped;
  file = names[name] = std::make_shared<File>();
  created = true;
  return Result::Done;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::read(const File& file, std::size_t offset,
                                                        std::string& into) {
  if (const Result result = call(); result != Result::Done) return Result::Failed;
  if (read_fault.fires()) return Result::Failed;
  const std::size_t there = offset < file.cached.size() ? file.cached.size() - offset : 0;
  into.resize(file.cached.copy(into.data(), std::min(into.size(), there), there > 0 ? offset : 0));
  return Result::Done;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::write(File& file, std::size_t offset,
                                                         std::string_view bytes) {
  const auto prefix = [&] { return bytes.substr(0, random.below(bytes.size() + 1)); };
  Result result = call();
  if (result == Result::Stopped) return result;
  if (result == Result::Done && write_fault.fires()) {
    if (write_fault.fault == WriteFault::Late) {
      put(file, offset, bytes);
      return Result::Failed;
    }
    result = write_fault.fault == WriteFault::NoSpace ? Result::NoSpace : Result::Failed;
  }
  if (result != Result::Done) {  // the last byte never comes
    if (bytes.size() > 1) put(file, offset, bytes.substr(0, random.below(bytes.size())));
    return result;
  }
  const std::size_t end = offset + bytes.size();
  std::size_t growth = end > file.cached.size() ? end - file.cached.size() : 0;
  if (overwrites_take_space) growth = std::max(growth, bytes.size());
  if (growth > 0 && bytes_would_exceed(growth)) {
    put(file, offset, bytes.substr(0, bytes.size() - std::min(bytes.size(), growth - room())));
    return Result::NoSpace;
  }
  if (!stopped && left == 0) put(file, offset, prefix());
  if (!change()) return Result::Stopped;
  put(file, offset, bytes);
  return Result::Done;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::truncate(File& file, std::size_t size) {
  if (const Result result = call(); result != Result::Done) return result;
  if (!change()) return Result::Stopped;
  file.cached.resize(size);
  file.pending.push_back({size, {}, true});
  return Result::Done;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::failed_sync(File& file, SyncFault fault) {
  lose_pending(file, Crash::RandomSectors);
  file.evict_at_death = fault == SyncFault::PagesKeptUntilEvicted;
  if (fault == SyncFault::PagesDropped) file.cached = file.durable;
  return Result::Failed;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::sync(File& file, bool folder) {
  const Result result = call();
  if (result == Result::Stopped || !change()) return Result::Stopped;
  if (result != Result::Done) return failed_sync(file, call_fault.fault.sync);
  if (sync_fault.fires()) return failed_sync(file, sync_fault.fault);
  for (const Pending& write : file.pending) apply(file.durable, write);
  file.pending.clear();
  if (folder) durable_names = names;
  ++syncs;
  return change() ? Result::Done : Result::Stopped;  // durable, but nobody is told
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::size(const File& file, std::size_t& size) {
  if (const Result result = call(); result != Result::Done) return result;
  size = file.cached.size();
  return Result::Done;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::exists(const std::string& name, bool& there) {
  if (const Result result = call(); result != Result::Done) return result;
  there = names.contains(name);
  return Result::Done;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::remove(const std::string& name, bool sync_folder,
                                                          bool& was_there) {
  if (const Result result = call(); result != Result::Done) return result;
  was_there = names.contains(name);
  if (!was_there) return Result::Done;
  if (!change()) return Result::Stopped;
  names.erase(name);
  if (sync_folder) durable_names = names;
  return Result::Done;
}

// Durable when it returns.
PowerLossFiles::Disk::Result PowerLossFiles::Disk::rename(const std::string& from,
                                                          const std::string& to) {
  if (const Result result = call(); result != Result::Done) return result;
  const auto found = names.find(from);
  if (found == names.end()) return Result::Failed;
  if (!change()) return Result::Stopped;
  const FilePointer file = found->second;
  names.erase(found);
  names[to] = file;
  durable_names = names;
  return change() ? Result::Done : Result::Stopped;
}

PowerLossFiles::Disk::Result PowerLossFiles::Disk::shared_memory() {
  return call();
}

bool PowerLossFiles::Disk::bytes_would_exceed(std::size_t growth) const {
  return capacity != kNever && bytes() + growth > capacity;
}

std::size_t PowerLossFiles::Disk::room() const {
  return capacity > bytes() ? static_cast<std::size_t>(capacity - bytes()) : 0;
}

void PowerLossFiles::Disk::apply_sectors(std::string& image, const Pending& write, bool tear) {
  std::size_t done = 0;
  while (done < write.bytes.size()) {
    const std::size_t offset = write.offset + done;
    const std::size_t size =
        std::min(kDiskSector - (offset % kDiskSector), write.bytes.size() - done);
    std::size_t kept = random.below(2) == 0 ? 0 : size;
    if (tear && random.below(4) == 0) kept = random.below(size + 1);
    if (kept > 0) place(image, offset, std::string_view(write.bytes).substr(done, kept));
    done += size;
  }
  if (!tear || safe_overwrites_ || random.below(4) != 0) return;
  const std::size_t block = write.offset / kDiskBlock * kDiskBlock;
  for (std::size_t at = block; at < std::min(write.offset, image.size()); ++at) {
    image[at] = static_cast<char>(random.next());
  }
}

// Brings some of the pending writes to the disk and forgets the others.
void PowerLossFiles::Disk::lose_pending(File& file, Crash mode) {
  if (mode == Crash::Reordered) {
    for (std::size_t i = file.pending.size(); i > 1; --i) {
      std::swap(file.pending[i - 1], file.pending[random.below(i)]);
    }
  }
  for (const Pending& write : file.pending) {
    const bool in_parts = mode == Crash::RandomSectors || mode == Crash::TornSectors;
    if (mode == Crash::DropAll) continue;
    if (in_parts && !write.truncates) {
      apply_sectors(file.durable, write, mode == Crash::TornSectors);
    } else if (mode == Crash::KeepAll || random.below(2) == 0) {
      apply(file.durable, write);
    }
  }
  file.pending.clear();
}

// Each name that has come, gone or moved since the last sync of the folder, by itself.
void PowerLossFiles::Disk::lose_names(Crash mode) {
  std::set<std::string> all;
  for (const auto& [name, file] : names) all.insert(name);
  for (const auto& [name, file] : durable_names) all.insert(name);
  std::map<std::string, FilePointer> left_over;
  for (const std::string& name : all) {
    bool now = mode == Crash::KeepAll;
    if (mode != Crash::KeepAll && mode != Crash::DropAll) now = random.below(2) == 0;
    const auto& from = now ? names : durable_names;
    if (const auto file = from.find(name); file != from.end()) left_over.insert(*file);
  }
  names = left_over;
}

void PowerLossFiles::Disk::crash(Crash mode) {
  if (mode != Crash::ProcessKill) lose_names(mode);
  for (const auto& [name, file] : names) {
    if (mode != Crash::ProcessKill) {
      lose_pending(*file, mode);
      file->cached = file->durable;
    } else if (file->evict_at_death) {
      file->cached = file->durable;
      for (const Pending& write : file->pending) apply(file->cached, write);
    }
    file->evict_at_death = false;
    file->shared = {};
  }
  if (mode != Crash::ProcessKill) durable_names = names;
  locks.clear();
  left = kNever;
  stopped = false;
  call_fault = {};
  read_fault = {};
  write_fault = {};
  sync_fault = {};
}

}  // namespace durasim::inline v0::testing
