// An attempt's way from its thread to the service: heartbeats, durable before they are answered.
#pragma once

#include "engine/shell/shell.hpp"

#include <chrono>
#include <utility>

namespace durasim::inline v0 {

class Engine::Shell::Outbound final : public ActivityOutbound {
 public:
  // `leads`: whether the thread may write what others wait for.
  Outbound(Shell& shell, engine::ActivityHandle handle, std::string workflow_id, bool leads)
      : shell_(shell),
        handle_(std::move(handle)),
        workflow_id_(std::move(workflow_id)),
        leads_(leads) {}
  HeartbeatReply record_heartbeat(const PayloadList& details) override {
    PayloadList encoded = details;
    shell_.coding_.encode(encoded, workflow_id_);
    Lock lock(shell_.mutex_);
    const HeartbeatReply reply = shell_.service_.heartbeat(handle_, encoded, shell_.now());
    if (!leads_) shell_.wake_workflow_thread();
    shell_.committer_.wait(lock, leads_ ? std::chrono::seconds(0) : std::chrono::seconds(1));
    return reply;
  }
  void wake_at(SteadyTime due) override {
    const Lock lock(shell_.mutex_);
    shell_.heartbeats_due_[handle_] = due;
    shell_.arm(shell_.now() + (due - shell_.clock_.steady_now()));
  }

 private:
  Shell& shell_;
  engine::ActivityHandle handle_;
  std::string workflow_id_;
  bool leads_;
};

}  // namespace durasim::inline v0
