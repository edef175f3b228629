// Where one run of the stepping keeps its recording and its checkpoints, so that the next attempt
// can go on: a folder that one attempt at a time has. Its rules for power loss: a checkpoint is
// written and synced only after the recording up to its offset was, and gets its name last.
#pragma once

#include "durasim/sim/checkpoint.hpp"

#include "core/descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::pipeline {

class DURASIM_EXPORT RunFolder {
 public:
  // Makes the folder. Throws UnavailableError while another attempt has it, IoError.
  explicit RunFolder(std::string path);

  [[nodiscard]] std::string trajectory() const { return path_ + "/trajectory.dstraj"; }

  struct Saved {
    std::int64_t step = 0;
    std::uint64_t offset = 0;  // bytes of the recording that belong to it
    std::string path;
  };
  // The newest first.
  [[nodiscard]] std::vector<Saved> saved() const;

  // Durable when it returns; the recording has been written up to `offset`. Keeps this checkpoint
  // and the one before it.
  Saved save(const sim::Checkpoint& checkpoint, std::uint64_t offset);

  // How many attempts have begun since the newest checkpoint is the newest; of which step that is.
  struct Attempts {
    std::int64_t step = 0;
    int count = 0;
  };
  // Counts another one; durable when it returns, so that it is counted whatever it does to its
  // process.
  Attempts begin_attempt();
  // It has ended and is not to be counted, or none of them is. Needs no room on the disk.
  void forget_attempt();
  void forget_attempts();

  // Removes all checkpoints: the recording is about to begin again.
  void forget();

  // What the attempts have left, when nobody will go on with it.
  static void remove(const std::string& path);
  // The same unless an attempt still has it; whether it is gone.
  static bool remove_unused(const std::string& path);

 private:
  [[nodiscard]] std::optional<Attempts> attempts() const;
  [[nodiscard]] std::string path_of(const Attempts& attempts) const;
  void recount(const Attempts& now, int count) const;

  std::string path_;
  Descriptor lock_;
};

}  // namespace durasim::inline v0::pipeline
