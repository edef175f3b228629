// Every step finds out from the folder what has been done already, so that it may be repeated at
// any point. A script is started only from a folder that prepare() has made; where the folder is
// gone, the answer is "lost", never a second start.
#include "pipeline/script_activities.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/ids.hpp"
#include "durasim/core/process.hpp"

#include "core/signal_name.hpp"
#include "core/utf8.hpp"
#include "pipeline/script_launch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace durasim::inline v0::pipeline {

namespace {

namespace fs = std::filesystem;

// Two between heartbeats that are recorded.
constexpr std::chrono::milliseconds kHeartbeatInterval{15000};
// Of the supervisor, before it is given up: nothing of the script has happened by then.
constexpr int kMostFailedStarts = 10;

[[noreturn]] void fail_script_io(const char* verb, const std::string& path, int error) {
  throw IoError(fmt::format("cannot {} {}: {}", verb, path, std::strerror(error)));
}

// Folders that are not, or no longer, a script's.
std::string hidden_path(const std::string& root, const char* kind) {
  return fmt::format("{}/.{}-{}", root, kind, make_uuid(system_random()));
}
bool is_hidden(const fs::path& path) {
  return path.filename().native().starts_with('.');
}

void make_script_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) fail_script_io("make the folder", path, errno);
}

// The beginning may have been cut off within a character.
std::string kept_text(std::string text, bool truncated) {
  std::size_t rest = 0;
  while (truncated && rest < std::min<std::size_t>(text.size(), 3) &&
         (static_cast<unsigned char>(text[rest]) & 0xc0U) == 0x80U)
    ++rest;
  return to_utf8(std::string_view(text).substr(rest));
}

}  // namespace

ScriptResult result_of(const ScriptFolder& folder, const ScriptExit& exit) {
  ScriptResult result;
  result.exit_code = exit.exit_code;
  if (exit.signal != 0) result.signal = signal_name(exit.signal);
  result.timed_out = exit.timed_out;
  result.started_at = exit.started_at;
  const auto take = [&](const char* name, const OutputEnd& end, bool& truncated) {
    std::string text = folder.output(name, end);
    truncated = end.damaged || end.bytes > text.size();
    return kept_text(std::move(text), truncated);
  };
  result.stdout_text = take(kStdoutFile, exit.standard_output, result.stdout_truncated);
  result.stderr_text = take(kStderrFile, exit.standard_error, result.stderr_truncated);
  return result;
}

ScriptActivities::ScriptActivities(const ScriptOptions& options)
    : supervisor_(find_helper_program("durasim-supervisor", options.supervisor,
                                      "install durasim with its programs")) {
  if (options.store.empty() && options.folder.empty())
    throw InvalidArgument("scripts: name the engine's store, or the folder for their files");
  // The working directory may be another one when a script is started.
  if (!options.store.empty()) store_ = fs::absolute(options.store);
  root_ = options.folder.empty() ? store_ + ".scripts" : fs::absolute(options.folder).native();
  if (::mkdir(root_.c_str(), 0700) == 0) {
    sync_folder(fs::path(root_).parent_path());
  } else if (errno != EEXIST) {
    fail_script_io("make the folder", root_, errno);
  }
}

std::string ScriptActivities::path_of(const std::string& key) const {
  if (key.empty() || key.starts_with('.') || key.find('/') != std::string::npos)
    throw InvalidArgument(fmt::format("\"{}\" is not the key of a script", key));
  return fmt::format("{}/{}", root_, key);
}

// ---- making ------------------------------------------------------------------------------------

