// From a client's call to what the service takes: ids are filled in, payloads encoded.
#pragma once

#include "durasim/engine/frontend.hpp"

#include "engine/payload_coding.hpp"
#include "engine/service.hpp"

#include <string>
#include <string_view>

namespace durasim::inline v0::engine {

// Both are borrowed. As thread-safe as they are.
class DURASIM_EXPORT ClientRequests {
 public:
  ClientRequests(const PayloadCoding& coding, RandomSource& random)
      : coding_(coding), random_(random) {}
  [[nodiscard]] StartRequest start(std::string_view workflow_type, PayloadList input,
                                   const StartOptions& options) const;
  [[nodiscard]] SignalRun signal(const std::string& workflow_id, std::string_view name,
                                 PayloadList input, const std::string& request_id) const;
  [[nodiscard]] std::string request_id() const;
  // What a description shows of users' values.
  void decode(WorkflowDescription& description) const;

 private:
  const PayloadCoding& coding_;
  RandomSource& random_;
};

// What a start of a type that nobody serves says.
[[noreturn]] DURASIM_EXPORT void throw_not_served(const StartRequest& request);
// What the start of a type that no worker of its queue implements fails an activity with.
[[nodiscard]] DURASIM_EXPORT proto::Failure activity_not_implemented(std::string_view type,
                                                                     std::string_view task_queue);

}  // namespace durasim::inline v0::engine
