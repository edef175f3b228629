// An engine that runs scripts until its input ends: script-engine STORE [SUPERVISOR].
#include "durasim/core/process.hpp"
#include "durasim/engine/engine.hpp"
#include "durasim/pipeline/script.hpp"

#include <cstdio>
#include <exception>
#include <string>

int main(int argc, char** argv) {
  using namespace durasim;
  die_with_parent();
  try {
    Engine engine({.store = argv[1]});
    pipeline::implement_scripts(engine.worker("scripts", {.max_concurrent_activities = 8}),
                                {.store = argv[1], .supervisor = argc > 2 ? argv[2] : ""});
    engine.start();
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "script-engine: %s\n", error.what());
    return 1;
  }
}
