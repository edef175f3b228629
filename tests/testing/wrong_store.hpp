// Stores that break one rule each: a memory store with hooks in front of its members. They prove
// that every conformance check can fail.
#pragma once

#include "durasim/store/integrity.hpp"
#include "durasim/store/memory.hpp"

#include "testing/store_rows.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::testing {

using store::BlobRow;
using store::Digest;
using store::HistoryBatch;
using store::MemoryStore;
using store::RequestRow;
using store::RunFilter;
using store::RunRow;
using store::RunStatus;
using store::Store;
using store::TaskKey;
using store::TaskRow;
using store::Transition;
using Group = std::vector<Transition>;

// An empty hook forwards. Hooks get the correct store.
struct Hooks {
  std::function<void(MemoryStore&, Group)> commit;
  std::function<std::optional<RunRow>(const MemoryStore&, std::string_view)> run;
  std::function<std::optional<RunRow>(const MemoryStore&, std::string_view)> current_run;
  std::function<std::vector<TaskRow>(const MemoryStore&, std::string_view)> tasks;
  std::function<std::vector<HistoryBatch>(const MemoryStore&, std::string_view, std::int64_t)>
      history;
  std::function<std::optional<RequestRow>(const MemoryStore&, std::string_view, std::string_view)>
      request;
  std::function<std::optional<std::string>(const MemoryStore&, const Digest&)> blob;
  std::function<std::vector<RunRow>(const MemoryStore&, RunFilter)> runs;
  std::function<std::vector<std::string>(const MemoryStore&, WallTime, std::size_t)> due_runs;
  std::function<std::optional<WallTime>(const MemoryStore&)> next_due;
  std::function<WallTime(const MemoryStore&)> last_time;
  std::function<std::vector<std::string>(const MemoryStore&)> runs_in_flight_at_open;
  std::function<void(MemoryStore&, std::string_view)> remove;
  std::function<void(MemoryStore&)> reopen;
};

class WrongStore final : public Store {
 public:
  explicit WrongStore(Hooks hooks) : hooks_(std::move(hooks)) {}
  void reopen() { hooks_.reopen ? hooks_.reopen(right_) : right_.reopen(); }

  void commit(std::span<const Transition> group) override {
    if (hooks_.commit) {
      hooks_.commit(right_, Group(group.begin(), group.end()));
    } else {
      right_.commit(group);
    }
  }
  std::optional<RunRow> run(std::string_view id) const override {
    return hooks_.run ? hooks_.run(right_, id) : right_.run(id);
  }
  std::optional<RunRow> current_run(std::string_view id) const override {
    return hooks_.current_run ? hooks_.current_run(right_, id) : right_.current_run(id);
  }
  std::vector<TaskRow> tasks(std::string_view id) const override {
    return hooks_.tasks ? hooks_.tasks(right_, id) : right_.tasks(id);
  }
  std::vector<HistoryBatch> history(std::string_view id, std::int64_t from) const override {
    return hooks_.history ? hooks_.history(right_, id, from) : right_.history(id, from);
  }
  std::optional<RequestRow> request(std::string_view scope, std::string_view id) const override {
    return hooks_.request ? hooks_.request(right_, scope, id) : right_.request(scope, id);
  }
  std::optional<std::string> blob(const Digest& hash) const override {
    return hooks_.blob ? hooks_.blob(right_, hash) : right_.blob(hash);
  }
  std::vector<RunRow> runs(const RunFilter& filter) const override {
    return hooks_.runs ? hooks_.runs(right_, filter) : right_.runs(filter);
  }
  std::vector<std::string> due_runs(WallTime until, std::size_t limit) const override {
    return hooks_.due_runs ? hooks_.due_runs(right_, until, limit) : right_.due_runs(until, limit);
  }
  std::optional<WallTime> next_due() const override {
    return hooks_.next_due ? hooks_.next_due(right_) : right_.next_due();
  }
  WallTime last_time() const override {
    return hooks_.last_time ? hooks_.last_time(right_) : right_.last_time();
  }
  void set_in_flight(std::size_t slot, std::string_view id) noexcept override {
    right_.set_in_flight(slot, id);
  }
  std::vector<std::string> runs_in_flight_at_open() const override {
    return hooks_.runs_in_flight_at_open ? hooks_.runs_in_flight_at_open(right_)
                                         : right_.runs_in_flight_at_open();
  }
  void remove(std::string_view id) override {
    hooks_.remove ? hooks_.remove(right_, id) : right_.remove(id);
  }

