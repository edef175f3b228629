// Contents under their hash in a folder: what every store must do, who may read, what a death
// leaves.
#include "durasim/pipeline/artifact_store.hpp"

#include "durasim/core/files.hpp"

#include "pipeline/artifact_store_suite.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

using namespace durasim;
using namespace durasim::pipeline;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const std::string& folder) {
  const fs::recursive_directory_iterator all(folder);
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [](const auto& entry) { return entry.is_regular_file(); }));
}

std::string path_of(const std::string& url) {
  return url.substr(std::string_view("file://").size());
}

durasim_test::StoreUnderTest store_in(const std::string& root) {
  return {.open = [root] { return std::make_unique<FileArtifactStore>(root); },
          .overwrite =
              [root](const Artifact& artifact, std::string_view content) {
                write_file(root + "/" + place_of(artifact), as_bytes(content));
              },
          .count = [root] { return files_in(root); }};
}

ino_t inode_of(const std::string& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_ino;
}

std::set<ino_t> synced;

}  // namespace

// The program's own is what every library in it calls.
extern "C" int fsync(int fd) {
  struct stat info{};
  if (::fstat(fd, &info) == 0) synced.insert(info.st_ino);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

TEST_CASE("a content is kept once under its hash, whoever brings it and how often") {
  const durasim_test::TemporaryFolder folder;
  durasim_test::check_kept_once(store_in(folder.file("artifacts")));
}

TEST_CASE("what is missing, damaged, too large or no reference at all is refused") {
  const durasim_test::TemporaryFolder folder;
  durasim_test::check_refusals(store_in(folder.file("artifacts")));
}

TEST_CASE("a name brings along its ending and nothing else") {
  const durasim_test::TemporaryFolder folder;
  durasim_test::check_names(store_in(folder.file("artifacts")));
}

TEST_CASE("only the owner may read what is kept, at its URL") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore store(folder.file("artifacts"));
  const std::string path = path_of(store.url(store.put("a", as_bytes("a content"))));
  CHECK(as_text(read_file(path)) == "a content");
  const auto others = fs::perms::group_all | fs::perms::others_all;
  CHECK((fs::status(path).permissions() & others) == fs::perms::none);
  CHECK((fs::status(folder.file("artifacts")).permissions() & others) == fs::perms::none);
}

TEST_CASE("a content that is damaged is replaced by the good one when it is put again") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore store(folder.file("artifacts"));
  const Artifact kept = store.put("a.txt", as_bytes("a content"));
  for (const char* damaged : {"a Content", "a cont", ""}) {
    write_file(path_of(store.url(kept)), as_bytes(damaged));
    CHECK_THROWS_AS((void)store.get(kept), FormatError);
    CHECK_FALSE(store.whole_file(kept));
    CHECK(store.put("a.txt", as_bytes("a content")) == kept);
    CHECK(as_text(store.get(kept)) == "a content");
    CHECK(store.whole_file(kept) == path_of(store.url(kept)));
  }
  CHECK(files_in(folder.file("artifacts")) == 1);
}

TEST_CASE("a name that was given by a process that died before it was durable is made so") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore store(folder.file("artifacts"));
  const Artifact kept = store.put("a.txt", as_bytes("a content"));
  synced.clear();
  FileArtifactStore next(folder.file("artifacts"));
  CHECK(next.put("a.txt", as_bytes("a content")) == kept);
  CHECK(synced.contains(inode_of(folder.file("artifacts"))));
  CHECK(synced.contains(inode_of(fs::path(path_of(store.url(kept))).parent_path())));
}

TEST_CASE("what a death left half-written is removed by the next one that opens the store") {
  const durasim_test::TemporaryFolder folder;
  {
    const FileArtifactStore first(folder.file("artifacts"));
  }
  write_file(folder.file("artifacts/tmp/half"), as_bytes("a con"));
  const FileArtifactStore second(folder.file("artifacts"));
  CHECK(files_in(folder.file("artifacts")) == 0);
}
