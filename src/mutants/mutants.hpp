// Deliberate bugs, to prove that the simulator and the crash tests find them. They exist only in
// copies of the sources that are compiled with DURASIM_MUTANTS; in the libraries mutant() is a
// constant false, and no name below leaves a trace. A new one: a line in the list, and `if
// (mutant(MutantId::X))` where the bug would be.
#pragma once

#ifdef DURASIM_MUTANTS
#include <optional>
#include <span>
#include <string_view>
#endif

// X(enumerator, "name on the command line", "what is wrong")
// clang-format off
#define DURASIM_MUTANT_LIST(X)                                                                   \
  X(AckBeforeSync, "store-ack-before-sync", "a commit is acknowledged without a sync")           \
  X(HalfGroupCommit, "store-half-group", "recovery replays a group whose end is missing")        \
  X(AckFromReread, "store-ack-from-reread", "after a failed sync the bytes read back count")     \
  X(TornCommitAccepted, "store-torn-commit", "recovery takes a commit frame without its CRC")    \
  X(VersionUnchecked, "store-version-unchecked", "a transition from a stale version is written")
// clang-format on

namespace durasim::inline v0 {

enum class MutantId {
#define DURASIM_MUTANT_ENUMERATOR(id, name, text) id,
  DURASIM_MUTANT_LIST(DURASIM_MUTANT_ENUMERATOR)
#undef DURASIM_MUTANT_ENUMERATOR
};

#ifdef DURASIM_MUTANTS

struct MutantInfo {
  MutantId id;
  std::string_view name;
  std::string_view description;
};

[[nodiscard]] std::span<const MutantInfo> all_mutants();
// Switches one on (or all off) for the calling thread.
void select_mutant(std::optional<MutantId> id);
[[nodiscard]] bool mutant(MutantId id);

#else

[[nodiscard]] constexpr bool mutant(MutantId /*id*/) {
  return false;
}

#endif

}  // namespace durasim::inline v0
