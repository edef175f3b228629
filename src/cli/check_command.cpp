// durasim check --store PATH: reads a whole store and says what is wrong with it.
#include "durasim/core/json.hpp"
#include "durasim/store/sqlite.hpp"

#include "cli/commands.hpp"
#include "cli/ending.hpp"
#include "cli/store_option.hpp"
#include "core/ascii_text.hpp"

#include <fmt/format.h>

#include <memory>

namespace durasim::cli {
namespace {

struct CheckArguments {
  std::string store;
  bool json = false;
};

std::string report_json(const store::StoreReport& report) {
  std::string out;
  JsonWriter json(out);
  const auto number = [&](std::string_view key, std::int64_t value) {
    json.key(key);
    json.integer(value);
  };
  const auto text = [&](std::string_view key, std::string_view value) {
    json.key(key);
    json.string(ascii_text(value));
  };
  json.begin_object();
  text("path", report.path);
  json.key("ok");
  json.boolean(report.ok());
  text("sqlite_version", report.sqlite_version);
  text("durability", to_string(report.durability));
  number("schema_version", report.schema_version);
  number("epoch", report.epoch);
  number("commit_number", report.commit_number);
  number("owner_pid", report.owner_pid);
  number("runs", report.runs);
  number("open_runs", report.open_runs);
  number("events", report.events);
  number("tasks", report.tasks);
  number("requests", report.requests);
  number("blobs", report.blobs);
  json.key("findings");
  json.begin_array();
  for (const store::Finding& finding : report.findings) {
    json.begin_object();
    text("kind", to_string(finding.kind));
    text("run_id", finding.run_id);
    text("text", finding.text);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out;
}

void print_store(const store::StoreReport& report) {
  fmt::print("{}: schema version {}, epoch {}, commit {}, durability {}\n", ascii_text(report.path),
             report.schema_version, report.epoch, report.commit_number,
             to_string(report.durability));
  if (report.owner_pid != 0) fmt::print("owned by process {}\n", report.owner_pid);
  fmt::print("{} runs ({} open), {} events, {} tasks, {} requests, {} blobs\n", report.runs,
             report.open_runs, report.events, report.tasks, report.requests, report.blobs);
  for (const store::Finding& finding : report.findings) {
    fmt::print("DAMAGED {:<9} {}\n", to_string(finding.kind), ascii_text(finding.text));
  }
  fmt::print("{}\n", report.ok() ? "ok: every row, history and page is as it was written"
                                 : "damaged runs are left alone, all others go on; a backup has "
                                   "them as they were");
}

store::StoreReport read_store(const CheckArguments& a, const std::stop_token& stop) {
  const LeaveOnStop leave(stop, a.json);
  return store::check_store(a.store);
}

int check(const CheckArguments& a, const std::stop_token& stop) {
  const store::StoreReport report = read_store(a, stop);
  if (a.json) {
    fmt::print("{}\n", report_json(report));
  } else {
    print_store(report);
  }
  return report.ok() ? kSuccess : kFail;
}

}  // namespace

void add_check(CLI::App& app, Command& chosen) {
  auto a = std::make_shared<CheckArguments>();
  CLI::App* verb = app.add_subcommand("check", "Read a whole store and report what is damaged");
  verb->footer(
      "Reads every row and history of the store and verifies checksums, hashes, chains, indexes "
      "and the\n"
      "mark of the last acknowledged commit. Changes nothing; safe while the store is in "
      "use.\n\n"
      "  durasim check --store digest.db\n\n"
      "Exit codes: 0 no damage, 2 something is damaged or missing, 1 usage or I/O, 130 "
      "stopped.");
  add_store_option(*verb, a->store, "path of the store's database")->required();
  verb->add_flag("--json", a->json, "print one JSON object to standard output");
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return check(*a, stop); }; });
}

}  // namespace durasim::cli
