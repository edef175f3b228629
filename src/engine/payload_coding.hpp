// The line at which payloads are encoded and decoded: what the service and its store hold is
// encoded, what workflow code, activities and clients see is not. Replay compares decoded values,
// so that a codec may encode the same value differently each time. Headers and search attributes
// stay as they are, as in Temporal's SDKs; names, ids and the messages of failures are no payloads.
#pragma once

#include "durasim/activity/attempt.hpp"
#include "durasim/activity/outcome.hpp"
#include "durasim/core/codec.hpp"
#include "durasim/core/command.hpp"
#include "durasim/core/history.hpp"

#include <map>
#include <string>

namespace durasim::inline v0::engine {

// A value. Without a codec nothing changes and nothing is looked at. Throws what the codec throws.
class DURASIM_EXPORT PayloadCoding {
 public:
  // Borrowed; may be null.
  explicit PayloadCoding(const PayloadCodec* codec) : codec_(codec) {}

  // In place, each with the workflow that the payloads belong to: for a signal to another workflow
  // that is the receiver.
  void encode(PayloadList& payloads, const std::string& workflow_id) const;
  void encode(std::map<std::string, Payload>& memo, const std::string& workflow_id) const;
  void encode(proto::Command& command, const std::string& workflow_id) const;
  void encode(proto::Failure& failure, const std::string& workflow_id) const;
  // What can't be encoded becomes a failed attempt that says so; nothing is thrown.
  void encode(ActivityOutcome& outcome, const std::string& workflow_id) const;

  void decode(PayloadList& payloads, const std::string& workflow_id) const;
  void decode(proto::Failure& failure, const std::string& workflow_id) const;
  void decode(proto::HistoryEvent& event, const std::string& workflow_id) const;
  void decode(ActivityTask& task) const;

 private:
  const PayloadCodec* codec_;
};

}  // namespace durasim::inline v0::engine
