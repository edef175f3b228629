// The files of a run as an interrupted disk may hold them: whatever is left, the run ends as one
// that nobody touched, and goes on at or after the last checkpoint that was spoken of.
#include "durasim/core/files.hpp"

#include "durable_loop_fixture.hpp"
#include "temporary_folder.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim_test;
namespace fs = std::filesystem;

namespace {

// What a folder holds: names of files, and of each file what was written and what was synced.
class Disk {
 public:
  explicit Disk(std::string folder) : folder_(std::move(folder)) {}

  void synced(int fd) {
    struct stat info{};
    if (::fstat(fd, &info) != 0) return;
    if (S_ISDIR(info.st_mode)) {
      names_ = names_now();
    } else if (info.st_ino != forgotten_) {
      contents_[info.st_ino] = read_file("/proc/self/fd/" + std::to_string(fd));
    }
  }
  // Its syncs do nothing from here on.
  void forget_syncs_of(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) forgotten_ = info.st_ino;
  }

  // One of the states in which a power loss at this moment may leave the folder. Names are those of
  // the last sync or of now; a file's bytes are those of its last sync, those of now, or those of
  // now up to some sector and of its last sync behind it.
  template <class Random>
  void interrupt(const std::string& image, Random& random) const {
    fs::create_directory(image);
    const Names now = names_now();
    for (const auto& [name, file] : random() % 2 == 0 ? names_ : now) {
      const auto synced = contents_.find(file);
      Bytes bytes = synced == contents_.end() ? Bytes() : synced->second;
      if (const Bytes written = current(file, now); !written.empty() && random() % 3 != 0) {
        const std::size_t sectors = written.size() / kSector + 1;
        const std::size_t kept = std::min(written.size(), kSector * (random() % (sectors + 1)));
        bytes.resize(std::max(bytes.size(), kept));
        std::copy_n(written.begin(), kept, bytes.begin());
      }
      write_file(fs::path(image) / name, bytes);
    }
  }

 private:
  static constexpr std::size_t kSector = 512;
  using Names = std::map<std::string, ino_t>;

  [[nodiscard]] Names names_now() const {
    Names names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      struct stat info{};
      if (::stat(entry.path().c_str(), &info) == 0)
        names[entry.path().filename().string()] = info.st_ino;
    }
    return names;
  }
  // Empty: it has no name any more.
  [[nodiscard]] Bytes current(ino_t file, const Names& now) const {
    for (const auto& [name, number] : now)
      if (number == file) return read_file(folder_ + "/" + name);
    return {};
  }

  std::string folder_;
  std::map<ino_t, Bytes> contents_;  // synced
  Names names_;                      // synced
  ino_t forgotten_ = 0;              // whose syncs do nothing
};

// Who hears of syncs; the program's own fsync below is what every library in it calls.
struct Listening {
  std::function<void(int fd)> before, after;
};
Listening* listening = nullptr;

struct Losses {
  std::string folder;
  std::minstd_rand random;
  int rarity = 1;          // one image for so many moments
  bool forgetful = false;  // the recording is never synced
  int images = 0;
  int behind = 0;  // went on before the checkpoint that was spoken of
  int wrong = 0;   // ended elsewhere

  void judge(const std::string& image, std::int64_t spoken_of, const Ended& whole) {
    Runs rest(image);
    rest.interval = Seconds(1e6);  // waiting for this disk shows nothing
    const std::optional<Ended> ended = rest.attempt(kToTheEnd);
    ++images;
    behind += ended->resumed_from < spoken_of ? 1 : 0;
    wrong += ended->hash != whole.hash || ended->recording != whole.recording ? 1 : 0;
    fs::remove_all(image);
  }

  void run() {
    const Ended whole = *Runs(folder + "/whole").attempt(kToTheEnd);
    const std::string path = folder + "/run";
    Disk disk(path);
    std::int64_t spoken_of = 0;
    const auto lose = [&] {
      if (random() % static_cast<unsigned>(rarity) != 0) return;
      Listening* const paused = std::exchange(listening, nullptr);
      const std::string image = folder + "/image";
      disk.interrupt(image, random);
      judge(image, spoken_of, whole);
      listening = paused;
    };
    Listening hearing{.before = [&](int) { lose(); },
                      .after =
                          [&](int fd) {
                            if (forgetful) disk.forget_syncs_of(path + "/trajectory.dstraj");
                            disk.synced(fd);
                            lose();
                          }};
    Runs runs(path);
    runs.told = [&](std::int64_t step) { spoken_of = step; };
    // Several attempts, so that recordings are cut back and written again.
    for (std::optional<Ended> ended; !ended;) {
      listening = &hearing;
      ended = runs.attempt(static_cast<std::int64_t>(200 + random() % 400));
      listening = nullptr;
    }
  }
};

}  // namespace

extern "C" int fsync(int fd) {
  Listening* const hearing = listening;
  if (hearing != nullptr) hearing->before(fd);
  const int result = static_cast<int>(::syscall(SYS_fsync, fd));
  if (hearing != nullptr && result == 0) hearing->after(fd);
  return result;
}

TEST_CASE("images of an interrupted disk: each goes on where it may and ends in the same bytes") {
  const TemporaryFolder folder;
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  Losses losses{.folder = folder.path().string(), .random = std::minstd_rand(seed), .rarity = 4};
  losses.run();
  MESSAGE(losses.images << " images");
  CHECK(losses.images > 30);
  CHECK(losses.behind == 0);
  CHECK(losses.wrong == 0);
}

TEST_CASE("a recording that is not synced before its checkpoint is found by such images") {
  const TemporaryFolder folder;
  Losses losses{.folder = folder.path().string(),
                .random = std::minstd_rand(7),
                .rarity = 4,
                .forgetful = true};
  losses.run();
  CHECK(losses.behind + losses.wrong > 0);
}
