// What a killed engine had acknowledged, and whether its store still has it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace durasim {

class Acknowledged {
 public:
  // A line of run_busy_engine's. Throws FormatError.
  void add(std::string_view line);
  [[nodiscard]] std::uint64_t count() const { return count_; }

  struct Findings {
    std::vector<std::string> lost;
    std::vector<std::string> violations;
  };
  // Opens the store, looks for everything that was acknowledged, and whether each run is as it must
  // be: checksums and chains, one end each, no signal twice, replayable.
  [[nodiscard]] Findings compare(const std::string& store) const;

 private:
  struct Run {
    std::set<int> signals;
    std::optional<int> result;
  };
  std::map<std::string, Run, std::less<>> runs_;
  std::uint64_t count_ = 0;
};

}  // namespace durasim
