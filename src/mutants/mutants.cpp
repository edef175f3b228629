// The switch of the deliberate bugs: one per thread, so that simulator threads do not disturb each
// other. Compiled only into programs that hunt them.
#include "mutants/mutants.hpp"

#ifndef DURASIM_MUTANTS
#error "mutants.cpp belongs only into targets that define DURASIM_MUTANTS"
#endif

namespace durasim::inline v0 {

namespace {

thread_local std::optional<MutantId> selected;

constexpr MutantInfo kMutants[] = {
#define DURASIM_MUTANT_ROW(id, name, text) {MutantId::id, name, text},
    DURASIM_MUTANT_LIST(DURASIM_MUTANT_ROW)
#undef DURASIM_MUTANT_ROW
};

}  // namespace

std::span<const MutantInfo> all_mutants() {
  return kMutants;
}

void select_mutant(std::optional<MutantId> id) {
  selected = id;
}

bool mutant(MutantId id) {
  return selected == id;
}

}  // namespace durasim::inline v0
