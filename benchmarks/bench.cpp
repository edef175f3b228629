// Timing and rows of the harness.
#include "bench.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

namespace durasim::bench {

void BenchContext::add(const std::string& name, double value, const std::string& unit,
                       const std::string& reference, double reference_value, double budget) {
  const double ratio = value / reference_value;
  add({name, value, unit, reference, reference_value, ratio, budget, ratio <= budget});
}

void BenchContext::add_at_least(const std::string& name, double value, const std::string& unit,
                                double limit) {
  const double ratio = limit / value;
  add({name, value, unit, "at least", limit, ratio, 1.0, ratio <= 1.0});
}

void BenchContext::add_rate(const std::string& name, double value, const std::string& unit,
                            const std::string& reference, double reference_value, double share) {
  const double ratio = reference_value / value;
  add({name, value, unit, reference, reference_value, ratio, 1 / share, ratio <= 1 / share});
}

void BenchContext::add(Row row) {
  rows_.push_back(std::move(row));
  const Row& r = rows_.back();
  fmt::print("{:<40} {:>12.4g} {:<4} {:<34} {:>12.4g}  ratio {:>7.3f}  budget {:>6.3g}  {}\n",
             r.name, r.value, r.unit, r.reference, r.reference_value, r.ratio, r.budget,
             r.ok ? "ok" : "OVER");
  std::fflush(stdout);
}

void BenchContext::add_absolute(const std::string& name, double value, const std::string& unit,
                                double limit) {
  add(name, value, unit, "limit", limit, 1.0);
}

double seconds_of(const std::function<void()>& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Paired measure_pair(int rounds, const std::function<void()>& a, const std::function<void()>& b) {
  a();
  b();
  std::vector<double> as, bs, ratios;
  for (int i = 0; i < rounds; ++i) {
    // The order changes, so that neither always runs on the warmer machine.
    const double first = seconds_of(i % 2 == 0 ? a : b);
    const double second = seconds_of(i % 2 == 0 ? b : a);
    as.push_back(i % 2 == 0 ? first : second);
    bs.push_back(i % 2 == 0 ? second : first);
    ratios.push_back(as.back() / bs.back());
  }
  return {median(as), median(bs), median(ratios)};
}

double process_cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double children_cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string data_folder() {
  struct stat info{};
  return stat(DURASIM_TEST_DATA "/mjcf", &info) == 0 ? DURASIM_TEST_DATA : "";
}

}  // namespace durasim::bench
