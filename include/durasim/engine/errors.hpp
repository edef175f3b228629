// What calls to the engine throw beside core's errors, StoreRejected ("not applied") and
// StoreUnknown ("retry with the same request id").
#pragma once

#include "durasim/core/error.hpp"

#include <string>

namespace durasim::inline v0 {

// There is no such run, or it is closed and the call needs an open one.
class DURASIM_EXPORT WorkflowNotFound : public Error {
 public:
  using Error::Error;
  ~WorkflowNotFound() override;
};

// The workflow id is taken and the policies of the call do not allow to go on.
class DURASIM_EXPORT WorkflowAlreadyStarted : public Error {
 public:
  WorkflowAlreadyStarted(const std::string& message, std::string run_id);
  ~WorkflowAlreadyStarted() override;
  [[nodiscard]] const std::string& run_id() const { return run_id_; }

 private:
  std::string run_id_;
};

// A query that the workflow cannot answer: unknown type, a handler that threw, or no task of the
// run has completed yet.
class DURASIM_EXPORT QueryFailed : public Error {
 public:
  using Error::Error;
  ~QueryFailed() override;
};

// A query to a run whose workflow task fails again and again (at the third attempt, as in
// Temporal): what it would say is older than what the run has been told.
class DURASIM_EXPORT WorkflowNotReady : public QueryFailed {
 public:
  using QueryFailed::QueryFailed;
  ~WorkflowNotReady() override;
};

// A run of the simulated or local engine waits for something that nobody will send.
class DURASIM_EXPORT WorkflowBlocked : public Error {
 public:
  using Error::Error;
  ~WorkflowBlocked() override;
};

}  // namespace durasim::inline v0
