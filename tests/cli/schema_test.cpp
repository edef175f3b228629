// The documented JSON schemas against real output, and the list of codes against the library's.
#include "durasim/core/files.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/sim/verdict.hpp"

#include "cli/run_cli.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>

namespace json = boost::json;
using durasim_test::run_cli;
using durasim_test::TemporaryFolder;

namespace {

bool has_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_bool();
  return type == "null" && value.is_null();
}

// The part of JSON Schema that docs/*.schema.json use: type, properties, required,
// additionalProperties, items, minItems, maxItems, enum.
void validate(const json::value& value, const json::object& schema, const std::string& path) {
  CAPTURE(path);
  if (const auto* type = schema.if_contains("type")) {
    bool matches = type->is_string() && has_type(value, type->as_string());
    if (type->is_array()) {
      for (const auto& t : type->as_array()) matches = matches || has_type(value, t.as_string());
    }
    CHECK(matches);
  }
  if (const auto* allowed = schema.if_contains("enum")) {
    bool found = false;
    for (const auto& a : allowed->as_array()) found = found || a == value;
    CHECK(found);
  }
  if (value.is_array()) {
    const auto& array = value.as_array();
    if (const auto* n = schema.if_contains("minItems"))
      CHECK(array.size() >= n->to_number<std::size_t>());
    if (const auto* n = schema.if_contains("maxItems"))
      CHECK(array.size() <= n->to_number<std::size_t>());
    if (const auto* items = schema.if_contains("items")) {
      for (std::size_t i = 0; i < array.size(); ++i)
        validate(array[i], items->as_object(), path + "/" + std::to_string(i));
    }
  }
  if (!value.is_object()) return;
  const auto* properties = schema.if_contains("properties");
  const auto* additional = schema.if_contains("additionalProperties");
  for (const auto& [key, member] : value.as_object()) {
    const json::value* known =
        properties != nullptr ? properties->as_object().if_contains(key) : nullptr;
    const std::string place = path + "/" + std::string(key);
    CAPTURE(place);
    if (known != nullptr)
      validate(member, known->as_object(), place);
    else if (additional != nullptr && additional->is_object())
      validate(member, additional->as_object(), place);
    else
      CHECK(additional != nullptr);  // a member that the schema does not know
  }
  if (const auto* required = schema.if_contains("required")) {
    for (const auto& name : required->as_array())
      CHECK(value.as_object().contains(name.as_string()));
  }
}

json::object schema(const char* name) {
  const auto bytes = durasim::read_file(std::string(DURASIM_DOCS) + "/" + name);
  return json::parse(durasim::as_text(bytes)).as_object();
}

std::string two_cubes() {
  std::string text;
  for (const char* name : {"a", "b"}) {
    text += std::string("o ") + name + "\n";
    for (const char* v :
         {"0 0 0", "10 0 0", "0 10 0", "10 10 0", "0 0 10", "10 0 10", "0 10 10", "10 10 10"}) {
      text += std::string("v ") + v + "\n";
    }
    text +=
        "f -8 -6 -5 -7\nf -4 -3 -1 -2\nf -8 -7 -3 -4\nf -6 -2 -1 -5\nf -8 -4 -2 -6\nf -7 -5 -1 "
        "-3\n";
  }
  return text;
}

}  // namespace

TEST_CASE("results and inspections follow their schemas") {
  const TemporaryFolder folder;
  durasim::write_file(folder.file("cubes.obj"), durasim::as_bytes(two_cubes()));
  const json::object result = schema("result.schema.json");
  const json::object inspection = schema("inspect.schema.json");
  const std::vector<std::string> good{folder.file("cubes.obj"), "--unit", "mm", "--json"};
  const std::vector<std::string> bad{folder.file("cubes.obj"), "--json"};
  for (const auto& arguments : {good, bad}) {
    std::vector<std::string> simulate{"simulate"};
    simulate.insert(simulate.end(), arguments.begin(), arguments.end());
    simulate.insert(simulate.end(), {"--duration", "0.1", "--size", "320x240", "--quality", "draft",
                                     "--out", folder.file("out")});
    validate(run_cli(simulate).json(), result, "");
    if (run_cli({"simulate", "--help"}).out.find("--durable") != std::string::npos) {
      simulate.insert(simulate.end(), {"--durable", "--store", folder.file("x.db")});
      const json::object durable = run_cli(simulate).json();
      validate(durable, result, "");
      CHECK(durable.at("workflow_id").as_string().starts_with("simulation-"));
    }
    std::vector<std::string> inspect{"inspect"};
    inspect.insert(inspect.end(), arguments.begin(), arguments.end());
    validate(run_cli(inspect).json(), inspection, "");
  }
}

TEST_CASE("docs/codes.md explains every code") {
  const auto bytes = durasim::read_file(std::string(DURASIM_DOCS) + "/codes.md");
  const std::string text(durasim::as_text(bytes));
  for (int i = 0;; ++i) {
    const std::string name(to_string(static_cast<durasim::geometry::ProblemCode>(i)));
    if (name == "UNKNOWN") break;
    CAPTURE(name);
    CHECK(text.find("`" + name + "`") != std::string::npos);
  }
  using durasim::sim::ReasonCode;
  for (const ReasonCode code :
       {ReasonCode::Stable, ReasonCode::GoalReached, ReasonCode::Timeout, ReasonCode::ForbidZoneHit,
        ReasonCode::OutOfBounds, ReasonCode::PhysicsInstability, ReasonCode::MotorOverload,
        ReasonCode::InvalidGeometry}) {
    CHECK(text.find("`" + std::string(to_string(code)) + "`") != std::string::npos);
  }
}
