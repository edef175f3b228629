// The engine behind WorkflowEnvironment: service, executor and activities on the calling thread,
// with a clock that is moved by hand. Everything is committed before it is acknowledged, as in the
// real shell.
#pragma once

#include "durasim/activity/attempt.hpp"
#include "durasim/engine/frontend.hpp"
#include "durasim/engine/worker.hpp"
#include "durasim/store/memory.hpp"
#include "durasim/testing/activity_environment.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "engine/client_requests.hpp"
#include "engine/payload_coding.hpp"
#include "engine/run_result.hpp"
#include "engine/service.hpp"
#include "engine/workflow_executor.hpp"
#include "testing/seeded_random.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::testing {

class WorkflowEnvironment::LocalEngine final : public Frontend {
 public:
  explicit LocalEngine(WorkflowEnvironmentOptions options);
  ~LocalEngine() override;

  Worker& worker(const std::string& task_queue);
  void restart();
  void settle();
  void sleep(Duration duration);
  [[nodiscard]] WallTime now() const {
    return options_.start_time + (clock_.wall_now() - WallTime{});
  }

  WorkflowExecution start(std::string_view workflow_type, PayloadList input,
                          const StartOptions& options, bool attach) override;
  WorkflowExecution signal_with_start(std::string_view workflow_type, PayloadList input,
                                      const StartOptions& options, std::string_view signal,
                                      PayloadList signal_input) override;
  void signal(const WorkflowExecution& run, std::string_view name, PayloadList input,
              const std::string& request_id) override;
  PayloadList query(const WorkflowExecution& run, std::string_view type,
                    PayloadList arguments) override;
  void cancel(const WorkflowExecution& run, const std::string& reason) override;
  void terminate(const WorkflowExecution& run, const std::string& reason) override;
  void resume(const WorkflowExecution& run) override;
  WorkflowDescription describe(const WorkflowExecution& run) override;
  std::vector<WorkflowDescription> list(const ListOptions& options) override;
  PayloadList result(const WorkflowExecution& run) override;
  void complete_activity(const std::string& task_token, const ActivityOutcome& outcome) override;
  std::string history(const WorkflowExecution& run) override;

 private:
  class Outbound;
  // An attempt whose code is on the stack.
  struct Running {
    engine::ActivityHandle handle;
    std::shared_ptr<ActivityAttempt> attempt;
    std::optional<SteadyTime> wake;
  };

  void boot();
  void register_implementations();
  bool run_workflow_tasks();
  bool run_activity();
  void run_attempt(const engine::ActivityHandle& handle,
                   const ActivityImplementation& implementation);
  // Of the run that the attempt belongs to; empty when there is none.
  [[nodiscard]] std::string workflow_of(const engine::ActivityHandle& handle);
  void commit();
  // Moves the clock to what happens next, at most to `limit`; false when nothing does.
  bool skip(WallTime limit);
  void move_to(WallTime time);
  void check_served(const engine::StartRequest& request, const StartOptions& options) const;

  WorkflowEnvironmentOptions options_;
  engine::PayloadCoding coding_;
  VirtualClock clock_;
  store::MemoryStore own_store_;
  store::Store& store_;
  SeededRandom random_;
  engine::ClientRequests requests_;
  std::map<std::string, Worker> workers_;
  std::unique_ptr<engine::Service> service_;
  std::map<std::string, engine::WorkflowExecutor> executors_;  // by task queue
  std::vector<Running> running_;
};

}  // namespace durasim::inline v0::testing
