// What every TraceStore must do, run by the tests of each.
#pragma once

#include "durasim/pipeline/trace.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace durasim_test {

// A trace of that run and revision: the higher the revision, the more it holds.
durasim::pipeline::Trace make_trace(const std::string& run_id, std::int64_t revision);

// Subcases of the calling test case. `open` makes another store on the same database, which is
// empty at the beginning.
void check_trace_store(const std::function<std::unique_ptr<durasim::pipeline::TraceStore>()>& open);

}  // namespace durasim_test
