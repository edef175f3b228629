// An activity is alive while it waits for a call that may take long and says nothing: an upload, a
// compiler, a child process with a deadline of its own.
#pragma once

#include "durasim/activity/context.hpp"

#include <thread>

namespace durasim::inline v0::pipeline {

// Heartbeats from a thread of its own while it lives, four times in a heartbeat timeout; not at all
// without one. Work that may hang for ever must not be in its life: nobody would notice.
class DURASIM_EXPORT HeartbeatTicker {
 public:
  // With what the attempt said last.
  HeartbeatTicker(const ActivityContext& ctx, PayloadList details);
  // In an attempt that has said nothing yet: with what the one before said last.
  explicit HeartbeatTicker(const ActivityContext& ctx)
      : HeartbeatTicker(ctx, ctx.last_heartbeat()) {}

 private:
  std::jthread thread_;
};

}  // namespace durasim::inline v0::pipeline
