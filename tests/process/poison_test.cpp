// Workflows that kill their process or never return: after three deaths they are parked and all
// others go on; a run that was resumed is executed again.
#include "durasim/engine/engine.hpp"
#include "durasim/engine/remote.hpp"

#include "engine/engine_programs.hpp"
#include "process/child.hpp"
#include "process/poison_types.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace durasim;
using durasim_test::Child;
using durasim_test::died_of;

namespace {

constexpr int kCrashesBeforeParking = 3;  // EngineLimits
constexpr int kHealthy = 3;

struct Poison {
  const WorkflowType<int(int)>& type;
  std::string id;
};

// As an operator who starts the service again when it has died.
class Service {
 public:
  explicit Service(const std::string& store) : store_(store) {}

  // The runs, before any engine works on them; the poisoned ones come first.
  void start_runs(const std::vector<Poison>& poisons) const {
    Engine engine({.store = store_});
    const auto start = [&](const WorkflowType<int(int)>& type, int n, const std::string& id) {
      (void)engine.client().start(type, n,
                                  {.id = id, .task_queue = "queue", .remote_worker = true});
    };
    for (const Poison& poison : poisons) start(poison.type, 41, poison.id);
    for (int i = 0; i < kHealthy; ++i) start(healthy, i, "healthy-" + std::to_string(i));
  }

  Child& live(const char* mode = "work") {
    child_.emplace(DURASIM_BUILD_BIN "/poison-engine", std::vector<std::string>{store_, mode});
    return *child_;
  }
  // Lives until its code has killed it, or hangs and is killed.
  void die(bool by_segfault) {
    Child& child = live();
    if (by_segfault) {
      CHECK(died_of(child.wait(), SIGSEGV));
    } else {
      REQUIRE(child.wait_for("hangs"));
      child.kill();
      CHECK(died_of(child.wait(), SIGKILL));
    }
  }
  // What somebody sees who looks while no engine runs: that loses no count.
  [[nodiscard]] WorkflowDescription look_at(const std::string& id) const {
    Engine engine({.store = store_});
    return engine.client().handle(healthy, id).describe();
  }

 private:
  std::string store_;
  std::optional<Child> child_;
};

void expect_all_healthy_to_finish(const Client& client) {
  for (int i = 0; i < kHealthy; ++i)
    CHECK(client.handle(healthy, "healthy-" + std::to_string(i)).result() == i + 5);
}

void expect_parking(const std::vector<Poison>& poisons, bool by_segfault) {
  const Folder folder;
  Service service(folder.store());
  service.start_runs(poisons);
  for (int death = 1; death <= kCrashesBeforeParking; ++death) {
    CAPTURE(death);
    service.die(by_segfault);
    for (const Poison& poison : poisons) CHECK_FALSE(service.look_at(poison.id).parked);
  }
  {
    Child& child = service.live();
    REQUIRE(child.wait_for("ready"));
    RemoteEngine remote(folder.store());
    const Client client = remote.client();
    expect_all_healthy_to_finish(client);
    for (const Poison& poison : poisons) {
      CAPTURE(poison.id);
      const WorkflowDescription parked = client.handle(poison.type, poison.id).describe();
      CHECK(parked.parked);
      CHECK(parked.crashes == kCrashesBeforeParking);
      CHECK(parked.status == WorkflowStatus::Running);
    }
    // Its code is as bad as it was: resumed, it is executed again.
    try {
      client.resume(poisons.back().id);
    } catch (const StoreUnknown&) {
      MESSAGE("dead before the answer, and perhaps before the commit");
    }
    if (by_segfault) {
      CHECK(died_of(child.wait(), SIGSEGV));
    } else {
      CHECK(child.wait_for("hangs"));
      child.kill();
      CHECK(died_of(child.wait(), SIGKILL));
    }
  }
  Child& child = service.live("repaired");
  REQUIRE(child.wait_for("ready"));
  RemoteEngine remote(folder.store());
  for (const Poison& poison : poisons) {
    const auto run = remote.client().handle(poison.type, poison.id);
    if (run.describe().parked) remote.client().resume(poison.id);
    CHECK(run.result() == 42);
  }
  child.hang_up();
  CHECK(durasim_test::exited_well(child.wait()));
}

}  // namespace

TEST_CASE("a workflow that segfaults is parked after three deaths, the others finish") {
  expect_parking({{segfaulting, "bad"}}, true);
}

TEST_CASE("a workflow that never returns is parked after three kills, the others finish") {
  expect_parking({{hanging, "bad"}}, false);
}

TEST_CASE("with one of each in a store both are parked, the others finish") {
  expect_parking({{hanging, "hangs"}, {segfaulting, "dies"}}, true);
}

TEST_CASE("beside a workflow that never returns the others finish at once") {
  const Folder folder;
  Service service(folder.store());
  service.start_runs({{hanging, "bad"}});
  Child& child = service.live();
  REQUIRE(child.wait_for("hangs"));
  RemoteEngine remote(folder.store());
  expect_all_healthy_to_finish(remote.client());
  CHECK(remote.client().handle(hanging, "bad").describe().crashes == 0);
}
