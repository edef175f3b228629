// What all scenes of a sweep say together: counts, quantiles, a table for programs and a report for
// people.
#include "durasim/core/convert.hpp"

#include "pipeline/heartbeat_ticker.hpp"
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

constexpr std::string_view kQuantileHeads =
    "least | 5 % | median | 95 % | largest |\n| --- | --- | --- | --- | --- | --- |\n";

// Thousands of batches come one after the other, perhaps from a bucket far away.
std::vector<SceneOutcome> scenes_of(const ActivityContext& ctx, const SweepSummary& summary,
                                    const ArtifactStore& artifacts) {
  std::vector<SceneOutcome> all;
  for (const Artifact& batch : summary.batches) {
    ctx.throw_if_canceled();
    ctx.heartbeat(std::ssize(all));
    const HeartbeatTicker alive(ctx, to_payloads(std::ssize(all)));
    Payload payload = to_payload(0);  // of JSON
    payload.data = as_text(artifacts.get(batch));
    std::ranges::move(from_payload<std::vector<SceneOutcome>>(payload), std::back_inserter(all));
  }
  return all;
}

template <class Value>
Quantiles quantiles_of(const std::vector<SceneOutcome>& scenes, const Value& value) {
  std::vector<double> values;
  values.reserve(scenes.size());
  for (const SceneOutcome& scene : scenes) values.push_back(value(scene));
  std::ranges::sort(values);
  const auto rank = [&values](double share) {
    const double at = std::ceil(share * static_cast<double>(values.size()));
    return values[static_cast<std::size_t>(std::max(at, 1.)) - 1];
  };
  return {values.front(), rank(0.05), rank(0.5), rank(0.95), values.back()};
}

// As RFC 4180 has it: a part's name may hold anything.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field.append(c == '"' ? 2 : 1, c);
  return field + "\"";
}

std::string csv_of(const SweepSummary& summary, const std::vector<SceneOutcome>& scenes) {
  std::string csv = "scene,offset_x_m,offset_y_m,offset_z_m";
  for (const ParameterRange& range : summary.request.ranges) csv += "," + csv_field(name_of(range));
  csv += ",outcome,reason,steps";
  for (const Column& column : kColumns) csv.append(",").append(column.name);
  csv += ",final_state_hash\n";
  for (const SceneOutcome& scene : scenes) {
    csv += fmt::format("{},{},{},{}", scene.index, scene.offset_m.x, scene.offset_m.y,
                       scene.offset_m.z);
    for (const double factor : scene.factors) csv += fmt::format(",{}", factor);
    csv += fmt::format(",{},{},{}", to_string(scene.verdict.outcome), to_string(scene.verdict.code),
                       scene.metrics.steps);
    for (const Column& column : kColumns) csv += fmt::format(",{}", column.value(scene));
    csv += "," + scene.final_state_hash + "\n";
  }
  return csv;
}

std::string table_row(std::string_view name, const Quantiles& q) {
  return fmt::format("| {} | {:.4g} | {:.4g} | {:.4g} | {:.4g} | {:.4g} |\n", name, q.least, q.p5,
                     q.median, q.p95, q.largest);
}

// The factors that were drawn.
std::string report_of_ranges(const SweepSummary& summary, const std::vector<SceneOutcome>& scenes) {
  if (summary.request.ranges.empty()) return {};
  std::string text = fmt::format("\n| factor of | {}", kQuantileHeads);
  for (std::size_t i = 0; i < summary.request.ranges.size(); ++i) {
    text += table_row(name_of(summary.request.ranges[i]),
                      quantiles_of(scenes, [i](const SceneOutcome& s) { return s.factors.at(i); }));
  }
  return text;
}

std::string report_of(const SweepSummary& summary, const SweepResult& result,
                      const std::vector<SceneOutcome>& scenes) {
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
  text += report_of_ranges(summary, scenes);
  text += fmt::format("\n| metric | {}", kQuantileHeads);
  for (const Column& column : kColumns)
    text += table_row(column.name, result.metrics.at(std::string(column.name)));
  return text;
}

}  // namespace

SweepResult summarise(const ActivityContext& ctx, const SweepSummary& summary,
                      ArtifactStore& artifacts) {
  const std::vector<SceneOutcome> scenes = scenes_of(ctx, summary, artifacts);
  SweepResult result{.runs = static_cast<std::int64_t>(scenes.size())};
  for (const SceneOutcome& scene : scenes) {
    ++result.reasons[std::string(to_string(scene.verdict.code))];
    if (scene.verdict.outcome == sim::Outcome::Success) ++result.successes;
  }
  result.passed = static_cast<double>(result.successes) >=
                  summary.request.pass_threshold * static_cast<double>(result.runs);
  for (const Column& column : kColumns)
    result.metrics[std::string(column.name)] = quantiles_of(scenes, column.value);
  result.report = report_of(summary, result, scenes);
  const HeartbeatTicker alive(ctx, to_payloads(result.runs));
  result.artifacts["csv"] = artifacts.put("sweep.csv", as_bytes(csv_of(summary, scenes)));
  result.artifacts["report"] = artifacts.put("sweep.md", as_bytes(result.report));
  return result;
}

}  // namespace durasim::inline v0::pipeline
