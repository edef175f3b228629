// What an attempt of an activity needs from whoever runs it: an engine, a worker for a Temporal
// server, or a test.
#pragma once

#include "durasim/core/payload.hpp"
#include "durasim/core/time.hpp"

namespace durasim::inline v0 {

// What the service answers to a heartbeat.
struct HeartbeatReply {
  // The workflow has asked the activity to stop.
  bool cancel_requested = false;
  // The service no longer knows the attempt: it has timed out, or its run has closed.
  bool not_found = false;
};

// One attempt's way out. Called under the attempt's lock, from any thread, one call at a time; must
// not call back into the attempt, but for ActivityAttempt::request_cancel().
class DURASIM_EXPORT ActivityOutbound {
 public:
  virtual ~ActivityOutbound();
  // Hands over the latest details, already throttled. An exception reaches nobody: it is logged,
  // and the next heartbeat tries again.
  virtual HeartbeatReply record_heartbeat(const PayloadList& details) = 0;
  // Asks for one call of ActivityAttempt::on_heartbeat_timer() at or after `due`.
  virtual void wake_at(SteadyTime due) = 0;
};

}  // namespace durasim::inline v0
