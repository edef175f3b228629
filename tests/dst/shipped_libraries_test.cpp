// The deliberate bugs exist in the simulator only: no library of the build, and so none that is
// installed, holds the name of one or the function that switches them.
#include "mutants/mutants.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using namespace durasim;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> libraries() {
  const char* list = std::getenv("DURASIM_LIBRARIES");
  REQUIRE(list != nullptr);
  std::vector<std::string> paths;
  std::istringstream stream(list);
  for (std::string path; std::getline(stream, path, ':');) paths.push_back(path);
  return paths;
}

}  // namespace

TEST_CASE("no library holds a mutant's name, this program holds them all") {
  const std::string self = content_of("/proc/self/exe");
  REQUIRE(libraries().size() >= 7);
  for (const std::string& path : libraries()) {
    CAPTURE(path);
    const std::string library = content_of(path);
    CHECK(library.find("select_mutant") == std::string::npos);
    for (const MutantInfo& info : all_mutants()) {
      CAPTURE(info.name);
      CHECK(library.find(info.name) == std::string::npos);
      CHECK(self.find(info.name) != std::string::npos);
    }
  }
}
