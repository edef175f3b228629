// What each crash and each fault of the simulated disk may leave, and that it really leaves all of
// that over some seeds.
#include "durasim/testing/simulated_disk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace durasim;
using namespace durasim::testing;

namespace {

// Old bytes are synced 'a', new ones unsynced 'b' over four sectors, as two writes.
SimulatedDisk half_synced(std::uint64_t seed) {
  SimulatedDisk disk(seed);
  disk.write(0, 0, std::string(2048, 'a'));
  disk.sync(0);
  disk.write(0, 0, std::string(1024, 'b'));
  disk.write(0, 1024, std::string(1024, 'c'));
  return disk;
}

std::set<std::string> images_after(Crash mode) {
  std::set<std::string> images;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SimulatedDisk disk = half_synced(seed);
    disk.crash(mode);
    images.insert(disk.contents(0));
  }
  return images;
}

bool whole_sectors(const std::string& image) {
  for (std::size_t at = 0; at < image.size(); at += 512) {
    const std::string_view sector = std::string_view(image).substr(at, 512);
    if (sector.find_first_not_of(sector.front()) != std::string_view::npos) return false;
  }
  return true;
}

const std::string kOld(2048, 'a');
const std::string kNew = std::string(1024, 'b') + std::string(1024, 'c');

}  // namespace

TEST_CASE("reads see what was written, also before it is synced") {
  const SimulatedDisk disk = half_synced(1);
  CHECK(disk.contents(0) == kNew);
  CHECK(disk.durable(0) == kOld);
  CHECK(disk.contents(1).empty());
}

TEST_CASE("a killed process loses nothing, and what it did not sync is still not synced") {
  SimulatedDisk disk = half_synced(1);
  disk.crash(Crash::ProcessKill);
  CHECK(disk.contents(0) == kNew);
  disk.crash(Crash::DropAll);
  CHECK(disk.contents(0) == kOld);
}

TEST_CASE("power loss keeps all, nothing, or what its mode says") {
  CHECK(images_after(Crash::KeepAll) == std::set{kNew});
  CHECK(images_after(Crash::DropAll) == std::set{kOld});
  const auto sectors = images_after(Crash::RandomSectors);
  CHECK(sectors.size() == 16);
  CHECK(std::ranges::all_of(sectors, whole_sectors));
  const auto torn = images_after(Crash::TornSectors);
  CHECK_FALSE(std::ranges::all_of(torn, whole_sectors));
  const auto writes = images_after(Crash::Reordered);
  CHECK(writes.size() == 4);
}

TEST_CASE("reordered writes leave a later one below an earlier one") {
  std::set<std::string> images;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedDisk disk(seed);
    disk.write(0, 0, "aaaa");
    disk.write(0, 0, "bbb");
    disk.crash(Crash::Reordered);
    images.insert(disk.contents(0));
  }
  CHECK(images == std::set<std::string>{"", "bbb", "aaaa", "bbba"});
}

TEST_CASE("a synced write survives everything, one of another file not") {
  for (const Crash mode : kCrashes) {
    SimulatedDisk disk = half_synced(9);
    disk.write(1, 3, "x");
    disk.sync(0);
    disk.crash(mode);
    CHECK(disk.contents(0) == kNew);
    if (mode == Crash::DropAll) CHECK(disk.contents(1).empty());
  }
}

TEST_CASE(
    "a page that is written again and again is pending once, sometimes written back between") {
  std::set<std::string> images;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedDisk disk(seed);
    for (char c = 'a'; c <= 'd'; ++c) disk.write(0, 0, std::string(1, c));
    disk.crash(Crash::RandomSectors);
    images.insert(disk.contents(0));
  }
  CHECK(images == std::set<std::string>{"", "a", "b", "c", "d"});
}

TEST_CASE("a failed sync counts pages as clean: the next one succeeds without them") {
  for (const SyncFault fault :
       {SyncFault::PagesDropped, SyncFault::PagesKept, SyncFault::PagesKeptUntilEvicted}) {
    std::set<bool> complete;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      SimulatedDisk disk = half_synced(seed);
      disk.fail_syncs(0, fault);
      CHECK_THROWS_AS(disk.sync(0), IoError);
      CHECK((disk.contents(0) == kNew) ==
            (fault != SyncFault::PagesDropped || disk.durable(0) == kNew));
      disk.sync(0);
      complete.insert(disk.durable(0) == kNew);
      disk.crash(Crash::ProcessKill);
      CHECK((disk.contents(0) == kNew) ==
            (fault == SyncFault::PagesKept || disk.durable(0) == kNew));
    }
    CHECK(complete == std::set{false, true});
  }
}

