// An id in full comes before all that begin with it.
#include "cli/run_choice.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <vector>

namespace durasim::cli {

std::string choose_workflow(const std::set<std::string>& ids, const std::string& text,
                            const std::string& what) {
  if (ids.contains(text)) return text;
  std::vector<std::string> found;
  for (auto id = ids.lower_bound(text); id != ids.end() && id->starts_with(text); ++id)
    found.push_back(*id);
  if (found.empty()) throw InvalidArgument(fmt::format("there is no {} {}", what, text));
  if (found.size() == 1) return found.front();
  throw InvalidArgument(fmt::format("{} is the beginning of {} workflow ids, {} and {} among them",
                                    text, found.size(), found.front(), found.back()));
}

}  // namespace durasim::cli
