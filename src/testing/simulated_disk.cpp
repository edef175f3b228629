// The simulated disk: two images of each file (what reads see, what survives) and the writes
// between them.
#include "durasim/testing/simulated_disk.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace durasim::inline v0::testing {

namespace {

constexpr std::size_t kSector = 512;
constexpr const char* kNoSpace = "simulated disk: write failed: no space left on device";

}  // namespace

DiskStopped::~DiskStopped() = default;

SimulatedDisk::SimulatedDisk(std::uint64_t seed) : random_(seed) {}

template <class Fault>
bool SimulatedDisk::Armed<Fault>::fires() {
  if (count == 0) return false;
  if (after > 0) {
    --after;
    return false;
  }
  --count;
  return true;
}

SimulatedDisk::File& SimulatedDisk::at(std::size_t file) {
  if (file >= kFiles) throw InvalidArgument(fmt::format("the simulated disk has no file {}", file));
  return files_.at(file);
}

// A biased remainder is good enough here, and the same on every machine, which distributions are
// not.
std::uint64_t SimulatedDisk::below(std::uint64_t bound) {
  return random_() % bound;
}

void SimulatedDisk::tick() {
  if (left_ == 0) {
    stopped_ = true;
    throw DiskStopped("the simulated machine has stopped");
  }
  if (left_ != kNever) --left_;
  ++operations_;
}

void SimulatedDisk::apply(std::string& image, std::size_t offset, std::string_view bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  image.replace(offset, bytes.size(), bytes);
}

void SimulatedDisk::apply(std::string& image, const Pending& write) {
  if (write.truncates) {
    image.resize(write.offset);
  } else {
    apply(image, write.offset, write.bytes);
  }
}

// A page that is written again and again is pending once; now and then the system writes it back
// between.
void SimulatedDisk::put(File& file, std::size_t offset, std::string_view bytes) {
  apply(file.cached, offset, bytes);
  const auto same = std::ranges::find_if(file.pending, [&](const Pending& p) {
    return !p.truncates && p.offset == offset && p.bytes.size() == bytes.size();
  });
  const auto touches = [&](const Pending& p) {
    return p.truncates || (p.offset < offset + bytes.size() && offset < p.offset + p.bytes.size());
  };
  if (same != file.pending.end() && std::none_of(std::next(same), file.pending.end(), touches)) {
    if (below(8) == 0) apply(file.durable, *same);
    same->bytes = bytes;
    return;
  }
  file.pending.push_back({offset, std::string(bytes), false});
}

std::uint64_t SimulatedDisk::bytes() const {
  std::uint64_t sum = 0;
  for (const File& file : files_) sum += file.cached.size();
  return sum;
}

std::size_t SimulatedDisk::fitting(const File& file, std::size_t offset, std::size_t size) const {
  if (capacity_ == kUnlimited) return size;
  const std::size_t end = file.cached.size();
  const std::uint64_t used = bytes() + (offset > end ? offset - end : 0);  // a gap is zeros
  const std::uint64_t room = capacity_ > used ? capacity_ - used : 0;
  const std::size_t in_place =
      overwrites_take_space_ || offset >= end ? 0 : std::min(size, end - offset);
  return in_place + static_cast<std::size_t>(std::min<std::uint64_t>(size - in_place, room));
}

void SimulatedDisk::write(std::size_t file, std::size_t offset, std::string_view bytes) {
  File& to = at(file);
  const auto prefix = [&] { return bytes.substr(0, bytes.empty() ? 0 : below(bytes.size())); };
  if (left_ == 0 && !stopped_) put(to, offset, prefix());
  tick();
  if (write_fault_.fires()) {
    put(to, offset, write_fault_.fault == WriteFault::Late ? bytes : prefix());
    throw IoError(write_fault_.fault == WriteFault::NoSpace
                      ? kNoSpace
                      : "simulated disk: write failed: input/output error");
  }
  if (const std::size_t fits = fitting(to, offset, bytes.size()); fits < bytes.size()) {
    if (fits > 0) put(to, offset, bytes.substr(0, fits));
    throw IoError(kNoSpace);
  }
  put(to, offset, bytes);
}

