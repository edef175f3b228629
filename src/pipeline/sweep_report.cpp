// What all scenes of a sweep say together: counts, quantiles, a table for programs and a report for
// people.
#include "durasim/core/convert.hpp"

#include "pipeline/simulation_steps.hpp"
#include "pipeline/sweep_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

namespace durasim::inline v0::pipeline {
namespace {

struct Column {
  std::string_view name;
  double (*value)(const SceneOutcome&);
};
constexpr std::array kColumns{
    Column{"end_time_s", [](const SceneOutcome& s) { return s.verdict.time.count(); }},
    Column{"energy_j", [](const SceneOutcome& s) { return s.metrics.energy_j; }},
    Column{"max_speed_m_s", [](const SceneOutcome& s) { return s.metrics.max_speed_m_s; }},
    Column{"max_contact_force_n",
           [](const SceneOutcome& s) { return s.metrics.max_contact_force_n; }},
    Column{"max_penetration_m", [](const SceneOutcome& s) { return s.metrics.max_penetration_m; }},
    Column{"max_kinetic_energy_j",
           [](const SceneOutcome& s) { return s.metrics.max_kinetic_energy_j; }},
};

std::vector<SceneOutcome> scenes_of(const SweepSummary& summary, const ArtifactStore& artifacts) {
  std::vector<SceneOutcome> all;
  for (const Artifact& batch : summary.batches) {
    Payload payload = to_payload(0);  // of JSON
    payload.data = as_text(artifacts.get(batch));
    std::ranges::move(from_payload<std::vector<SceneOutcome>>(payload), std::back_inserter(all));
  }
  return all;
}

Quantiles quantiles_of(const std::vector<SceneOutcome>& scenes, const Column& column) {
  std::vector<double> values;
  values.reserve(scenes.size());
  for (const SceneOutcome& scene : scenes) values.push_back(column.value(scene));
  std::ranges::sort(values);
  const auto rank = [&values](double share) {
    const double at = std::ceil(share * static_cast<double>(values.size()));
    return values[static_cast<std::size_t>(std::max(at, 1.)) - 1];
  };
  return {values.front(), rank(0.05), rank(0.5), rank(0.95), values.back()};
}

std::string csv_of(const std::vector<SceneOutcome>& scenes) {
  std::string csv = "scene,offset_x_m,offset_y_m,offset_z_m,outcome,reason,steps";
  for (const Column& column : kColumns) csv.append(",").append(column.name);
  csv += ",final_state_hash\n";
  for (const SceneOutcome& scene : scenes) {
    csv += fmt::format("{},{},{},{},{},{},{}", scene.index, scene.offset_m.x, scene.offset_m.y,
                       scene.offset_m.z, to_string(scene.verdict.outcome),
                       to_string(scene.verdict.code), scene.metrics.steps);
    for (const Column& column : kColumns) csv += fmt::format(",{}", column.value(scene));
    csv += "," + scene.final_state_hash + "\n";
  }
  return csv;
}

std::string report_of(const SweepSummary& summary, const SweepResult& result) {
  const geometry::Vec3& jitter = summary.request.jitter;
  std::string text = fmt::format(
      "# Sweep of {}: {}\n\n{} of {} scenes succeeded ({:.1f} %; {:.1f} % are required). Jitter "
      "+-{:g}, +-{:g}, +-{:g} of {}, seed {}.\n\n| reason | scenes |\n| --- | --- |\n",
      summary.name, result.passed ? "passed" : "FAILED", result.successes, result.runs,
      100. * static_cast<double>(result.successes) / static_cast<double>(result.runs),
      100 * summary.request.pass_threshold, jitter.x, jitter.y, jitter.z,
      summary.request.jittered.empty() ? "what moves" : summary.request.jittered,
      summary.request.seed);
  for (const auto& [reason, count] : result.reasons)
    text += fmt::format("| {} | {} |\n", reason, count);
  text +=
      "\n| metric | least | 5 % | median | 95 % | largest |\n| --- | --- | --- | --- | --- | --- "
      "|\n";
  for (const Column& column : kColumns) {
    const Quantiles& q = result.metrics.at(std::string(column.name));
    text += fmt::format("| {} | {:.4g} | {:.4g} | {:.4g} | {:.4g} | {:.4g} |\n", column.name,
                        q.least, q.p5, q.median, q.p95, q.largest);
  }
  return text;
}

}  // namespace

SweepResult summarise(const SweepSummary& summary, ArtifactStore& artifacts) {
  const std::vector<SceneOutcome> scenes = scenes_of(summary, artifacts);
  SweepResult result{.runs = static_cast<std::int64_t>(scenes.size())};
  for (const SceneOutcome& scene : scenes) {
    ++result.reasons[std::string(to_string(scene.verdict.code))];
    if (scene.verdict.outcome == sim::Outcome::Success) ++result.successes;
  }
  result.passed = static_cast<double>(result.successes) >=
                  summary.request.pass_threshold * static_cast<double>(result.runs);
  for (const Column& column : kColumns)
    result.metrics[std::string(column.name)] = quantiles_of(scenes, column);
  result.report = report_of(summary, result);
  result.artifacts["csv"] = artifacts.put("sweep.csv", as_bytes(csv_of(scenes)));
  result.artifacts["report"] = artifacts.put("sweep.md", as_bytes(result.report));
  return result;
}

}  // namespace durasim::inline v0::pipeline
