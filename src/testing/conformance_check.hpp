// What the checks of the conformance suite are written with: the store under test, expectations
// that end a check, and a picture of all that a store shows, to compare.
#pragma once

#include "durasim/testing/store_conformance.hpp"

#include "testing/store_rows.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::testing {

struct CheckFailed {
  std::string message;
};

class Check {
 public:
  explicit Check(const StoreUnderTest& subject) : subject_(subject), store_(subject.create()) {}

  [[nodiscard]] store::Store& store() { return *store_; }
  void reopen() { store_ = subject_.reopen(std::move(store_)); }

  void commit(const store::Transition& transition) { store_->commit({&transition, 1}); }
  void commit(const std::vector<store::Transition>& group) { store_->commit(group); }

  static void expect(bool holds, std::string_view what) {
    if (!holds) throw CheckFailed{std::string(what)};
  }
  // The row, which has to be there.
  [[nodiscard]] store::RunRow run(std::string_view run_id) const {
    return present(store_->run(run_id), run_id);
  }
  [[nodiscard]] store::RunRow current(std::string_view workflow_id) const {
    return present(store_->current_run(workflow_id), workflow_id);
  }
  // The group is refused with StoreRejected, and nothing that the store shows has changed.
  void rejected(const std::vector<store::Transition>& group, std::string_view what);
  [[nodiscard]] Picture picture() const { return picture_of(*store_); }

 private:
  static store::RunRow present(std::optional<store::RunRow> row, std::string_view id) {
    if (!row) throw CheckFailed{"no row for " + std::string(id)};
    return *std::move(row);
  }

  const StoreUnderTest& subject_;
  std::unique_ptr<store::Store> store_;
};

struct NamedCheck {
  std::string_view name;
  void (*run)(Check&);
  bool needs_reopen = false;
};

std::span<const NamedCheck> write_checks();
std::span<const NamedCheck> read_checks();
std::span<const NamedCheck> whole_store_checks();
std::span<const NamedCheck> blob_checks();

}  // namespace durasim::inline v0::testing
