// The folder of one attempt at a script: the engine prepares it and reads it, the supervisor owns
// it while the script runs. Compiled into both. Who owns it is known by a lock, never by a pid.
#pragma once

#include "durasim/core/describe.hpp"
#include "durasim/core/time.hpp"

#include "core/descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::pipeline {

// Names in the folder. Persistent, as are the structs below.
inline constexpr const char* kOrderFile = "order.json";  // what is to be done
inline constexpr const char* kControlFile = "control";   // FIFO: a byte asks to end the script
inline constexpr const char* kClaimFile = "claim";       // locked by the supervisor while it lives
inline constexpr const char* kExitFile = "exit.json";    // how the script ended
inline constexpr const char* kStdoutFile = "stdout";     // the end of it; see KeptOutput
inline constexpr const char* kStderrFile = "stderr";

struct ScriptOrder {
  std::string workflow_id{};
  std::string run_id{};
  std::vector<std::string> argv{};
  std::vector<std::string> environment{};  // "NAME=value"
  std::string working_directory{};
  Duration timeout{};  // 0: none
  Duration grace{};
  std::uint64_t max_output_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(ScriptOrder, (),
                      (workflow_id, run_id, argv, environment, working_directory, timeout, grace,
                       max_output_bytes))

struct OutputEnd {
  std::uint64_t bytes = 0;  // written by the script, kept or not
  bool damaged = false;     // some that should have been kept are not: a write failed
};
BOOST_DESCRIBE_STRUCT(OutputEnd, (), (bytes, damaged))

struct ScriptExit {
  std::string error{};  // why it was not started; then nothing below counts
  int exit_code = -1;
  int signal = 0;  // 0: it exited
  bool timed_out = false;
  bool canceled = false;  // it was asked to end before it did
  WallTime started_at{};
  WallTime ended_at{};
  OutputEnd standard_output{};
  OutputEnd standard_error{};
};
BOOST_DESCRIBE_STRUCT(ScriptExit, (),
                      (error, exit_code, signal, timed_out, canceled, started_at, ended_at,
                       standard_output, standard_error))

enum class ScriptState {
  Prepared,  // nobody has claimed it: nothing was started
  Running,   // its supervisor lives
  Ended,     // there is a record of its end
  Lost,      // claimed, but by nobody who lives, and without a record; or removed
};

// Not thread-safe. Functions throw IoError that names the folder.
class ScriptFolder {
 public:
  // Nothing: there is no such folder.
  static std::optional<ScriptFolder> open(const std::string& path);

  [[nodiscard]] ScriptState state() const;
  // Takes the claim, durably; who has it holds the lock until the descriptor is closed. Nothing:
  // somebody else has taken it, now or ever.
  [[nodiscard]] std::optional<Descriptor> take_claim() const;
  // Asks whoever has the claim to end the script.
  void ask_to_stop() const;

  // Both throw FormatError too.
  [[nodiscard]] ScriptOrder order() const;
  [[nodiscard]] ScriptExit exit() const;
  // What was kept of an output, in order.
  [[nodiscard]] std::string output(const char* name, const OutputEnd& end) const;

  // A new file of that name, whole and durable.
  void write(const char* name, std::string_view text) const;
  // What removing the folder begins with: nobody takes it for prepared from here on.
  void remove_order() const;
  // Makes new names in the folder durable.
  void sync() const;
  [[nodiscard]] int descriptor() const { return folder_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[noreturn]] void fail(const char* verb, std::string_view name) const;  // with errno

 private:
  ScriptFolder(std::string path, Descriptor folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}
  [[nodiscard]] bool has(const char* name) const;
  [[nodiscard]] std::string read(const char* name, std::size_t max_bytes) const;
  std::string path_;
  Descriptor folder_;
};

// All of it, at `offset`, or false with errno.
bool write_all(int fd, std::string_view bytes, std::uint64_t offset);

// As JSON.
std::string to_text(const ScriptOrder& order);
std::string to_text(const ScriptExit& exit);

}  // namespace durasim::inline v0::pipeline