void SimulatedDisk::truncate(std::size_t file, std::size_t size) {
  File& to = at(file);
  tick();
  to.cached.resize(size);
  to.pending.push_back({size, {}, true});
}

void SimulatedDisk::sync(std::size_t file) {
  File& of = at(file);
  tick();
  if (sync_fault_.fires()) {
    lose_pending(of, Crash::RandomSectors);
    of.evict_at_death = sync_fault_.fault == SyncFault::PagesKeptUntilEvicted;
    if (sync_fault_.fault == SyncFault::PagesDropped) of.cached = of.durable;
    throw IoError("simulated disk: sync failed: input/output error");
  }
  for (const Pending& write : of.pending) apply(of.durable, write);
  of.pending.clear();
  ++syncs_;
  tick();
}

const std::string& SimulatedDisk::contents(std::size_t file) const {
  return files_.at(file).cached;
}

const std::string& SimulatedDisk::durable(std::size_t file) const {
  return files_.at(file).durable;
}

void SimulatedDisk::apply_sectors(std::string& image, const Pending& write, bool tear) {
  std::size_t done = 0;
  while (done < write.bytes.size()) {
    const std::size_t offset = write.offset + done;
    const std::size_t size = std::min(kSector - (offset % kSector), write.bytes.size() - done);
    std::size_t kept = below(2) == 0 ? 0 : size;
    if (tear && below(4) == 0) kept = below(size + 1);
    if (kept > 0) apply(image, offset, std::string_view(write.bytes).substr(done, kept));
    done += size;
  }
}

// Brings some of the pending writes to the disk and forgets the others.
void SimulatedDisk::lose_pending(File& file, Crash mode) {
  if (mode == Crash::Reordered) {
    for (std::size_t i = file.pending.size(); i > 1; --i) {
      std::swap(file.pending[i - 1], file.pending[below(i)]);
    }
  }
  for (const Pending& write : file.pending) {
    const bool in_parts = mode == Crash::RandomSectors || mode == Crash::TornSectors;
    if (mode == Crash::DropAll) continue;
    if (in_parts && !write.truncates) {
      apply_sectors(file.durable, write, mode == Crash::TornSectors);
    } else if (mode == Crash::KeepAll || below(2) == 0) {
      apply(file.durable, write);
    }
  }
  file.pending.clear();
}

void SimulatedDisk::crash(Crash mode) {
  for (File& file : files_) {
    if (mode == Crash::ProcessKill) {
      if (file.evict_at_death) {
        file.cached = file.durable;
        for (const Pending& write : file.pending) apply(file.cached, write);
      }
    } else {
      lose_pending(file, mode);
      file.cached = file.durable;
    }
    file.evict_at_death = false;
  }
  left_ = kNever;
  stopped_ = false;
  write_fault_ = {};
  sync_fault_ = {};
}

void SimulatedDisk::stop_after(std::uint64_t after) {
  left_ = after;
}

void SimulatedDisk::fail_writes(std::uint64_t after, WriteFault fault, std::uint64_t count) {
  write_fault_ = {after, count, fault};
}

void SimulatedDisk::fail_syncs(std::uint64_t after, SyncFault fault, std::uint64_t count) {
  sync_fault_ = {after, count, fault};
}

void SimulatedDisk::set_capacity(std::uint64_t bytes, bool overwrites_take_space) {
  capacity_ = bytes;
  overwrites_take_space_ = overwrites_take_space;
}

void SimulatedDisk::flip_bit(std::size_t file, std::size_t byte, unsigned bit) {
  File& of = at(file);
  const auto flip = [&](std::string& image) {
    if (byte < image.size()) {
      const auto value = static_cast<unsigned char>(image[byte]);
      image[byte] = static_cast<char>(value ^ (1U << (bit % 8)));
    }
  };
  if (byte >= of.cached.size()) {
    throw InvalidArgument(
        fmt::format("file {} has {} bytes; there is no byte {}", file, of.cached.size(), byte));
  }
  flip(of.cached);
  flip(of.durable);
}

}  // namespace durasim::inline v0::testing
