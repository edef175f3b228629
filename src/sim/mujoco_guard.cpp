// The process-wide log handler of MuJoCo, and the thread-local mark that tells whose call it is.
#include "sim/mujoco_guard.hpp"

#include "durasim/sim/model.hpp"

#include <mujoco/mujoco.h>

#include <algorithm>
#include <mutex>

namespace durasim::inline v0::sim {
namespace {

constexpr std::size_t kMaxWarnings = 100;

thread_local MujocoCall* current_call = nullptr;
mjfLogHandler host_handler = nullptr;  // written once, before our handler can run

std::string text_of(const mjLogMessage& message) {
  std::string text = message.subject;
  if (message.body != nullptr && message.body[0] != '\0') text.append(": ").append(message.body);
  return text;
}

// MuJoCo ends the process when an error handler returns; throwing is its documented way out.
void on_message(const mjLogMessage* message) {
  if (current_call != nullptr && message->level == mjLOG_ERROR)
    throw MujocoError("MuJoCo: " + text_of(*message));
  if (current_call != nullptr && message->level == mjLOG_WARNING) {
    current_call->add_warning(text_of(*message));
    return;
  }
  host_handler(message);
}

void install_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    // The predecessor is asked for first, so that a message of another thread always finds one.
    host_handler = mju_setLogHandler(nullptr);
    mju_setLogHandler(host_handler);
    mju_setLogHandler(on_message);
  });
}

}  // namespace

ModelError::~ModelError() = default;
MujocoError::~MujocoError() = default;

MujocoCall::MujocoCall() : outer_(current_call) {
  install_once();
  current_call = this;
}

MujocoCall::~MujocoCall() {
  current_call = outer_;
}

void MujocoCall::add_warning(const std::string& text) {
  if (warnings_.size() < kMaxWarnings &&
      std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end()) {
    warnings_.push_back(text);
  }
}

}  // namespace durasim::inline v0::sim
