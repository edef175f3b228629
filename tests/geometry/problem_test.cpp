// Problem codes have names that programs can rely on; descriptions name part and remedy.
#include "durasim/geometry/problem.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <set>
#include <string>
#include <vector>

using namespace durasim::geometry;

namespace {

// Every code up to the last one of the enumeration.
std::vector<ProblemCode> all_codes() {
  std::vector<ProblemCode> codes;
  for (int i = 0; i <= static_cast<int>(ProblemCode::NotRepresented); ++i) {
    codes.push_back(static_cast<ProblemCode>(i));
  }
  return codes;
}

}  // namespace

TEST_CASE("every code has a name of its own in upper snake case that reads back") {
  std::set<std::string> names;
  for (const ProblemCode code : all_codes()) {
    const std::string name(to_string(code));
    CAPTURE(name);
    CHECK(parse_problem_code(name) == code);
    for (const char c : name) CHECK((std::isupper(static_cast<unsigned char>(c)) != 0 || c == '_'));
    names.insert(name);
  }
  CHECK(names.size() == all_codes().size());
  CHECK(names.count("UNKNOWN") == 0);
}

TEST_CASE("names that scripts rely on stay as they are") {
  CHECK(to_string(ProblemCode::NoSolid) == "NO_SOLID");
  CHECK(to_string(ProblemCode::UnitRequired) == "UNIT_REQUIRED");
  CHECK(to_string(ProblemCode::PartTooSmall) == "PART_TOO_SMALL");
  CHECK(to_string(ProblemCode::ConcaveAsHull) == "CONCAVE_AS_HULL");
}

TEST_CASE("a text that is no code gives none") {
  for (const char* text : {"", "UNKNOWN", "no_solid", "NO_SOLID "}) {
    CHECK_MESSAGE(!parse_problem_code(text).has_value(), text);
  }
}

TEST_CASE("a description names severity, code, part and message, and leaves out an empty part") {
  CHECK(describe({.severity = Severity::Error,
                  .part = "frame/rib",
                  .code = ProblemCode::NoSolid,
                  .message = "only wires"}) == "ERROR NO_SOLID frame/rib: only wires");
  CHECK(describe({.severity = Severity::Warning,
                  .part = "",
                  .code = ProblemCode::ImplausibleSize,
                  .message = "2 km"}) == "WARNING IMPLAUSIBLE_SIZE: 2 km");
}

TEST_CASE("warnings alone are not errors") {
  const Problem warning{
      .severity = Severity::Warning, .part = "", .code = ProblemCode::MeshReduced, .message = ""};
  const Problem error{
      .severity = Severity::Error, .part = "", .code = ProblemCode::NoSolid, .message = ""};
  CHECK(!has_errors(std::vector<Problem>{}));
  CHECK(!has_errors(std::vector{warning, warning}));
  CHECK(has_errors(std::vector{warning, error}));
}
