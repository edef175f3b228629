// durasim-bench [--filter RE] [--quick] --json OUT: runs the rows, prints a table, writes them as
// JSON.
#include "durasim/core/files.hpp"

#include "bench.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace {

using namespace durasim;

std::string to_json(const std::vector<bench::Row>& rows) {
  boost::json::array array;
  for (const bench::Row& r : rows) {
    array.push_back(boost::json::object{{"name", r.name},
                                        {"value", r.value},
                                        {"unit", r.unit},
                                        {"reference", r.reference},
                                        {"reference_value", r.reference_value},
                                        {"ratio", r.ratio},
                                        {"budget", r.budget},
                                        {"ok", r.ok}});
  }
  return boost::json::serialize(array);
}

int run(int argc, char** argv) {
  CLI::App app{
      "Benchmarks of durasim: every row beside the limit that is measured in the same run"};
  std::string filter, json;
  bool quick = false;
  app.add_option("--filter", filter, "only rows whose name this regular expression finds");
  app.add_flag("--quick", quick, "shorten every row");
  app.add_option("--json", json, "file for the rows as a JSON array");
  CLI11_PARSE(app, argc, argv);
  bench::BenchContext context(std::regex(filter), quick);
  bench::bench_loop(context);
  bench::bench_header(context);
  bench::bench_dst(context);
  bench::bench_engine(context);
  bench::bench_durable(context);
  bench::bench_process(context);
  bench::bench_pipeline(context);
  bench::bench_import(context);
  bench::bench_render(context);
  if (context.rows().empty()) {
    fmt::print(stderr, "no row matches \"{}\", or the input folder {} is missing\n", filter,
               DURASIM_TEST_DATA);
    return 1;
  }
  if (!json.empty()) write_file(json, as_bytes(to_json(context.rows()) + "\n"));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "durasim-bench: {}\n", error.what());
    return 1;
  }
}