ScriptOrder ScriptActivities::order_of(const ActivityInfo& info,
                                       const ScriptRequest& request) const {
  std::map<std::string, std::string> environment;
  if (!store_.empty()) environment["DURASIM_STORE"] = store_;
  for (const std::string& name : request.inherit) {
    if (const char* value = std::getenv(name.c_str())) environment[name] = value;
  }
  for (const auto& [name, value] : request.environment) environment[name] = value;
  ScriptOrder order;
  order.workflow_id = info.workflow_id;
  order.run_id = info.workflow_run_id;
  order.argv = request.argv;
  for (const auto& [name, value] : environment) {
    if (!is_utf8(value))
      throw ApplicationFailure(
          fmt::format("the script's variable {} is not UTF-8 in the engine's process", name),
          {.type = std::string(kInvalidScript), .non_retryable = true});
    order.environment.push_back(fmt::format("{}={}", name, value));
  }
  order.working_directory = fs::absolute(
      request.working_directory.empty() ? fs::current_path() : fs::path(request.working_directory));
  order.timeout = request.timeout;
  order.grace = request.grace;
  order.max_output_bytes = request.max_output_bytes;
  return order;
}

void ScriptActivities::prepare(const ActivityContext& context, const ScriptJob& job) const {
  const std::string path = path_of(job.key);
  if (!fs::exists(path)) make(path, order_of(context.info(), job.request));
  sync_folder(root_);
}

// Whole under another name, and then renamed: what has the key's name can be executed.
void ScriptActivities::make(const std::string& path, const ScriptOrder& order) const {
  const std::string making = hidden_path(root_, "new");
  make_script_folder(making);
  const auto folder = ScriptFolder::open(making);
  if (!folder) fail_script_io("open", making, ENOENT);
  if (::mkfifoat(folder->descriptor(), kControlFile, 0600) != 0) folder->fail("make", kControlFile);
  folder->write(kOrderFile, to_text(order));  // and syncs
  if (std::rename(making.c_str(), path.c_str()) == 0) return;
  const int error = errno;
  fs::remove_all(making);
  if (error != ENOTEMPTY && error != EEXIST) fail_script_io("make the folder", path, error);
}

// ---- running -----------------------------------------------------------------------------------

void ScriptActivities::start(const ActivityContext& context, const ScriptFolder& folder,
                             const StopSignal& stop) const {
  std::string complaint;
  try {
    complaint = launch_supervisor(supervisor_, folder.path(), stop);
  } catch (const UnavailableError& error) {
    complaint = error.what();
  }
  if (context.is_canceled() || folder.state() != ScriptState::Prepared) return;
  const auto before = context.heartbeat_details<ScriptProgress>().value_or(ScriptProgress{});
  const int failed = before.failed_starts + 1;
  context.heartbeat(ScriptProgress{folder.path(), failed});
  if (complaint.empty()) complaint = supervisor_ + " has ended without claiming " + folder.path();
  throw ApplicationFailure(
      fmt::format("the script was not started: {}", complaint),
      {.type = std::string(kScriptNotStarted), .non_retryable = failed >= kMostFailedStarts});
}

ScriptState ScriptActivities::wait_for_end(const ActivityContext& context,
                                           const ScriptFolder& folder) const {
  const StopSignal stop(context.stop_token());
  std::optional<ScriptWatch> watch;
  bool asked = false;
  for (;;) {
    const ScriptState state = folder.state();
    if (state == ScriptState::Ended || state == ScriptState::Lost) return state;
    if (context.is_canceled()) {
      // The script outlives an engine that stops.
      if (context.cancel_reason() == ActivityCancelReason::WorkerShutdown)
        context.throw_if_canceled();
      // Whoever has the claim of a script that was not started keeps all supervisors from it.
      if (state == ScriptState::Prepared && !folder.take_claim()) continue;
      if (state == ScriptState::Prepared) return ScriptState::Lost;
      if (!std::exchange(asked, true)) folder.ask_to_stop();
      stop.drain();
    }
    if (state == ScriptState::Prepared) {
      start(context, folder, stop);
    } else if (!watch) {
      watch.emplace(folder, stop);  // and once more: what has happened before it watched
    } else {
      context.heartbeat(ScriptProgress{folder.path(), 0});
      watch->wait(kHeartbeatInterval);
    }
  }
}

