// Scripts whose engine is killed, at each of the moments at which that could run one twice or lose
// one.
#include "durasim/engine/remote.hpp"
#include "durasim/pipeline/script.hpp"

#include "pipeline/script_fixture.hpp"
#include "process/child.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

using namespace durasim;
using durasim_test::Child;
using durasim_test::died_of;
using durasim_test::Fifo;
using durasim_test::Pulse;
using durasim_test::shell;
using durasim_test::text_of;
using pipeline::ScriptRequest;
using pipeline::ScriptResult;

namespace {

// An engine's process after the other over one store.
class KilledEngine {
 public:
  // Without a supervisor's name: durasim's own.
  void live(const std::string& supervisor = "") {
    remote_.reset();
    std::vector<std::string> arguments{folder_.file("engine.db")};
    if (!supervisor.empty()) arguments.push_back(supervisor);
    child_.emplace(DURASIM_BUILD "/bin/script-engine", arguments);
    REQUIRE(child_->wait_for("ready"));
    remote_.emplace(folder_.file("engine.db"));
  }
  void die() {
    remote_.reset();
    child_->kill();
    CHECK(died_of(child_->wait(), SIGKILL));
  }
  WorkflowRun<ScriptResult> begin(const ScriptRequest& request) {
    return remote_->client().start_or_attach(
        pipeline::script_execution, request,
        {.id = pipeline::script_id(request), .task_queue = "scripts"});
  }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  durasim_test::TemporaryFolder folder_;
  std::optional<Child> child_;
  std::optional<RemoteEngine> remote_;
};

// Leaves a line in `runs`, says so, and waits.
ScriptRequest counted(const KilledEngine& engine, const Fifo& up, const Fifo& go) {
  return shell("echo ran >> " + engine.file("runs") + "; echo up > " + up.path() + "; read x < " +
               go.path() + "; echo done");
}

}  // namespace

TEST_CASE("a script goes on while its engine is killed, again and again, and runs once") {
  KilledEngine engine;
  const Fifo up(engine.file("up"));
  const Fifo go(engine.file("go"));
  const ScriptRequest request = counted(engine, up, go);
  engine.live();
  (void)engine.begin(request);
  (void)up.hear();
  for (int i = 0; i < 3; ++i) {
    engine.die();
    engine.live();
  }
  go.say();
  const ScriptResult result = engine.begin(request).result();
  CHECK(result.exit_code == 0);
  CHECK(result.stdout_text == "done\n");
  CHECK(result.attempts == 1);
  CHECK(text_of(engine.file("runs")) == "ran\n");
}

TEST_CASE("killed before its supervisor has claimed, the next engine starts the script, once") {
  KilledEngine engine;
  const Fifo up(engine.file("up"));
  const Fifo go(engine.file("go"));
  const Fifo launched(engine.file("launched"));
  const Fifo claim(engine.file("claim-now"));
  const Pulse late(engine.file("late"));
  const std::string slow = engine.file("slow-supervisor");
  std::ofstream(slow) << "#!/bin/sh\nexec 2> " << late.path() << "\necho launched > "
                      << launched.path() << "\nread x < " << claim.path() << "\n"
                      << DURASIM_BUILD "/libexec/durasim/durasim-supervisor \"$1\"\n";
  std::filesystem::permissions(slow, std::filesystem::perms::owner_all);
  const ScriptRequest request = counted(engine, up, go);

  engine.live(slow);
  (void)engine.begin(request);
  (void)launched.hear();
  engine.die();
  CHECK(late.is_held());  // it does not die with its engine

  SUBCASE("by a supervisor of its own, and the first one comes too late") {
    engine.live();
    (void)up.hear();
    claim.say();
    late.wait_for_death();
  }
  SUBCASE("or finds that the first one has claimed meanwhile") {
    claim.say();
    (void)up.hear();
    engine.live();
  }
  go.say();
  const ScriptResult result = engine.begin(request).result();
  CHECK(result.exit_code == 0);
  CHECK(result.attempts == 1);
  CHECK(text_of(engine.file("runs")) == "ran\n");
}

TEST_CASE("killed together with the supervisor, the script is lost and not run again") {
  KilledEngine engine;
  const Fifo up(engine.file("up"));
  const Fifo go(engine.file("go"));
  ScriptRequest request = shell("echo ran >> " + engine.file("runs") + "; echo $PPID > " +
                                up.path() + "; read x < " + go.path());
  engine.live();
  (void)engine.begin(request);
  const int supervisor = std::stoi(up.hear());
  engine.die();
  REQUIRE(kill(supervisor, SIGKILL) == 0);
  engine.live();
  CHECK_THROWS_AS((void)engine.begin(request).result(), ApplicationFailure);
  CHECK(text_of(engine.file("runs")) == "ran\n");
}

TEST_CASE("killed while a script ends, the next engine finds the result") {
  KilledEngine engine;
  const Fifo up(engine.file("up"));
  const Fifo go(engine.file("go"));
  const ScriptRequest request = counted(engine, up, go);
  engine.live();
  (void)engine.begin(request);
  (void)up.hear();
  go.say();
  engine.die();
  engine.live();
  CHECK(engine.begin(request).result().stdout_text == "done\n");
  engine.die();
  engine.live();
  CHECK(engine.begin(request).result().stdout_text == "done\n");
  CHECK(text_of(engine.file("runs")) == "ran\n");
}