 private:
  Hooks hooks_;
  MemoryStore right_;
};

struct WrongStoreKind {
  std::string_view check;  // that must fail
  std::string_view what;   // is wrong
  Hooks hooks;
};

// Takes rejected transitions one by one and leaves out those that the store refuses.
inline void commit_what_fits(MemoryStore& store, const Group& group) {
  for (const Transition& transition : group) {
    try {
      store.commit({&transition, 1});
    } catch (const StoreRejected&) {  // this one is forgotten
    }
  }
}

// A store that changes each transition before it writes it, and so forgives what it should refuse.
template <class Change>
Hooks forgiving(Change change) {
  Hooks hooks;
  hooks.commit = [change](MemoryStore& store, Group group) {
    for (Transition& transition : group) change(store, transition);
    store.commit(group);
  };
  return hooks;
}

inline std::vector<WrongStoreKind> wrong_writers() {
  std::vector<WrongStoreKind> kinds;
  Hooks last_only;
  last_only.commit = [](MemoryStore& store, const Group& group) {
    if (!group.empty()) store.commit({&group.front(), 1});
  };
  kinds.push_back({"a group is written as a whole", "only the first is written", last_only});
  Hooks one_by_one;
  one_by_one.commit = [](MemoryStore& store, const Group& group) {
    for (const Transition& transition : group) store.commit({&transition, 1});
  };
  kinds.push_back({"a group with one bad transition changes nothing", "one by one", one_by_one});
  Hooks silent;
  silent.commit = commit_what_fits;
  kinds.push_back({"a group with one bad transition changes nothing", "errors are lost", silent});
  kinds.push_back({"versions follow each other", "versions are not checked",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     const auto before = store.run(t.run.run_id);
                     t.expected_version = before ? before->version : 0;
                     t.run.version = t.expected_version + 1;
                   })});
  kinds.push_back({"runs have names", "names end at a NUL byte",
                   forgiving([](const MemoryStore&, Transition& t) {
                     const std::string cut = t.run.run_id.c_str();
                     t.run.run_id = cut;
                     for (HistoryBatch& batch : t.batches) batch.run_id = cut;
                   })});
  kinds.push_back(
      {"runs have names", "long names are cut", forgiving([](const MemoryStore&, Transition& t) {
         if (t.run.run_id.size() < 256) return;
         t.run.run_id.resize(255);
         for (HistoryBatch& batch : t.batches) batch.run_id = t.run.run_id;
       })});
  kinds.push_back(
      {"runs have a status", "any status will do", forgiving([](const MemoryStore&, Transition& t) {
         if (t.run.status < RunStatus::Running || t.run.status > RunStatus::TimedOut) {
           t.run.status = RunStatus::Running;
         }
       })});
  kinds.push_back({"a run keeps its identity", "the old identity is kept without a word",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     if (const auto before = store.run(t.run.run_id)) {
                       t.run.workflow_id = before->workflow_id;
                       t.run.start_time = before->start_time;
                     }
                   })});
  kinds.push_back({"a closed run stays closed", "late history is dropped without a word",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     const auto before = store.run(t.run.run_id);
                     if (!before || before->status == RunStatus::Running) return;
                     t.batches.clear();
                     t.run.chain = before->chain;
                     t.run.next_event_id = before->next_event_id;
                   })});
  kinds.push_back({"a history has no gaps", "batches are renumbered",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     const auto before = store.run(t.run.run_id);
                     std::int64_t next = before ? before->next_event_id : 1;
                     for (HistoryBatch& batch : t.batches) {
                       batch.last_event_id += next - batch.first_event_id;
                       batch.first_event_id = next;
                       next = batch.last_event_id + 1;
                     }
                     t.run.next_event_id = next;
                   })});
  kinds.push_back({"tasks are put, replaced and deleted", "a task is never replaced",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     std::erase_if(t.put_tasks, [&](const TaskRow& row) {
                       const auto tasks = store.tasks(row.key.run_id);
                       return std::ranges::count(tasks, row.key, &TaskRow::key) > 0;
                     });
                   })});
  kinds.push_back({"an absent task is not deleted", "absent tasks are passed over",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     std::erase_if(t.delete_tasks, [&](const TaskKey& key) {
                       const auto tasks = store.tasks(key.run_id);
                       return std::ranges::count(tasks, key, &TaskRow::key) == 0;
                     });
                   })});
  kinds.push_back({"a request is answered once", "repeated requests are passed over",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     std::erase_if(t.requests, [&](const RequestRow& row) {
                       return store.request(row.scope, row.request_id).has_value();
                     });
                   })});
  kinds.push_back({"a workflow id is held by one run", "every run becomes the current one",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     t.make_current = t.make_current || !store.run(t.run.run_id);
                   })});
  return kinds;
}

