// The storm of log_store_test.cpp finds each deliberate bug of the store within a few seeds, and no
// shipped library holds the switch. This program compiles copies of the store's sources with the
// switch on.
#include "mutants/mutants.hpp"
#include "testing/log_store_storm.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace durasim;
using namespace durasim::testing;

namespace {

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("without a mutant these copies weather the storm") {
  select_mutant(std::nullopt);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    REQUIRE(Storm(seed).run(40).value_or("") == "");
  }
}

TEST_CASE("each mutant of the store is found") {
  for (const MutantInfo& info : all_mutants()) {
    if (!info.name.starts_with("store-")) continue;
    select_mutant(info.id);
    std::uint64_t seed = 1;
    std::optional<std::string> found;
    while (seed <= 200 && !(found = Storm(seed).run(40))) ++seed;
    select_mutant(std::nullopt);
    CAPTURE(info.name);
    CHECK(found.has_value());
    MESSAGE(info.name << ": seed " << seed << ": " << found.value_or("not found"));
  }
}

TEST_CASE("no shipped library holds a mutant's name, this program holds them all") {
  const std::string self = content_of("/proc/self/exe");
  for (const char* path : {DURASIM_STORE_LIBRARY, DURASIM_TESTING_LIBRARY}) {
    const std::string library = content_of(path);
    CHECK(library.find("select_mutant") == std::string::npos);
    for (const MutantInfo& info : all_mutants()) {
      CAPTURE(info.name);
      CHECK(library.find(info.name) == std::string::npos);
      CHECK(self.find(info.name) != std::string::npos);
    }
  }
}
