// The thread ends with its owner, or when the attempt does.
#include "pipeline/heartbeat_ticker.hpp"

#include "durasim/core/error.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

void tick(const std::stop_token& stop, const ActivityContext& ctx, const PayloadList& details) {
  std::mutex mutex;
  std::condition_variable_any end;
  std::unique_lock lock(mutex);
  const Duration interval = ctx.info().heartbeat_timeout / 4;
  const auto never = [] { return false; };
  while (end.wait_for(lock, stop, interval, never), !stop.stop_requested()) {
    try {
      ctx.heartbeat_payloads(details);
    } catch (const CancelledError&) {  // the attempt is over, or abandoned
      return;
    }
  }
}

}  // namespace

HeartbeatTicker::HeartbeatTicker(const ActivityContext& ctx, PayloadList details) {
  if (ctx.info().heartbeat_timeout <= Duration::zero()) return;
  thread_ = std::jthread([ctx, details = std::move(details)](const std::stop_token& stop) {
    tick(stop, ctx, details);
  });
}

}  // namespace durasim::inline v0::pipeline
