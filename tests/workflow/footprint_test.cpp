// What a live run costs in memory beside its author's frame, counted by this program's own operator
// new.
#include "driver.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

using namespace std::chrono_literals;
using namespace test;
using durasim::Workflow;
using durasim::WorkflowContext;

namespace {

std::size_t live_bytes = 0;  // of this thread's program, which has one

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (!memory) throw std::bad_alloc();
  live_bytes += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

TEST_CASE("a run that waits for its first activity takes less than 4 KiB, its frame included") {
  const auto implementation =
      durasim::make_workflow(plain, [](WorkflowContext ctx) -> Workflow<std::string> {
        co_return co_await ctx.run(work, "x", {.start_to_close = 1min});
      });
  durasim::Activation start{.run_id = "run", .timestamp = durasim::WallTime{1h}};
  start.jobs = {Driver::initialize()};
  const std::size_t before = live_bytes;
  const auto instance = implementation.create({});
  const std::size_t empty = live_bytes - before;
  {
    const auto completion = instance->activate(start);
  }
  const std::size_t live = live_bytes - before;
  MESSAGE("bytes of an instance: ", empty, "; of a run that waits: ", live);
  CHECK(live > empty);
  CHECK(live <= 4096);
}