TEST_CASE("a failed write leaves a prefix, and the disk goes on") {
  SimulatedDisk disk(4);
  disk.write(0, 0, "old");
  disk.fail_writes(1, WriteFault::NoSpace);
  disk.write(0, 0, "new");
  CHECK_THROWS_WITH_AS(disk.write(0, 3, "abcdef"),
                       "simulated disk: write failed: no space left on device", IoError);
  CHECK(std::string("newabcdef").starts_with(disk.contents(0)));
  CHECK(disk.contents(0) != "newabcdef");
  disk.write(0, 3, "abcdef");
  CHECK(disk.contents(0) == "newabcdef");
}

TEST_CASE(
    "a full disk takes what fits, is full for the next process too, and goes on with the space") {
  SimulatedDisk disk(4);
  disk.write(0, 0, "old");
  disk.set_capacity(disk.bytes() + 2);
  disk.write(0, 0, "new");
  CHECK_THROWS_WITH_AS(disk.write(0, 3, "abcd"),
                       "simulated disk: write failed: no space left on device", IoError);
  CHECK(disk.contents(0) == "newab");
  disk.crash(Crash::ProcessKill);
  CHECK_THROWS_AS(disk.write(1, 0, "x"), IoError);
  CHECK(disk.contents(1).empty());
  disk.truncate(0, 4);
  disk.write(1, 0, "x");
  CHECK_THROWS_AS(disk.write(2, 1, "x"), IoError);  // the gap before it takes space
  disk.set_capacity(SimulatedDisk::kUnlimited);
  disk.write(2, 1, "x");
  CHECK(disk.bytes() == 7);
}

TEST_CASE("a full disk that never writes in place takes no overwrite either") {
  SimulatedDisk disk(4);
  disk.write(0, 0, "old");
  disk.set_capacity(disk.bytes(), true);
  CHECK_THROWS_AS(disk.write(0, 0, "new"), IoError);
  CHECK(disk.contents(0) == "old");
  disk.set_capacity(disk.bytes() + 1, true);
  CHECK_THROWS_AS(disk.write(0, 0, "new"), IoError);
  CHECK(disk.contents(0) == "nld");
}

TEST_CASE("a machine that stops does so at the operation asked for, and at all later ones") {
  for (std::uint64_t after = 0; after < 6; ++after) {
    CAPTURE(after);
    SimulatedDisk disk(after);
    disk.stop_after(after);
    std::uint64_t done = 0;
    try {
      disk.write(0, 0, "one");
      ++done;
      disk.truncate(0, 2);
      ++done;
      disk.sync(0);
      done += 2;
      disk.write(0, 0, "two");
      ++done;
    } catch (const DiskStopped&) {
    }
    CHECK(done == (after == 3 ? 2 : std::min<std::uint64_t>(after, 5)));
    if (after < 5) {
      CHECK(disk.stopped());
      CHECK_THROWS_AS(disk.write(0, 0, "three"), DiskStopped);
    }
    // Behind the sync: durable, though nobody was told.
    if (after == 3) CHECK(disk.durable(0) == "on");
    disk.crash(Crash::KeepAll);
    CHECK_FALSE(disk.stopped());
    disk.write(0, 0, "three");
  }
}

TEST_CASE("the same seed gives the same disk") {
  const auto image = [](std::uint64_t seed) {
    SimulatedDisk disk = half_synced(seed);
    disk.crash(Crash::TornSectors);
    return disk.contents(0);
  };
  CHECK(image(3) == image(3));
  CHECK(image(3) != image(4));
}

TEST_CASE("a flipped bit is one bit, in the cache and on the disk; files and bytes must exist") {
  SimulatedDisk disk(1);
  disk.write(2, 0, "abc");
  disk.sync(2);
  disk.flip_bit(2, 1, 0);
  CHECK(disk.contents(2) == "acc");
  CHECK(disk.durable(2) == "acc");
  CHECK_THROWS_AS(disk.flip_bit(2, 3, 0), InvalidArgument);
  CHECK_THROWS_AS(disk.write(SimulatedDisk::kFiles, 0, "x"), InvalidArgument);
}
