// A folder for as long as an attempt of an activity takes. One that a killed process has left is
// known by its lock, which nobody holds any more.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/log.hpp"

#include "core/descriptor.hpp"

#include <string>

namespace durasim::inline v0::pipeline {

class DURASIM_EXPORT ScratchFolder {
 public:
  // Makes ROOT/KEY anew, for its owner alone (0700). Throws UnavailableError while another one of
  // that name is in use, IoError.
  ScratchFolder(const std::string& root, const std::string& key);
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  // Removes it with all that is in it.
  ~ScratchFolder();
  [[nodiscard]] const std::string& path() const { return path_; }

  // Removes what killed processes have left below `root`; what cannot be removed is logged and
  // left. Throws IoError.
  static void sweep(const std::string& root, const Logger& log);

 private:
  std::string path_;
  Descriptor lock_;
};

}  // namespace durasim::inline v0::pipeline
