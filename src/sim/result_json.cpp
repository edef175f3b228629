// Results as JSON. The one place that knows the names of docs/result.schema.json and
// docs/inspect.schema.json.
#include "durasim/sim/result.hpp"

#include "core/utf8.hpp"

#include <boost/json.hpp>

#include <cmath>
#include <string_view>

namespace durasim::inline v0::sim {
namespace {

namespace json = boost::json;

// JSON has no infinity: what is not a finite number is null.
json::value number(double value) {
  return std::isfinite(value) ? json::value(value) : json::value(nullptr);
}

json::array triple(const geometry::Vec3& v) {
  return {number(v.x), number(v.y), number(v.z)};
}

// JSON is UTF-8; names of files and of parts from code need not be.
json::value utf8_text(std::string_view any) {
  return json::value(to_utf8(any));
}

json::value text_or_null(const std::string& any) {
  return any.empty() ? json::value(nullptr) : utf8_text(any);
}

json::object texts(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [key, value] : map) object[to_utf8(key)] = utf8_text(value);
  return object;
}

json::object problem(const geometry::Problem& p) {
  return {{"part", utf8_text(p.part)},
          {"code", utf8_text(to_string(p.code))},
          {"message", utf8_text(p.message)}};
}

json::array problems(const std::vector<geometry::Problem>& all, geometry::Severity severity) {
  json::array array;
  for (const geometry::Problem& p : all) {
    if (p.severity == severity) array.push_back(problem(p));
  }
  return array;
}

json::object metrics(const Metrics& m) {
  return {{"sim_time_s", number(m.sim_time.count())},
          {"steps", m.steps},
          {"energy_j", number(m.energy_j)},
          {"max_speed_m_s", number(m.max_speed_m_s)},
          {"max_contact_force_n", number(m.max_contact_force_n)},
          {"max_penetration_m", number(m.max_penetration_m)},
          {"max_kinetic_energy_j", number(m.max_kinetic_energy_j)},
          {"max_contacts", m.max_contacts}};
}

json::object part(const PartReport& p) {
  const geometry::SymMat3& i = p.inertia_kg_m2;
  json::array warnings;
  for (const std::string& w : p.warnings) warnings.push_back(utf8_text(w));
  return {{"name", utf8_text(p.name)},
          {"path", utf8_text(p.path)},
          {"fixed", p.fixed},
          {"material", utf8_text(p.material)},
          {"volume_m3", number(p.volume_m3)},
          {"mass_kg", number(p.mass_kg)},
          {"com_m", triple(p.com_m)},
          {"inertia_kg_m2",
           {number(i.xx), number(i.yy), number(i.zz), number(i.xy), number(i.xz), number(i.yz)}},
          {"property_error", number(p.property_error)},
          {"collision", p.collision},
          {"collision_volume_ratio", number(p.collision_volume_ratio)},
          {"warnings", std::move(warnings)}};
}

}  // namespace

std::string to_json(const SimulationResult& r) {
  json::object reason{{"code", utf8_text(to_string(r.verdict.code))},
                      {"detail", utf8_text(r.verdict.detail)},
                      {"time_s", number(r.verdict.time.count())}};
  json::object provenance{{"versions", texts(r.provenance.versions)},
                          {"input_sha256", text_or_null(r.provenance.input_sha256)},
                          {"mjcf_sha256", text_or_null(r.provenance.mjcf_sha256)},
                          {"seed", r.provenance.seed},
                          {"fingerprint", r.provenance.fingerprint}};
  json::object object{{"outcome", utf8_text(to_string(r.verdict.outcome))},
                      {"reason", std::move(reason)},
                      {"metrics", metrics(r.metrics)},
                      {"artifact_urls", texts(r.artifact_urls)},
                      {"video_url", text_or_null(r.video_url.value_or(""))},
                      {"missing", texts(r.missing)},
                      {"final_state_hash", text_or_null(r.final_state_hash)},
                      {"errors", problems(r.problems, geometry::Severity::Error)},
                      {"warnings", problems(r.problems, geometry::Severity::Warning)},
                      {"provenance", std::move(provenance)}};
  return json::serialize(object);
}

std::string inspect_json(const Assembly& assembly, const BuiltScene& scene) {
  json::array parts;
  for (const PartReport& p : scene.parts) parts.push_back(part(p));
  json::object object{{"parts", std::move(parts)},
                      {"errors", problems(scene.problems, geometry::Severity::Error)},
                      {"warnings", problems(scene.problems, geometry::Severity::Warning)},
                      {"unit", assembly.unit()}};
  return json::serialize(object);
}

std::string error_json(const std::string& message) {
  return json::serialize(json::object{{"error", utf8_text(message)}});
}

}  // namespace durasim::inline v0::sim
