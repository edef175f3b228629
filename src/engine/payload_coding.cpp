// A walk over whatever holds payloads. Members are found by their names, which Temporal's messages
// use alike in all events and commands.
#include "engine/payload_coding.hpp"

#include <utility>
#include <variant>

namespace durasim::inline v0::engine {

namespace {

enum class Direction : std::uint8_t { Encode, Decode };

class Walk {
 public:
  Walk(const PayloadCodec& codec, Direction direction, const std::string& workflow_id)
      : codec_(codec), direction_(direction), context_("default/" + workflow_id) {}

  void each(PayloadList& list) const {
    if (list.empty()) return;
    const std::size_t count = list.size();
    list = direction_ == Direction::Encode ? codec_.encode(list, context_)
                                           : codec_.decode(list, context_);
    if (list.size() != count) throw CodecError("the codec gave another number of payloads back");
  }
  void each(Payload& payload) const {
    PayloadList list{std::move(payload)};
    each(list);
    payload = std::move(list.front());
  }
  void each(proto::Payloads& payloads) const {
    PayloadList list(std::move(payloads.payloads));
    each(list);
    payloads.payloads = std::move(list).vector();
  }
  void each(proto::Memo& memo) const { each(memo.fields); }
  void each(proto::UserMetadata& metadata) const {
    each(metadata.summary);
    each(metadata.details);
  }
  template <class V>
  void each(std::map<std::string, V>& map) const {
    for (auto& [name, value] : map) each(value);
  }
  template <class T>
  void each(std::optional<T>& value) const {
    if (value) each(*value);
  }
  template <class T>
  void each(proto::Boxed<T>& value) const {
    if (value) each(*value);
  }
  void each(proto::Failure& failure) const {
    each(failure.encoded_attributes);
    std::visit(
        [this](auto& info) {
          if constexpr (requires { info.last_heartbeat_details; })
            each(info.last_heartbeat_details);
          else if constexpr (requires { info.details; })
            each(info.details);
        },
        failure.info);
    each(failure.cause);
  }
  // The attributes of an event or of a command.
  template <class A>
  void members(A& attributes) const {
    if constexpr (requires { attributes.input; }) each(attributes.input);
    if constexpr (requires { attributes.result; }) each(attributes.result);
    if constexpr (requires { attributes.details; }) each(attributes.details);
    if constexpr (requires { attributes.failure; }) each(attributes.failure);
    if constexpr (requires { attributes.last_failure; }) each(attributes.last_failure);
    if constexpr (requires { attributes.continued_failure; }) each(attributes.continued_failure);
    if constexpr (requires { attributes.last_completion_result; })
      each(attributes.last_completion_result);
    if constexpr (requires { attributes.memo; }) each(attributes.memo);
    if constexpr (requires { attributes.upserted_memo; }) each(attributes.upserted_memo);
  }
  template <class A>
  void members(proto::Boxed<A>& attributes) const {
    if (attributes) members(*attributes);
  }

 private:
  const PayloadCodec& codec_;
  Direction direction_;
  std::string context_;
};

// Whose payloads an event or command of `sender` carries.
template <class Signal, class Message>
std::string owner_of(const Message& message, const std::string& sender, auto execution_of) {
  const auto* signal = message.template attributes_if<Signal>();
  if (signal == nullptr) return sender;
  const auto& receiver = execution_of(*signal);
  return receiver ? receiver->workflow_id : sender;
}

}  // namespace

void PayloadCoding::encode(PayloadList& payloads, const std::string& workflow_id) const {
  if (codec_ != nullptr) Walk(*codec_, Direction::Encode, workflow_id).each(payloads);
}

void PayloadCoding::encode(std::map<std::string, Payload>& memo,
                           const std::string& workflow_id) const {
  if (codec_ != nullptr) Walk(*codec_, Direction::Encode, workflow_id).each(memo);
}

void PayloadCoding::encode(proto::Command& command, const std::string& workflow_id) const {
  if (codec_ == nullptr) return;
  const Walk walk(*codec_, Direction::Encode,
                  owner_of<proto::SignalExternalWorkflowExecutionCommandAttributes>(
                      command, workflow_id,
                      [](const auto& signal) -> const auto& { return signal.execution; }));
  walk.each(command.user_metadata);
  std::visit([&](auto& attributes) { walk.members(attributes); }, command.attributes);
}

void PayloadCoding::encode(proto::Failure& failure, const std::string& workflow_id) const {
  if (codec_ != nullptr) Walk(*codec_, Direction::Encode, workflow_id).each(failure);
}

void PayloadCoding::encode(ActivityOutcome& outcome, const std::string& workflow_id) const {
  if (codec_ == nullptr) return;
  const Walk walk(*codec_, Direction::Encode, workflow_id);
  try {
    std::visit([&](auto& what) { walk.members(what); }, outcome);
  } catch (const CodecError&) {
    outcome = ActivityFailed{to_failure(std::current_exception())};
  }
}

void PayloadCoding::decode(PayloadList& payloads, const std::string& workflow_id) const {
  if (codec_ != nullptr) Walk(*codec_, Direction::Decode, workflow_id).each(payloads);
}

void PayloadCoding::decode(proto::Failure& failure, const std::string& workflow_id) const {
  if (codec_ != nullptr) Walk(*codec_, Direction::Decode, workflow_id).each(failure);
}

void PayloadCoding::decode(proto::HistoryEvent& event, const std::string& workflow_id) const {
  if (codec_ == nullptr) return;
  const Walk walk(*codec_, Direction::Decode,
                  owner_of<proto::SignalExternalWorkflowExecutionInitiatedEventAttributes>(
                      event, workflow_id,
                      [](const auto& signal) -> const auto& { return signal.workflow_execution; }));
  walk.each(event.user_metadata);
  std::visit([&](auto& attributes) { walk.members(attributes); },
             static_cast<proto::EventAttributesVariant&>(event.attributes));
}

void PayloadCoding::decode(ActivityTask& task) const {
  decode(task.arguments, task.info.workflow_id);
  decode(task.heartbeat_details, task.info.workflow_id);
}

}  // namespace durasim::inline v0::engine
