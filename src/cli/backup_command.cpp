// durasim backup --store PATH OUT: a verified copy of a store, also of one that is in use.
#include "durasim/store/sqlite.hpp"

#include "cli/commands.hpp"
#include "cli/ending.hpp"
#include "cli/store_option.hpp"
#include "core/ascii_text.hpp"

#include <fmt/format.h>

#include <memory>

namespace durasim::cli {
namespace {

struct BackupArguments {
  std::string store;
  std::string out;
};

int backup(const BackupArguments& a, const std::stop_token& stop) {
  const LeaveOnStop leave(stop);  // the next backup of that name takes the place of what is left
  const std::vector<store::Finding> damage = store::backup_store(a.store, a.out);
  fmt::print("{}: copied and verified\n", a.out);
  for (const store::Finding& finding : damage) {
    fmt::print("DAMAGED {:<9} {} (in the store, and so in the copy)\n", to_string(finding.kind),
               ascii_text(finding.text));
  }
  return damage.empty() ? kSuccess : kFail;
}

}  // namespace

void add_backup(CLI::App& app, Command& chosen) {
  auto a = std::make_shared<BackupArguments>();
  CLI::App* verb =
      app.add_subcommand("backup", "Copy a store to a new file, even while it is in use");
  verb->footer(
      "The copy is the store as of one moment, and is verified as a whole before it gets its name. "
      "Do not\n"
      "use cp: it misses the log beside the database.\n\n"
      "  durasim backup --store digest.db digest-friday.db\n\n"
      "To go back to a copy: stop the owner, delete digest.db-wal, digest.db-shm and "
      "digest.db.mark\n"
      "(which would say that newer commits are missing), and put the copy in the place of "
      "digest.db.\n\n"
      "Exit codes: 0 copied, 2 copied, but the store itself has damaged runs, 1 not copied.");
  add_store_option(*verb, a->store, "path of the store's database")->required();
  verb->add_option("OUT", a->out, "file to create; it must not exist")->required();
  verb->callback(
      [&chosen, a] { chosen = [a](const std::stop_token& stop) { return backup(*a, stop); }; });
}

}  // namespace durasim::cli
