// What the parts of a check (check.cpp, blobs.cpp) report with.
#pragma once

#include "durasim/store/sqlite.hpp"

#include "store/sqlite/statement.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace durasim::inline v0::store::sqlite {

class Connection;

class Findings {
 protected:
  explicit Findings(StoreReport& report) : report_(report) {}

  void add(FindingKind kind, std::string_view run_id, std::string text) {
    report_.findings.push_back({kind, std::string(run_id), std::move(text)});
  }

  // Damage that keeps a check from going on is what it has found; I/O errors go to the caller.
  // `run_id` is read when there is something to report: the check itself may find it out.
  template <class Check>
  void guarded(FindingKind kind, const std::string& run_id, const Check& check) {
    try {
      check();
    } catch (const SqliteError& error) {
      if (!error.is_corruption()) throw;
      add(kind, run_id, error.what());
    } catch (const StoreDamaged& error) {
      add(kind, run_id, error.what());
    } catch (const FormatError& error) {
      add(kind, run_id, error.what());
    }
  }

  StoreReport& report_;
};

// Every blob and every use of one (blobs.cpp).
void examine_blobs(Connection& connection, StoreReport& report);

}  // namespace durasim::inline v0::store::sqlite
