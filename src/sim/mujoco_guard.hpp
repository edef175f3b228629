// Marks a thread as being inside a durasim call of MuJoCo. On such a thread MuJoCo's errors become
// MujocoError and its warnings are collected; elsewhere messages go to the handler that the host
// had set. A handler that the host sets after durasim's first call replaces ours: it must forward
// to its predecessor.
#pragma once

#include <string>
#include <vector>

namespace durasim::inline v0::sim {

class MujocoCall {
 public:
  MujocoCall();
  ~MujocoCall();
  MujocoCall(const MujocoCall&) = delete;
  MujocoCall& operator=(const MujocoCall&) = delete;

  // MuJoCo's warnings since the last call, each text once, at most 100.
  [[nodiscard]] std::vector<std::string> take_warnings() { return std::move(warnings_); }
  void add_warning(const std::string& text);

 private:
  MujocoCall* outer_;
  std::vector<std::string> warnings_;
};

}  // namespace durasim::inline v0::sim
