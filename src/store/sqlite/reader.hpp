// Reading connections: read-only, opened when one is needed, each used by one thread at a time. A
// reader never checkpoints and is closed before the writer: SQLite before 3.51.3 loses commits when
// two connections checkpoint.
#pragma once

#include "durasim/store/store.hpp"

#include "store/sqlite/connection.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::store::sqlite {

// The reads of one connection; rows that do not carry their checksum are StoreDamaged.
class Reader {
 public:
  Reader(const std::string& path, const std::string& vfs, Connection::Access access);

  [[nodiscard]] Connection& connection() { return connection_; }

  [[nodiscard]] std::optional<RunRow> run(std::string_view run_id);
  [[nodiscard]] std::optional<RunRow> current_run(std::string_view workflow_id);
  [[nodiscard]] std::vector<TaskRow> tasks(std::string_view run_id);
  [[nodiscard]] std::vector<HistoryBatch> history(std::string_view run_id,
                                                  std::int64_t from_event_id);
  [[nodiscard]] std::optional<RequestRow> request(std::string_view scope,
                                                  std::string_view request_id);
  [[nodiscard]] std::optional<std::string> blob(const Digest& hash);
  [[nodiscard]] std::vector<RunRow> runs(const RunFilter& filter);
  [[nodiscard]] std::vector<std::string> due_runs(WallTime until, std::size_t limit);
  [[nodiscard]] std::optional<WallTime> next_due();

 private:
  enum Filter : std::size_t { kOpen = 1, kStatus = 2, kWorkflowId = 4, kType = 8, kPage = 16 };

  Statement& prepared(Statement& statement, std::string_view sql);
  [[nodiscard]] std::int64_t id_of(std::string_view run_id);
  Statement& list_statement(std::size_t filter);
  // When the run started; throws InvalidArgument when there is none.
  [[nodiscard]] std::int64_t start_of(const std::string& run_id);
  // As runs(), for tables with pages that cannot be read: each row by itself.
  [[nodiscard]] std::vector<RunRow> runs_one_by_one(const RunFilter& filter, std::int64_t after);

  Connection connection_;
  Statement run_;
  Statement id_;
  Statement current_;
  Statement tasks_;
  Statement history_;
  Statement request_;
  Statement blob_;
  Statement due_;
  Statement next_due_;
  std::array<Statement, 32> lists_;
};

// Keeps readers for those who come. Thread-safe.
class ReaderPool {
 public:
  ReaderPool(std::string path, std::string vfs, std::size_t at_most, const Clock& clock,
             std::chrono::milliseconds max_read_time);

  // A reader, until the lease ends; waits while all are in use.
  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<Reader> reader)
        : pool_(pool), reader_(std::move(reader)) {}
    ~Lease() { pool_.give_back(std::move(reader_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Reader* operator->() const { return reader_.get(); }

   private:
    ReaderPool& pool_;
    std::unique_ptr<Reader> reader_;
  };
  [[nodiscard]] Lease take();
  void close();

 private:
  void give_back(std::unique_ptr<Reader> reader) noexcept;

  const std::string path_;
  const std::string vfs_;
  const std::size_t at_most_;
  const Clock& clock_;
  const std::chrono::milliseconds max_read_time_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Reader>> idle_;
  std::size_t open_ = 0;
};

}  // namespace durasim::inline v0::store::sqlite
