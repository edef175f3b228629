// Reading is bounded; writing leaves the whole new file or the old one, and no temporary file.
#include "durasim/core/files.hpp"

#include "durasim/core/error.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using durasim::as_bytes;
using durasim::as_text;
using durasim::PendingFile;
using durasim::read_file;
using durasim::write_file;
namespace fs = std::filesystem;

namespace {

// A folder of its own for one case, removed with all that lies in it.
class Folder {
 public:
  Folder() : path_((fs::temp_directory_path() / "durasim-files-XXXXXX").string()) {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(path_), fs::directory_iterator());
  }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("a file reads back as it was written") {
  const Folder folder;
  std::string text(200'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65'535},
                                 std::size_t{65'536}, std::size_t{65'537}, text.size()}) {
    const std::string part = text.substr(0, size);
    write_file(folder / "a", as_bytes(part));
    CHECK(as_text(read_file(folder / "a")) == part);
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file larger than the limit is refused, one of exactly the limit is read") {
  const Folder folder;
  write_file(folder / "a", as_bytes("12345"));
  CHECK(read_file(folder / "a", 5).size() == 5);
  CHECK_THROWS_AS((void)read_file(folder / "a", 4), durasim::LimitError);
}

TEST_CASE("the limit also holds for a file that does not tell its size") {
  CHECK(!read_file("/proc/self/status").empty());
  CHECK_THROWS_AS((void)read_file("/proc/self/status", 100), durasim::LimitError);
  CHECK_THROWS_AS((void)read_file("/dev/zero", 100'000), durasim::LimitError);
}

TEST_CASE("a missing file and a folder are errors that name the path") {
  const Folder folder;
  CHECK_THROWS_WITH_AS((void)read_file(folder / "none.step"), doctest::Contains("none.step"),
                       durasim::IoError);
  CHECK_THROWS_WITH_AS((void)read_file(folder / "."), doctest::Contains("folder"),
                       durasim::IoError);
}

TEST_CASE("writing into a folder that is not there names the path and leaves nothing") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(write_file(folder / "no/a.txt", as_bytes("x")),
                       doctest::Contains("no/a.txt"), durasim::IoError);
  CHECK(folder.entries() == 0);
}

TEST_CASE("a failed replacement keeps the old file and leaves no temporary one") {
  const Folder folder;
  fs::create_directory(folder / "taken");  // a file cannot be renamed over a folder
  CHECK_THROWS_AS(write_file(folder / "taken", as_bytes("x")), durasim::IoError);
  CHECK(fs::is_directory(folder / "taken"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("a reader sees the old file or the new one, never a part") {
  const Folder folder;
  const std::string old_text(300'000, 'o');
  const std::string new_text(200'000, 'n');
  write_file(folder / "a", as_bytes(old_text));
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      write_file(folder / "a", as_bytes(new_text));
      write_file(folder / "a", as_bytes(old_text));
    }
  });
  for (int i = 0; i < 200; ++i) {
    const auto bytes = read_file(folder / "a");
    const bool whole = as_text(bytes) == old_text || as_text(bytes) == new_text;
    CHECK(whole);
  }
}

TEST_CASE("a pending file that is not committed leaves nothing under either name") {
  const Folder folder;
  {
    const PendingFile pending(folder / "video.mp4");
    write_file(pending.path(), as_bytes("half a video"));
    CHECK(folder.entries() == 1);
    CHECK(!fs::exists(folder / "video.mp4"));
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("a committed file has its final name only, and replaces what was there") {
  const Folder folder;
  write_file(folder / "video.mp4", as_bytes("old"));
  PendingFile pending(folder / "video.mp4");
  CHECK(pending.path().ends_with(".mp4"));  // encoders choose the container by it
  CHECK(fs::path(pending.path()).parent_path() == fs::path(folder / "video.mp4").parent_path());
  write_file(pending.path(), as_bytes("new"));
  CHECK(as_text(read_file(folder / "video.mp4")) == "old");
  pending.commit();
  CHECK(as_text(read_file(folder / "video.mp4")) == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a moved pending file belongs to its new owner alone") {
  const Folder folder;
  {
    std::optional<PendingFile> first(folder / "a");
    write_file(first->path(), as_bytes("x"));
    PendingFile second(std::move(*first));
    first.reset();
    CHECK(folder.entries() == 1);
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("committing a file that nobody wrote is an error that names the final path") {
  const Folder folder;
  PendingFile pending(folder / "video.mp4");
  CHECK_THROWS_WITH_AS(pending.commit(), doctest::Contains("video.mp4"), durasim::IoError);
}
