// Runs the installed program durasim-geometry, which reads foreign files in a process of its own.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/error.hpp"
#include "durasim/geometry/problem.hpp"
#include "durasim/sim/import.hpp"

#include <string>

namespace durasim::inline v0::sim {

// The helper did not answer: it crashed, hung, ate memory, or refused the input. The text says
// which.
class HelperFailure : public Error {
 public:
  HelperFailure(geometry::ProblemCode code, const std::string& message)
      : Error(message), code_(code) {}
  [[nodiscard]] geometry::ProblemCode code() const { return code_; }

 private:
  geometry::ProblemCode code_;
};

struct HelperReply {
  Bytes output;
};

// `verb` is "step", "mjcf" or "version"; `input` goes to its standard input. Deadline, memory
// limit, place of the program and stop token come from `options`. Throws HelperFailure,
// UnavailableError, CancelledError.
HelperReply run_geometry_helper(const std::string& verb, ByteView input,
                                const ImportOptions& options);

}  // namespace durasim::inline v0::sim
