// What the tests of the service share: one over any store, with its own time, and short calls.
#pragma once

#include "durasim/store/store.hpp"

#include "engine/core_driver.hpp"
#include "engine/service.hpp"
#include "testing/seeded_random.hpp"

#include <chrono>
#include <string>

namespace durasim::inline v0::engine::test {

struct Bench {
  store::Store& store;
  durasim::testing::SeededRandom random{1};
  Service service;
  WallTime now = WallTime(std::chrono::sys_days{std::chrono::January / 1 / 2026});

  explicit Bench(store::Store& under, EngineLimits limits = {})
      : store(under), service(under, random, {.limits = limits}) {}

  std::string start(const std::string& id, const std::string& request_id = "") {
    StartRequest request;
    request.run.workflow_id = id;
    request.run.workflow_type = "Type";
    request.run.task_queue = "queue";
    request.request_id = request_id;
    const std::string run_id = service.start(request, now).run_id;
    service.commit(now);
    return run_id;
  }
  void signal(const std::string& id, const PayloadList& input = {}) {
    service.signal(id, "", {"go", input, "client", "", std::nullopt}, now);
    service.commit(now);
  }
  WorkflowTask task() {
    const auto next = service.next_workflow_task("queue", now);
    REQUIRE(next);
    service.commit(now);
    return *next;
  }
};

}  // namespace durasim::inline v0::engine::test
