// The activities behind ScriptExecutionWorkflow: a script's folder from its making to its removal.
#pragma once

#include "durasim/activity/context.hpp"
#include "durasim/core/log.hpp"
#include "durasim/pipeline/script.hpp"

#include "pipeline/script_folder.hpp"
#include "pipeline/script_watch.hpp"

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::pipeline {

// Immutable, so thread-safe.
class ScriptActivities {
 public:
  // Resolves paths and finds the supervisor; makes the folder of folders.
  explicit ScriptActivities(const ScriptOptions& options);

  // What the activities of these names do.
  void prepare(const ActivityContext& context, const ScriptJob& job) const;
  [[nodiscard]] ScriptOutcome execute(const ActivityContext& context, const std::string& key) const;
  void discard(const ActivityContext& context, const std::string& key) const;

  // Discards the folders for whose order `is_over` holds; returns their number. What cannot be
  // judged or removed is logged and left. Scripts that run are told to end and waited for, as long
  // as `stop` is not requested.
  std::size_t sweep(const std::function<bool(const ScriptOrder&)>& is_over, const Logger& log,
                    const std::stop_token& stop) const;
  // Those of one run that are running; returns their number.
  [[nodiscard]] std::size_t ask_to_end(std::string_view run_id) const;
  // Removes what a process that died has left half made or half removed, as far as it can be. Only
  // while nobody else works here.
  void remove_leftovers() const;

 private:
  [[nodiscard]] std::string path_of(const std::string& key) const;
  [[nodiscard]] std::vector<std::string> folders() const;
  [[nodiscard]] ScriptOrder order_of(const ActivityInfo& info, const ScriptRequest& request) const;
  void make(const std::string& path, const ScriptOrder& order) const;
  ScriptState wait_for_end(const ActivityContext& context, const ScriptFolder& folder) const;
  void start(const ActivityContext& context, const ScriptFolder& folder,
             const StopSignal& stop) const;
  // False: stop was requested before the script had ended.
  bool end_and_remove(const std::string& path, const std::stop_token& stop) const;

  std::string store_;  // absolute, or empty
  std::string root_;
  std::string supervisor_;
};

// The result that a record of an end and the kept output make.
ScriptResult result_of(const ScriptFolder& folder, const ScriptExit& exit);

}  // namespace durasim::inline v0::pipeline
