// A scripted life of a SQLite store on files that lose power: groups, removals, checkpoints and
// reopenings, with a memory store beside it that holds what was acknowledged.
#pragma once

#include "durasim/store/integrity.hpp"
#include "durasim/store/memory.hpp"
#include "durasim/store/sqlite.hpp"
#include "durasim/testing/power_loss_files.hpp"

#include "testing/store_rows.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace durasim::testing {

// As another program, with its own SQLite.
inline void execute(PowerLossFiles& files, const char* path, const char* sql) {
  sqlite3* db = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  REQUIRE(sqlite3_open_v2(path, &db, kFlags, files.vfs().c_str()) == SQLITE_OK);
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  const int rc = sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
  CAPTURE(sqlite3_errmsg(db));
  CHECK(rc == SQLITE_OK);
  sqlite3_close(db);
}

// A read transaction of somebody else's.
class OpenRead {
 public:
  OpenRead(const char* path, const std::string& vfs) {
    REQUIRE(sqlite3_open_v2(path, &db_, SQLITE_OPEN_READONLY, vfs.c_str()) == SQLITE_OK);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    REQUIRE(sqlite3_exec(db_, "BEGIN; SELECT * FROM meta", nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~OpenRead() { sqlite3_close(db_); }
  OpenRead(const OpenRead&) = delete;
  OpenRead& operator=(const OpenRead&) = delete;

 private:
  sqlite3* db_ = nullptr;
};

struct Step {
  std::vector<store::Transition> group;
  std::string remove;
  bool checkpoint = false;
  bool reopen = false;
};

// A run with a request, tasks and `bytes` of events a step.
inline store::Transition script_start(int run, std::size_t bytes) {
  const std::string id = "run " + std::to_string(run);
  store::Transition start = start_of(id, "id of " + id, run);
  add_events(start, {std::string(bytes, 'e')});
  start.put_tasks = {task_of(id, 2, std::string(bytes / 2, 't'))};
  start.requests = {request_of("id of " + id, "start", id)};
  start.run.due = at_second(100 + run);
  store::seal(start.run);
  return start;
}

// Of the script's runs: 0 and 1 share one, of which the first is removed; 3 has one that goes with
// it, 4 one that stays.
inline std::vector<store::BlobRow> script_blobs(int run) {
  if (run > 4 || run == 2) return {};
  const char content = run < 2 ? 'b' : static_cast<char>('b' + run);
  return {blob_of(std::string(9000, content))};
}

inline std::vector<Step> make_script(int runs) {
  std::vector<Step> script;
  std::vector<store::Transition> last;
  for (int i = 0; i < runs; ++i) {
    const std::size_t bytes = i == 2 ? 9000 : 700;  // once more than a page holds
    last.push_back(script_start(i, bytes));
    last.back().blobs = script_blobs(i);
    Step step;
    step.group.push_back(last.back());
    if (i > 0) {
      store::Transition& before = last[static_cast<std::size_t>(i) - 1];
      store::Transition next = after(before);
      add_events(next, {std::string(300, 'n')});
      next.delete_tasks = {task_of(before.run.run_id, 2).key};
      before = next;
      step.group.push_back(next);
    }
    script.push_back(step);
    if (i % 3 == 2) {
      store::Transition& before = last[static_cast<std::size_t>(i) - 2];
      before = close_after(before, 50 + i);
      script.push_back({{before}, "", false, false});
      script.push_back({{}, before.run.run_id, false, false});
    }
    if (i % 4 == 3) script.push_back({{}, "", true, false});
    if (i == runs / 2) script.push_back({{}, "", false, true});
  }
  return script;
}

class ScriptRun {
 public:
  ScriptRun(std::uint64_t seed, bool safe_overwrites,
            store::Durability durability = store::Durability::PowerLoss)
      : files_(seed, safe_overwrites) {
    options_.path = "store.db";
    options_.durability = durability;
    options_.checkpoint_pages = 12;
    options_.cache_bytes = std::size_t{1} << 20;
    options_.ballast_bytes = 8192;
    options_.environment = &files_;
  }

  [[nodiscard]] PowerLossFiles& files() { return files_; }
  [[nodiscard]] store::SqliteOptions& options() { return options_; }
  [[nodiscard]] store::SqliteStore& store() { return *store_; }
  [[nodiscard]] bool is_open() const { return store_ != nullptr; }
  [[nodiscard]] const store::MemoryStore& expected() const { return expected_; }
  // Commits and removals.
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }

  // Throws what the store throws.
  void open() {
    store_.reset();
    store_ = std::make_unique<store::SqliteStore>(options_);
  }
  // In order, as a destructor does it.
  void close() { store_.reset(); }
  // The process is no more.
  void kill() {
    files_.stop();
    store_.reset();
  }
  void crash(Crash mode) {
    kill();
    files_.crash(mode);
  }

  // To its end, to a commit in doubt, or to where the files stop; a step that is refused is tried
  // again, which must do when the fault was one of once. False when it ended early.
  bool run(const std::vector<Step>& script) {
    if (!try_open()) return false;
    for (const Step& step : script) {
      for (int attempt = 1;; ++attempt) {
        try {
          act(step);
          break;
        } catch (const StoreUnknown&) {
          in_doubt_ = step;
          return false;
        } catch (const StoreRejected&) {
          if (files_.stopped()) return false;
          if (attempt == 3) throw;
        } catch (const IoError&) {  // of a checkpoint or an open
          if (files_.stopped()) return false;
          if (attempt == 3) throw;
          if (store_ == nullptr && !try_open()) return false;
        }
      }
    }
    return true;
  }

  // What is wrong with the store as it is now, or nothing.
  [[nodiscard]] std::string compare() {
    if (picture_of(*store_) == picture_of(expected_)) return compare_requests();
    if (in_doubt_) {
      apply(*in_doubt_);
      in_doubt_.reset();
      if (picture_of(*store_) == picture_of(expected_)) return compare_requests();
    }
    return difference();
  }

  // Opens after a crash and compares; the commit in doubt may be there or not, but from then on it
  // is.
  [[nodiscard]] std::string reopen_and_compare() {
    try {
      open();
    } catch (const std::exception& error) {
      return std::string("does not open: ") + error.what();
    }
    std::string problem = compare();
    in_doubt_.reset();
    return problem;
  }

  [[nodiscard]] std::string check() {
    const store::StoreReport report = store::check_store(options_.path, &files_);
    return report.ok() ? std::string() : "check: " + report.findings.front().text;
  }

 private:
  bool try_open() {
    for (int attempt = 1;; ++attempt) {
      try {
        open();
        return true;
      } catch (const IoError&) {
        if (files_.stopped()) return false;
        if (attempt == 3) throw;
      }
    }
  }

  void act(const Step& step) {
    if (step.reopen) return open();
    if (step.checkpoint) {
      store_->checkpoint();
      return;
    }
    if (!step.remove.empty()) {
      store_->remove(step.remove);
    } else {
      store_->set_in_flight(3, step.group.front().run.run_id);
      store_->commit(step.group);
    }
    apply(step);
    ++acknowledged_;
  }

  void apply(const Step& step) {
    if (!step.remove.empty()) {
      expected_.remove(step.remove);
    } else {
      expected_.commit(step.group);
    }
  }

  [[nodiscard]] std::string compare_requests() const {
    for (int i = 0; i < 30; ++i) {
      const std::string id = "run " + std::to_string(i);
      if (store_->request("id of " + id, "start") != expected_.request("id of " + id, "start")) {
        return "the request of " + id;
      }
    }
    for (int i = 0; i < 5; ++i) {
      for (const store::BlobRow& blob : script_blobs(i)) {
        if (store_->blob(blob.hash) != expected_.blob(blob.hash))
          return "a blob of run " + std::to_string(i);
      }
    }
    for (const store::RunRow& row : store_->runs({})) {
      store::verify(row);
      store::verify(store_->history(row.run_id), row);
    }
    return {};
  }

  [[nodiscard]] std::string difference() const {
    std::string text = "expected";
    for (const store::RunRow& row : expected_.runs({})) {
      text += " " + row.run_id + ":" + std::to_string(row.version);
    }
    text += ", found";
    for (const store::RunRow& row : store_->runs({})) {
      text += " " + row.run_id + ":" + std::to_string(row.version);
    }
    return text;
  }

  PowerLossFiles files_;
  store::SqliteOptions options_;
  std::unique_ptr<store::SqliteStore> store_;
  store::MemoryStore expected_;
  std::optional<Step> in_doubt_;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace durasim::testing
