// The harness of durasim-bench: rows of a value beside a reference that is measured in the same
// run, and the ratio's budget. Timing is interleaved (ours, reference, ours, ...) and the median
// counts, because machines drift and are shared.
#pragma once

#include <functional>
#include <regex>
#include <string>
#include <vector>

namespace durasim::bench {

struct Row {
  std::string name;  // "sim/loop_vs_mj_step"
  double value = 0;
  std::string unit;            // "us", "ms", "MB"
  std::string reference;       // what the value is compared with
  double reference_value = 0;  // same unit
  double ratio = 0;            // value / reference_value; the inverse where more is better
  double budget = 0;           // of the ratio
  bool ok = false;
};

class BenchContext {
 public:
  BenchContext(std::regex filter, bool quick) : filter_(std::move(filter)), quick_(quick) {}

  // Whether a row is asked for. In quick mode rows are shortened; one that is judged from a
  // shortened form has "_quick" at the end of its name.
  [[nodiscard]] bool wants(const std::string& name) const {
    return std::regex_search(name, filter_);
  }
  [[nodiscard]] bool quick() const { return quick_; }

  // Adds the row "value compared with reference, at most `budget` times as much", and prints it.
  void add(const std::string& name, double value, const std::string& unit,
           const std::string& reference, double reference_value, double budget);
  // Adds a row with an absolute limit; the limit is its reference.
  void add_absolute(const std::string& name, double value, const std::string& unit, double limit);
  // The same for a value that must not be smaller; the ratio is limit / value.
  void add_at_least(const std::string& name, double value, const std::string& unit, double limit);

  // A rate beside a ceiling, of which it must reach that share; the ratio is ceiling / value.
  void add_rate(const std::string& name, double value, const std::string& unit,
                const std::string& reference, double reference_value, double share);

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

 private:
  void add(Row row);
  std::regex filter_;
  bool quick_;
  std::vector<Row> rows_;
};

struct Paired {
  double a_s = 0;  // median seconds of one call
  double b_s = 0;
  double ratio = 0;  // median of a / b, pair by pair
};

// Runs a and b in turn, `rounds` times each after one warm-up of both, and gives medians.
Paired measure_pair(int rounds, const std::function<void()>& a, const std::function<void()>& b);

// Wall seconds of one call.
double seconds_of(const std::function<void()>& f);
double median(std::vector<double> values);
// CPU seconds of this process so far, all threads.
double process_cpu_s();
// CPU seconds of this process's children that have ended.
double children_cpu_s();

// Folder with the inputs of the project's tests ("cad", "mjcf"), or empty when it is not there.
std::string data_folder();

// The rows, by file.
void bench_loop(BenchContext& context);
void bench_dst(BenchContext& context);
void bench_durable(BenchContext& context);
void bench_engine(BenchContext& context);
void bench_header(BenchContext& context);
void bench_import(BenchContext& context);
void bench_pipeline(BenchContext& context);
void bench_process(BenchContext& context);
void bench_render(BenchContext& context);

}  // namespace durasim::bench
