// Which workflow a text means that somebody has typed.
#pragma once

#include <set>
#include <string>

namespace durasim::cli {

// The one of these workflow ids that is `text`, or the only one that begins with it. Throws
// InvalidArgument when there is none ("there is no WHAT TEXT") or several.
std::string choose_workflow(const std::set<std::string>& ids, const std::string& text,
                            const std::string& what);

}  // namespace durasim::cli
