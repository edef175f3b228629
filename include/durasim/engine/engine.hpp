// The engine in a host program: workflows and activities on threads of its own, over a durable
// store. A run goes on where it was when the program that was killed is started again.
//   durasim::Engine engine{{.store = "digest.db"}};
//   engine.worker("agents").implement(research_digest, digest).implement(run_agent, call_agent);
//   engine.start();                        // recovers whatever was running
//   auto run = engine.client().start_or_attach(research_digest, {.topic = "poetry"},
//                                              {.id = "digest-1", .task_queue = "agents"});
//   std::puts(run.result().c_str());
#pragma once

#include "durasim/activity/attempt.hpp"
#include "durasim/core/codec.hpp"
#include "durasim/core/log.hpp"
#include "durasim/core/metrics.hpp"
#include "durasim/core/time.hpp"
#include "durasim/engine/client.hpp"
#include "durasim/engine/options.hpp"
#include "durasim/engine/worker.hpp"
#include "durasim/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace durasim::inline v0 {

struct EngineOptions {
  // Path of the SQLite database; created if it is not there. Or a store of the host's, borrowed,
  // whose reads may run beside a write.
  std::string store{};
  store::Store* custom_store = nullptr;
  // ProcessCrash: the death of the process loses nothing, and a power loss may take the last
  // moments.
  store::Durability durability = store::Durability::PowerLoss;
  // How long to wait as stand-by for the death of another owner; zero: StoreInUse at once.
  std::chrono::nanoseconds standby{0};
  std::stop_token standby_stop{};  // ends that wait: CancelledError
  // Whether processes of the same user may call: RemoteEngine, the durasim program. They do it
  // through a socket beside the store, "<store>.sock".
  bool serve_other_processes = true;
  // How many threads run workflow code at the same time.
  int workflow_threads = 1;
  // Runs whose coroutines stay in memory between their tasks.
  std::size_t cached_runs = 1000;
  // How long ~Engine and stop() wait for activities that were asked to end.
  std::chrono::nanoseconds shutdown_grace = std::chrono::seconds(10);
  // A workflow task that takes longer is reported with the place where the run last suspended, and
  // another thread takes over the other runs; its answer is taken if it ever comes. 0: never.
  std::chrono::nanoseconds deadlock_timeout = std::chrono::seconds(2);
  bool fail_task_on_exception = false;
  EngineLimits limits{};
  HeartbeatThrottle heartbeat_throttle{};
  Logger logger{};  // its sink is called with the engine's lock held: it must not call the engine
  MetricsSink* metrics = nullptr;       // borrowed; as Temporal's SDKs count and measure
  const PayloadCodec* codec = nullptr;  // borrowed
  std::string identity{};               // in histories; empty: "pid@host"
};

// A task queue's threads.
struct WorkerOptions {
  int max_concurrent_activities = 0;     // 0: as many as there are cores
  double max_activities_per_second = 0;  // 0: no limit
  // For activities that keep a core busy: they run 10 nice levels below the rest of the process, as
  // do the processes that they start, and other threads write down what comes of them.
  bool low_priority = false;
};

// What was left when the engine stopped: user code that did not end. It goes on in threads of which
// nobody waits for the result; its attempts are retried when an engine has the store again.
struct StopReport {
  std::map<std::string, int> abandoned_activities;  // by activity type
  std::map<std::string, int> abandoned_workflows;   // by workflow type
  [[nodiscard]] bool clean() const {
    return abandoned_activities.empty() && abandoned_workflows.empty();
  }
};

// Thread-safe from start() on. Several engines may live in one process, each with a store of its
// own.
class DURASIM_EXPORT Engine {
 public:
  // Opens the store and becomes its owner. Throws what the store throws: StoreInUse, ...
  explicit Engine(EngineOptions options);
  // As stop(shutdown_grace).
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The worker of a task queue, to be filled before start(). The reference stays valid; the options
  // are those of the queue's first call.
  Worker& worker(const std::string& task_queue, const WorkerOptions& options = {});
  // Recovers the runs of the store and begins to work. Runs of types that no worker implements are
  // left as they are; their types are returned. Throws LogicError the second time, and what the
  // store throws when the recovery cannot be read or written now: nothing of it stays, and another
  // Engine can try again.
  std::vector<std::string> start();
  // Calls work from here on; before start() too, but nothing runs yet.
  [[nodiscard]] Client client();
  [[nodiscard]] Frontend& frontend();

  // Asks all activities to end, waits at most that long, and ends the engine; what has not ended is
  // abandoned and reported. Calls of clients that wait throw CancelledError, and stop() returns
  // after the last of them has; only a query whose handler does not return can keep it. Idempotent.
  StopReport stop(std::chrono::nanoseconds grace);

 private:
  class Shell;
  std::unique_ptr<Shell> shell_;
};

}  // namespace durasim::inline v0
