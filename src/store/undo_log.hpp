// How the memory store takes back a group that fails half way: every change to a table is written
// down here after it was made, in room that was reserved before, so that neither the change nor its
// way back can be lost to a failed allocation.
#pragma once

#include "durasim/store/store.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace durasim::inline v0::store {

// An instant and a run, as the indexes sort them. The id is a view of the key in the table of runs.
using TimedRun = std::pair<WallTime, std::string_view>;
using TimedRuns = std::set<TimedRun>;
using TaskTable = std::map<std::pair<TaskKind, std::int64_t>, TaskRow>;
using RequestKey = std::pair<std::string, std::string>;  // scope, request id
using RequestView = std::pair<std::string_view, std::string_view>;

struct RequestLess {
  using is_transparent = void;
  static RequestView view(const RequestKey& key) { return {key.first, key.second}; }
  static RequestView view(const RequestView& key) { return key; }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return view(a) < view(b);
  }
};
using RequestTable = std::map<RequestKey, RequestRow, RequestLess>;

using BlobTable = std::map<Digest, std::string>;
using BlobUses = std::set<std::pair<Digest, std::string_view>>;  // the run's id, as in TimedRun

// Everything of one run but what is found by other keys.
struct RunRecord {
  RunRow row;
  std::vector<HistoryBatch> history;
  TaskTable tasks;
  std::set<Digest> blobs;  // that it uses
};
using RunTable = std::map<std::string, RunRecord, std::less<>>;

// The runs of one workflow id: all of them, and the one that holds it (empty: none).
struct WorkflowRuns {
  TimedRuns by_start;
  std::string_view current;
};
using WorkflowTable = std::map<std::string, WorkflowRuns, std::less<>>;
using RequestsOfRun =
    std::set<std::pair<std::string, RequestKey>>;  // by the run that is the answer

// Every member of the log's way back is noexcept: it moves, swaps, erases, or links a node that
// exists.
class UndoLog {
 public:
  template <class Table>
  struct Inserted {
    Table* table;
    typename Table::iterator at;
    void undo() noexcept { table->erase(at); }
  };
  template <class Table>
  struct Extracted {
    Table* table;
    typename Table::node_type node;
    void undo() noexcept { table->insert(std::move(node)); }
  };
  template <class Value>
  struct Replaced {
    Value* at;
    Value before;
    void undo() noexcept { std::swap(*at, before); }
  };
  struct HistoryGrown {
    RunRecord* run;
    std::size_t before;
    void undo() noexcept { run->history.resize(before); }
  };
  using Step =
      std::variant<Inserted<RunTable>, Inserted<WorkflowTable>, Inserted<TimedRuns>,
                   Inserted<TaskTable>, Inserted<RequestTable>, Inserted<RequestsOfRun>,
                   Inserted<BlobTable>, Inserted<BlobUses>, Inserted<std::set<Digest>>,
                   Extracted<RunTable>, Extracted<TimedRuns>, Extracted<TaskTable>,
                   Extracted<RequestTable>, Extracted<RequestsOfRun>, Extracted<BlobTable>,
                   Extracted<BlobUses>, Replaced<RunRow>, Replaced<TaskRow>, Replaced<std::string>,
                   Replaced<std::string_view>, Replaced<WallTime>, HistoryGrown>;

  // Table changes, each undone by roll_back.
  template <class Table, class... Args>
  typename Table::iterator insert(Table& table, Args&&... args) {
    make_room();
    const auto [at, inserted] = table.emplace(std::forward<Args>(args)...);
    if (inserted) steps_.emplace_back(Inserted<Table>{&table, at});
    return at;
  }
  template <class Table>
  void extract(Table& table, typename Table::iterator at) {
    make_room();
    steps_.emplace_back(Extracted<Table>{&table, table.extract(at)});
  }
  template <class Value>
  void replace(Value& at, Value value) {
    make_room();
    std::swap(at, value);
    steps_.emplace_back(Replaced<Value>{&at, std::move(value)});
  }
  void append(RunRecord& run, const std::vector<HistoryBatch>& batches) {
    if (batches.empty()) return;
    make_room();
    // One by one into reserved room: vector's insertion of a range may leave what was there moved
    // away.
    std::vector<HistoryBatch>& history = run.history;
    if (history.capacity() - history.size() < batches.size()) {
      history.reserve((2 * history.size()) + batches.size());
    }
    steps_.emplace_back(HistoryGrown{&run, history.size()});
    for (const HistoryBatch& batch : batches) history.push_back(batch);
  }

  void clear() noexcept { steps_.clear(); }
  void roll_back() noexcept {
    while (!steps_.empty()) {
      std::visit([](auto& step) { step.undo(); }, steps_.back());
      steps_.pop_back();
    }
  }

 private:
  void make_room() {
    if (steps_.size() == steps_.capacity()) steps_.reserve((2 * steps_.capacity()) + 32);
  }
  std::vector<Step> steps_;
};

}  // namespace durasim::inline v0::store
