// The look that decides the kill rounds finds what is missing.
#include "process/acknowledged.hpp"

#include "durasim/core/error.hpp"
#include "durasim/engine/engine.hpp"

#include "engine/engine_programs.hpp"
#include "process/busy_engine.hpp"

#include <doctest/doctest.h>

using namespace durasim;

TEST_CASE("what was acknowledged and is not in the store is lost, the rest is not") {
  const Folder folder;
  {
    Engine engine({.store = folder.store()});
    engine.worker("busy").implement(chain_type, chain).implement(inbox_type, inbox);
    engine.worker("busy").implement(one_step, [](int) { return 1; });
    engine.start();
    CHECK(engine.client().start(chain_type, 4, {.id = "c", .task_queue = "busy"}).result() == 7);
    const auto run = engine.client().start(inbox_type, {.id = "i", .task_queue = "busy"});
    run.signal(number, 1);
  }
  Acknowledged true_lines;
  for (const char* line : {"start c", "result c 7", "start i", "signal i 1"}) true_lines.add(line);
  const Acknowledged::Findings good = true_lines.compare(folder.store());
  CHECK(good.lost.empty());
  CHECK(good.violations.empty());
  CHECK(true_lines.count() == 4);

  Acknowledged false_lines;
  for (const char* line : {"start gone", "result c 8", "signal i 2", "result i 1"})
    false_lines.add(line);
  CHECK(false_lines.compare(folder.store()).lost.size() == 4);
  CHECK_THROWS_AS(false_lines.add("finish c"), FormatError);
}