inline std::vector<WrongStoreKind> wrong_readers() {
  std::vector<WrongStoreKind> kinds;
  Hooks hooks;
  hooks.last_time = [](const MemoryStore& store) {
    const auto runs = store.runs({});
    return runs.empty() ? WallTime{} : runs.back().start_time;
  };
  kinds.push_back({"the last time never goes back", "the last start only", hooks});
  hooks = {};
  hooks.next_due = [](const MemoryStore& store) { return store.next_due().value_or(WallTime{}); };
  kinds.push_back({"a new store is empty", "the epoch for nothing due", hooks});
  hooks = {};
  hooks.run = [](const MemoryStore& store, std::string_view id) {
    auto row = store.run(id);
    if (row) row->state = std::string(row->state.substr(0, 65'536));
    return row;
  };
  kinds.push_back({"rows come back as they were written", "long states are cut", hooks});
  hooks = {};
  hooks.request = [](const MemoryStore& store, std::string_view scope, std::string_view id) {
    return scope.empty() ? std::nullopt : store.request(scope, id);
  };
  kinds.push_back({"rows come back as they were written", "empty names are NULL", hooks});
  hooks = {};
  hooks.history = [](const MemoryStore& store, std::string_view id, std::int64_t from) {
    auto batches = store.history(id);
    std::erase_if(batches, [&](const HistoryBatch& b) { return b.first_event_id < from; });
    return batches;
  };
  kinds.push_back({"a history is read from an event on", "batches that begin there", hooks});
  hooks = {};
  hooks.runs = [](const MemoryStore& store, const RunFilter& filter) {
    auto rows = store.runs(filter);
    std::ranges::sort(rows, {}, &RunRow::run_id);
    return rows;
  };
  kinds.push_back({"runs are listed in order and filtered", "by run id only", hooks});
  hooks.runs = [](const MemoryStore& store, RunFilter filter) {
    filter.status.reset();
    return store.runs(filter);
  };
  kinds.push_back({"runs are listed in order and filtered", "of any status", hooks});
  hooks.runs = [](const MemoryStore& store, RunFilter filter) {
    const std::string after = std::exchange(filter.after_run_id, {});
    const std::size_t limit = std::exchange(filter.limit, 1000);
    auto rows = store.runs(filter);
    static std::size_t offset = 0;  // pages by count, as OFFSET does
    offset = after.empty() ? 0 : offset;
    rows.erase(rows.begin(), rows.begin() + std::ptrdiff_t(std::min(offset, rows.size())));
    rows.resize(std::min(limit, rows.size()));
    offset += rows.size();
    return rows;
  };
  kinds.push_back({"pages are complete while runs are added", "pages by count", hooks});
  hooks = {};
  hooks.due_runs = [](const MemoryStore& store, WallTime until, std::size_t limit) {
    return store.due_runs(until - WallTime::duration(1), limit);
  };
  kinds.push_back({"open runs are found when they are due", "a nanosecond late", hooks});
  hooks = {};
  hooks.commit = [](MemoryStore& store, Group group) {
    for (Transition& t : group) {
      const auto before = store.run(t.run.run_id);
      if (before && before->due) t.run.due = before->due;
    }
    store.commit(group);
  };
  kinds.push_back({"due times change with their run", "the first due time stays", hooks});
  return kinds;
}

inline std::vector<WrongStoreKind> wrong_wholes() {
  std::vector<WrongStoreKind> kinds;
  Hooks hooks;
  hooks.remove = [](MemoryStore& store, std::string_view id) {
    if (store.run(id)) store.remove(id);
  };
  kinds.push_back({"a closed run is removed with all its rows", "unknown runs pass", hooks});
  hooks = {};
  hooks.current_run = [](const MemoryStore& store, std::string_view id) {
    const auto runs = store.runs({.workflow_id = std::string(id)});
    return runs.empty() ? std::nullopt : std::optional(runs.front());
  };
  kinds.push_back({"a workflow id outlives the removal of its current run", "the first", hooks});
  hooks = {};
  hooks.run = [](const MemoryStore& store, std::string_view id) {
    auto row = store.run(id);
    if (row) seal(*row);
    return row;
  };
  kinds.push_back({"damaged rows come back as they are or are refused", "sealed anew", hooks});
  hooks = {};
  hooks.tasks = [](const MemoryStore& store, std::string_view id) {
    auto rows = store.tasks(id);
    rows.resize(std::min<std::size_t>(rows.size(), 1000));
    return rows;
  };
  kinds.push_back({"many rows", "a thousand at most", hooks});
  hooks = {};
  hooks.reopen = [](MemoryStore& store) { store = MemoryStore(); };
  kinds.push_back({"reopening keeps everything", "nothing is kept", hooks});
  hooks = {};
  hooks.runs_in_flight_at_open = [](const MemoryStore& store) {
    auto found = store.runs_in_flight_at_open();
    found.erase(std::ranges::unique(found).begin(), found.end());
    return found;
  };
  kinds.push_back({"runs in flight are found by the next owner", "each run once", hooks});
  return kinds;
}

inline std::vector<WrongStoreKind> wrong_keepers_of_blobs() {
  std::vector<WrongStoreKind> kinds;
  kinds.push_back({"a blob is kept while a run uses it", "the first user has it alone",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     std::erase_if(t.blobs, [&](const BlobRow& row) {
                       return store.blob(row.hash).has_value();
                     });
                   })});
  Hooks hooks;
  hooks.remove = [kept = std::make_shared<int>()](MemoryStore& store, std::string_view id) {
    Transition keeper = start_of("keeper " + std::to_string(++*kept), "keeper");
    keeper.blobs = {blob_of("only a's")};
    keeper.run.status = RunStatus::Completed;
    store.remove(id);
    store.commit({&keeper, 1});
  };
  kinds.push_back({"a blob is kept while a run uses it", "a content outlives its runs", hooks});
  hooks = {};
  hooks.commit = commit_what_fits;
  kinds.push_back({"a blob comes with its transition", "of rejected groups too", hooks});
  hooks = {};
  hooks.blob = [](const MemoryStore& store, const Digest& hash) {
    auto bytes = store.blob(hash);
    if (bytes) bytes = bytes->substr(0, 65'536);
    return bytes;
  };
  kinds.push_back({"a blob comes back as it was written", "long ones are cut", hooks});
  kinds.push_back({"a blob comes back as it was written", "what is there stays",
                   forgiving([](const MemoryStore& store, Transition& t) {
                     for (BlobRow& row : t.blobs)
                       row.bytes = store.blob(row.hash).value_or(row.bytes);
                   })});
  hooks = {};
  hooks.reopen = [](MemoryStore& store) { store = MemoryStore(); };
  kinds.push_back({"reopening keeps blobs", "nothing is kept", hooks});
  return kinds;
}

inline std::vector<WrongStoreKind> wrong_stores() {
  std::vector<WrongStoreKind> all = wrong_writers();
  for (auto kinds : {wrong_readers(), wrong_wholes(), wrong_keepers_of_blobs()}) {
    for (WrongStoreKind& kind : kinds) all.push_back(std::move(kind));
  }
  return all;
}

}  // namespace durasim::testing
