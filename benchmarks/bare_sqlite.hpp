// The ceiling of a durable engine: SQLite that commits the same bytes, and does nothing else; and
// how often this process has asked the disk to sync.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace durasim::bench {

struct BareWork {
  std::string path;           // of a new database
  bool survive_power = true;  // synchronous=FULL, else NORMAL
  int workflows = 1000;
  int commits = 6;          // a workflow
  int together = 1;         // workflows whose commits go into one transaction
  std::size_t bytes = 500;  // a commit of a workflow
};

// Workflows a second.
double bare_workflows_per_s(const BareWork& work);

// Calls of fdatasync by this process, by anybody in it.
std::uint64_t fdatasync_calls();

}  // namespace durasim::bench