ScriptOutcome ScriptActivities::execute(const ActivityContext& context,
                                        const std::string& key) const {
  const auto folder = ScriptFolder::open(path_of(key));
  if (!folder) return {.lost = path_of(key) + " is not there any more"};
  if (wait_for_end(context, *folder) == ScriptState::Lost) {
    context.throw_if_canceled();
    return {.lost = fmt::format(
                "{}: its supervisor has died before it recorded an end (it was killed, or the "
                "machine was booted)",
                folder->path())};
  }
  ScriptExit exit;
  try {
    exit = folder->exit();
  } catch (const FormatError& error) {  // the disk has not kept it
    return {.lost = fmt::format("{}: the record of its end is damaged: {}", folder->path(),
                                error.what())};
  }
  if (exit.canceled) context.throw_if_canceled();
  if (!exit.error.empty())
    throw ApplicationFailure(exit.error,
                             {.type = std::string(kScriptNotStarted), .non_retryable = true});
  return {.lost = {}, .result = result_of(*folder, exit), .asked_to_end = exit.canceled};
}

// ---- removing ----------------------------------------------------------------------------------

bool ScriptActivities::end_and_remove(const std::string& path, const std::stop_token& stop) const {
  const auto folder = ScriptFolder::open(path);
  if (!folder) return true;
  const StopSignal signal(stop);
  // Nobody starts it from here on.
  if (folder->state() == ScriptState::Prepared) (void)folder->take_claim();
  if (folder->state() == ScriptState::Running) {
    folder->ask_to_stop();
    ScriptWatch watch(*folder, signal);
    while (folder->state() == ScriptState::Running) {
      if (stop.stop_requested()) return false;
      watch.wait(kHeartbeatInterval);
    }
  }
  // At once for everybody who looks by its name.
  const std::string gone = hidden_path(root_, "old");
  if (std::rename(path.c_str(), gone.c_str()) != 0) {
    if (errno == ENOENT) return true;
    fail_script_io("remove", path, errno);
  }
  folder->remove_order();
  fs::remove_all(gone);
  return true;
}

void ScriptActivities::discard(const ActivityContext& context, const std::string& key) const {
  if (!end_and_remove(path_of(key), context.stop_token())) context.throw_if_canceled();
}

std::vector<std::string> ScriptActivities::folders() const {
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(root_)) {
    if (entry.is_directory() && !is_hidden(entry.path())) found.push_back(entry.path());
  }
  return found;
}

std::size_t ScriptActivities::ask_to_end(std::string_view run_id) const {
  const std::string beginning = fmt::format("{}-", run_id);
  std::size_t asked = 0;
  for (const std::string& path : folders()) {
    if (!fs::path(path).filename().string().starts_with(beginning)) continue;
    const auto folder = ScriptFolder::open(path);
    if (!folder || folder->state() != ScriptState::Running) continue;
    folder->ask_to_stop();
    ++asked;
  }
  return asked;
}

std::size_t ScriptActivities::sweep(const std::function<bool(const ScriptOrder&)>& is_over,
                                    const Logger& log, const std::stop_token& stop) const {
  std::size_t removed = 0;
  for (const std::string& path : folders()) {
    try {
      const auto folder = ScriptFolder::open(path);
      if (!folder || !is_over(folder->order())) continue;
      if (end_and_remove(path, stop)) ++removed;
    } catch (const std::exception& error) {
      if (fs::exists(path))  // else its own workflow has removed it
        log.warning(fmt::format("{} stays there: {}", path, error.what()));
    }
  }
  return removed;
}

void ScriptActivities::remove_leftovers() const {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(root_)) {
    if (is_hidden(entry.path())) found.push_back(entry.path());
  }
  std::error_code ignored;  // in nobody's way
  for (const fs::path& path : found) fs::remove_all(path, ignored);
}

}  // namespace durasim::inline v0::pipeline
