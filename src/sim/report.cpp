// The Markdown report of a run.
#include "durasim/sim/result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace durasim::inline v0::sim {
namespace {

class Report {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void list(std::string_view title, const std::vector<std::string>& items) {
    if (items.empty()) return;
    line("\n## {}\n", title);
    for (const std::string& item : items) line("- {}", item);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// A '|' would end a cell of the table.
std::string cell(std::string text) {
  std::replace(text.begin(), text.end(), '|', '/');
  return text;
}

void write_metrics(Report& report, const Metrics& m) {
  report.line("\n## Metrics\n");
  report.line("| metric | value |\n| --- | --- |");
  report.line("| simulated time | {:.4g} s in {} steps |", m.sim_time.count(), m.steps);
  report.line("| largest speed | {:.4g} m/s |", m.max_speed_m_s);
  report.line("| largest kinetic energy | {:.4g} J |", m.max_kinetic_energy_j);
  report.line("| work of the actuators | {:.4g} J |", m.energy_j);
  report.line("| largest contact force | {:.4g} N |", m.max_contact_force_n);
  report.line("| deepest contact | {:.4g} mm |", 1e3 * m.max_penetration_m);
  report.line("| most contacts at once | {} |", m.max_contacts);
}

void write_parts(Report& report, const std::vector<PartReport>& parts) {
  if (parts.empty()) return;
  report.line("\n## Parts\n");
  report.line(
      "| part | material | mass | moves | collides as | volume ratio |\n| --- | --- | --- | --- | "
      "--- | --- |");
  for (const PartReport& p : parts) {
    report.line("| {} | {} | {:.4g} kg | {} | {} | {:.3g} |", cell(p.name), p.material, p.mass_kg,
                p.fixed ? "fixed" : "free", p.collision, p.collision_volume_ratio);
  }
}

}  // namespace

std::string to_markdown(const SimulationResult& r, const std::string& name) {
  Report report;
  report.line("# {}: {}\n", name, to_string(r.verdict.outcome));
  report.line("**{}** at {:.4g} s: {}", to_string(r.verdict.code), r.verdict.time.count(),
              r.verdict.detail);
  if (!r.final_state_hash.empty()) write_metrics(report, r.metrics);
  write_parts(report, r.parts);
  std::vector<std::string> problems;
  problems.reserve(r.problems.size());
  for (const geometry::Problem& p : r.problems) problems.push_back(describe(p));
  report.list("Problems", problems);
  report.list("Warnings of MuJoCo", r.warnings);
  report.list("How the scene was set up", r.notes);
  std::vector<std::string> artifacts;
  artifacts.reserve(r.artifact_urls.size() + r.missing.size());
  for (const auto& [key, url] : r.artifact_urls)
    artifacts.push_back(fmt::format("{}: <{}>", key, url));
  for (const auto& [key, why] : r.missing)
    artifacts.push_back(fmt::format("{}: missing ({})", key, why));
  report.list("Artifacts", artifacts);
  std::vector<std::string> provenance;
  provenance.reserve(r.provenance.versions.size() + 5);
  for (const auto& [key, version] : r.provenance.versions)
    provenance.push_back(fmt::format("{} {}", key, version));
  provenance.push_back(fmt::format("seed {}", r.provenance.seed));
  const auto hash = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) provenance.push_back(fmt::format("{} `{}`", what, value));
  };
  hash("input SHA-256", r.provenance.input_sha256);
  hash("MJCF SHA-256", r.provenance.mjcf_sha256);
  hash("final state", r.final_state_hash);
  hash("machine", r.provenance.fingerprint);
  report.list("Provenance", provenance);
  return report.take();
}

}  // namespace durasim::inline v0::sim
