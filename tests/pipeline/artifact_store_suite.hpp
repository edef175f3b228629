// What every artifact store must do, wherever it keeps the contents.
#pragma once

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/pipeline/artifact_store.hpp"

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace durasim_test {

struct StoreUnderTest {
  // Another store over the same place, as of another process.
  std::function<std::unique_ptr<durasim::pipeline::ArtifactStore>()> open;
  // Changes what is kept, behind the store's back.
  std::function<void(const durasim::pipeline::Artifact&, std::string_view)> overwrite;
  std::function<std::size_t()> count;  // of contents
};

inline void check_kept_once(const StoreUnderTest& kept) {
  const TemporaryFolder folder;
  const auto store = kept.open();
  const durasim::pipeline::Artifact first = store->put("a.txt", durasim::as_bytes("a content"));
  CHECK(first.name == "a.txt");
  CHECK(first.sha256 == durasim::sha256_hex(durasim::as_bytes("a content")));
  CHECK(first.size == 9);
  durasim::write_file(folder.file("b.txt"), durasim::as_bytes("a content"));
  CHECK(store->put_file("a.txt", folder.file("b.txt")) == first);
  const auto again = kept.open();
  CHECK(again->put("a.txt", durasim::as_bytes("a content")) == first);
  CHECK(kept.count() == 1);
  CHECK(durasim::as_text(again->get(first)) == "a content");
  again->get_file(first, folder.file("copy.txt"));
  CHECK(durasim::as_text(durasim::read_file(folder.file("copy.txt"))) == "a content");
  CHECK(store->url(first) == again->url(first));
  CHECK(store->url(first).ends_with("/" + durasim::pipeline::place_of(first)));

  const durasim::pipeline::Artifact empty = store->put("empty", {});
  CHECK(again->get(empty).empty());
  CHECK(kept.count() == 2);
}

inline void check_refusals(const StoreUnderTest& kept) {
  const TemporaryFolder folder;
  const auto store = kept.open();
  const durasim::pipeline::Artifact first = store->put("a.txt", durasim::as_bytes("a content"));
  CHECK_THROWS_AS((void)store->get(first, 3), durasim::LimitError);
  CHECK_THROWS_AS(store->put_file("a.txt", folder.file("missing")), durasim::IoError);
  CHECK_THROWS_AS(store->get_file(first, folder.file("missing/a.txt")), durasim::IoError);
  durasim::pipeline::Artifact other = first;
  other.sha256 = std::string(64, '0');
  CHECK_THROWS_WITH_AS((void)store->get(other), doctest::Contains("a.txt"),
                       durasim::pipeline::ArtifactNotFound);
  CHECK_THROWS_AS(store->get_file(other, folder.file("x")), durasim::pipeline::ArtifactNotFound);
  other.sha256 = "../../../etc/passwd";
  CHECK_THROWS_AS((void)store->get(other), durasim::InvalidArgument);
  CHECK_THROWS_AS((void)store->url(other), durasim::InvalidArgument);
  kept.overwrite(first, "A content");
  CHECK_THROWS_WITH_AS((void)store->get(first), doctest::Contains("damaged"), durasim::FormatError);
  CHECK_THROWS_AS(store->get_file(first, folder.file("x")), durasim::FormatError);
  CHECK(std::filesystem::is_empty(folder.path()));
}

inline void check_names(const StoreUnderTest& kept) {
  const auto store = kept.open();
  CHECK(store->url(store->put("../x/../evil.mp4", durasim::as_bytes("1"))).ends_with(".mp4"));
  CHECK(store->url(store->put("evil.m/../../p4", durasim::as_bytes("2"))).find("..") ==
        std::string::npos);
  CHECK(kept.count() == 2);
}

}  // namespace durasim_test
