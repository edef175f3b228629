// durasim-dst: the command line of the simulator.
#include "durasim/core/time.hpp"

#include "dst/hunt.hpp"
#include "dst/report.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <thread>

using namespace durasim;
using namespace durasim::dst;

namespace {

struct Arguments {
  HuntOptions hunt;
  std::string mutant;
  std::string store = "memory";
  std::string seeds_file;
  bool list_mutants = false;
  bool all_mutants = false;
  bool json = false;
};

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--seeds", arguments.hunt.seeds, "How many seeds to run")->capture_default_str();
  app.add_option("--from", arguments.hunt.from, "The first seed")->capture_default_str();
  app.add_option("--seeds-file", arguments.seeds_file,
                 "Seeds to run first, one a line; # begins a comment")
      ->check(CLI::ExistingFile);
  app.add_option("--mutant", arguments.mutant, "Hunt this deliberate bug; stops when it is found");
  app.add_flag("--all-mutants", arguments.all_mutants,
               "Hunt each deliberate bug; one that is not found within the seeds is a failure");
  app.add_flag("--list-mutants", arguments.list_mutants,
               "Names of the deliberate bugs, one a line");
  app.add_option("--jobs", arguments.hunt.jobs, "Threads")
      ->check(CLI::Range(1U, 1024U))
      ->default_val(std::max(1U, std::thread::hardware_concurrency()));
  app.add_option("--store", arguments.store,
                 "memory: a write-ahead log on a simulated disk; sqlite: the real store on files "
                 "that lose power. Mutants of a store choose theirs")
      ->check(CLI::IsMember({"memory", "sqlite"}))
      ->capture_default_str();
  app.add_flag("--blobs", arguments.hunt.blobs,
               "Every payload lies in a blob of the store, not only large ones");
  app.add_flag("--json", arguments.json, "The result as one JSON object");
}

std::vector<std::uint64_t> read_seeds(const std::string& path) {
  std::vector<std::uint64_t> seeds;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t") != std::string::npos) seeds.push_back(std::stoull(line));
  }
  return seeds;
}

HuntResult run(const HuntOptions& options, const std::string& repeat, bool json,
               const std::string& label) {
  HuntProgress progress;
  ProgressPrinter printer(progress, options.first.size() + options.seeds, label);
  return hunt(options, progress, [&](const FailedSeed& failed) {
    if (!json) printer.print_failure(failed, repeat);
  });
}

#ifdef DURASIM_DST_SQLITE
constexpr MachineFactory kSqliteMachine = make_sqlite_machine;
#else
constexpr MachineFactory kSqliteMachine = nullptr;
#endif

MachineFactory machine_of(const std::string& store) {
  if (store == "memory") return testing::make_log_machine;
  if (kSqliteMachine == nullptr) throw UnavailableError("this program was built without SQLite");
  return kSqliteMachine;
}

// These take a second owner, an older file put back, a mark that is lost while the log stays, or a
// sync that fails at one moment of many: the store's own tests make just that.
constexpr std::array kOfStoreTests{MutantId::SqliteMarkIgnored, MutantId::SqliteEpochUnchecked,
                                   MutantId::SqliteLogBelieved, MutantId::SqliteCutCheckpoint};

bool is_here(const MutantInfo& info) {
  if (!info.name.starts_with("sqlite-")) return true;
  return kSqliteMachine != nullptr &&
         std::ranges::find(kOfStoreTests, info.id) == kOfStoreTests.end();
}

std::string store_of(const MutantInfo& info, const std::string& otherwise) {
  if (info.name.starts_with("sqlite-")) return "sqlite";
  return info.name.starts_with("store-") ? "memory" : otherwise;
}

int hunt_one(const Arguments& arguments) {
  HuntOptions options = arguments.hunt;
  std::string store = arguments.store;
  if (!arguments.mutant.empty()) {
    const auto all = all_mutants();
    const auto found = std::ranges::find(all, arguments.mutant, &MutantInfo::name);
    if (found == all.end() || !is_here(*found)) {
      fmt::print(stderr, "durasim-dst: there is no mutant {}; --list-mutants names them\n",
                 arguments.mutant);
      return 2;
    }
    options.mutant = found->id;
    options.stop_at_first = true;
    store = store_of(*found, store);
  }
  options.make_machine = machine_of(store);
  std::string repeat = store == "memory" ? "" : " --store " + store;
  if (options.blobs) repeat += " --blobs";
  if (!arguments.mutant.empty()) repeat += " --mutant " + arguments.mutant;
  const SteadyTime before = system_clock().steady_now();
  const HuntResult result = run(options, repeat, arguments.json, "seeds");
  const Seconds seconds = system_clock().steady_now() - before;
  if (arguments.json) {
    print_json(result, repeat, seconds);
  } else {
    print_summary(result, seconds);
  }
  return result.failures.empty() ? 0 : 1;
}

int hunt_all(const Arguments& arguments) {
  HuntOptions options = arguments.hunt;
  options.stop_at_first = true;
  std::uint64_t seeds = 0;
  int missed = 0;
  for (const MutantInfo& info : all_mutants()) {
    if (!is_here(info)) continue;
    options.mutant = info.id;
    options.make_machine = machine_of(store_of(info, arguments.store));
    HuntProgress progress;
    const HuntResult result = hunt(options, progress, [](const FailedSeed&) {});
    seeds += result.seeds;
    if (result.failures.empty()) ++missed;
    print_mutant(info, result);
  }
  fmt::print("{} seeds, {} failures\n", seeds, missed);
  return missed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Runs the durable engine on simulated time, disk and schedule, one seed after the "
      "other, and checks what must hold.");
  declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    if (arguments.list_mutants) {
      for (const MutantInfo& info : all_mutants()) {
        if (is_here(info)) fmt::print("{}\n", info.name);
      }
      return 0;
    }
    if (!arguments.seeds_file.empty()) arguments.hunt.first = read_seeds(arguments.seeds_file);
    return arguments.all_mutants ? hunt_all(arguments) : hunt_one(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "durasim-dst: {}\n", error.what());
    return 2;
  }
}
