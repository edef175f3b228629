// Contents under their hash: repeated writes, damage, foreign references, who may read.
#include "durasim/pipeline/artifact_store.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>

using namespace durasim;
using namespace durasim::pipeline;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kText = "a content";

std::ptrdiff_t files_in(const std::string& folder) {
  const fs::recursive_directory_iterator all(folder);
  return std::ranges::count_if(all, [](const auto& entry) { return entry.is_regular_file(); });
}

std::string path_of(const std::string& url) {
  return url.substr(std::string_view("file://").size());
}

}  // namespace

TEST_CASE("a content is kept once under its hash, whoever brings it and how often") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore store(folder.file("artifacts"));
  const Artifact first = store.put("a.txt", as_bytes(kText));
  CHECK(first.sha256 == sha256_hex(as_bytes(kText)));
  CHECK(first.size == kText.size());
  write_file(folder.file("b.txt"), as_bytes(kText));
  CHECK(store.put_file("a.txt", folder.file("b.txt")) == first);
  FileArtifactStore again(folder.file("artifacts"));
  CHECK(again.put("a.txt", as_bytes(kText)) == first);
  CHECK(files_in(folder.file("artifacts")) == 1);
  CHECK(as_text(again.get(first)) == kText);
  again.get_file(first, folder.file("copy.txt"));
  CHECK(as_text(read_file(folder.file("copy.txt"))) == kText);
  CHECK(as_text(read_file(path_of(store.url(first)))) == kText);
  CHECK(store.url(first).ends_with(".txt"));
}

TEST_CASE("only the owner may read what is kept") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore store(folder.file("artifacts"));
  const std::string path = path_of(store.url(store.put("a", as_bytes(kText))));
  const auto others = fs::perms::group_all | fs::perms::others_all;
  CHECK((fs::status(path).permissions() & others) == fs::perms::none);
  CHECK((fs::status(folder.file("artifacts")).permissions() & others) == fs::perms::none);
}

TEST_CASE("what is missing, damaged, too large or no reference at all is refused") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore store(folder.file("artifacts"));
  const Artifact kept = store.put("a.txt", as_bytes(kText));
  CHECK_THROWS_AS((void)store.get(kept, 3), LimitError);
  Artifact other = kept;
  other.sha256 = std::string(64, '0');
  CHECK_THROWS_WITH_AS((void)store.get(other), doctest::Contains("a.txt"), UnavailableError);
  CHECK_THROWS_AS(store.get_file(other, folder.file("x")), UnavailableError);
  other.sha256 = "../../../etc/passwd";
  CHECK_THROWS_AS((void)store.get(other), InvalidArgument);
  write_file(path_of(store.url(kept)), as_bytes("another1"));
  CHECK_THROWS_AS((void)store.get(kept), FormatError);
  CHECK_THROWS_AS(store.get_file(kept, folder.file("x")), FormatError);
  CHECK_FALSE(fs::exists(folder.file("x")));
}

TEST_CASE("what a death left half-written is removed by the next one that opens the store") {
  const durasim_test::TemporaryFolder folder;
  {
    const FileArtifactStore first(folder.file("artifacts"));
  }
  write_file(folder.file("artifacts/tmp/half"), as_bytes(kText));
  const FileArtifactStore second(folder.file("artifacts"));
  CHECK(files_in(folder.file("artifacts")) == 0);
}

TEST_CASE("a name brings along its ending and nothing else") {
  const durasim_test::TemporaryFolder folder;
  FileArtifactStore store(folder.file("artifacts"));
  CHECK(store.url(store.put("../x/../evil.mp4", as_bytes("1"))).ends_with(".mp4"));
  CHECK(store.url(store.put("evil.m/../../p4", as_bytes("2"))).find("..") == std::string::npos);
  CHECK(files_in(folder.file("artifacts")) == 2);
}
