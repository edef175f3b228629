// Names of states and inputs for error messages, and the table of each machine.
#include "durasim/replay/machine_table.hpp"

namespace durasim::inline v0::replay {

std::string_view to_string(MachineKind kind) {
  constexpr std::array<std::string_view, machine_kinds> names{
      "timer", "activity", "signal external", "cancel external", "close"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view to_string(State state) {
  constexpr std::array<std::string_view, 7> names{
      "CommandCreated",  "Recorded", "Started", "CancelCommandCreated",
      "CancelRequested", "Resolved", "Canceled"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(Input input) {
  constexpr std::array<std::string_view, 7> names{
      "CommandEvent", "StartedEvent",          "Cancel", "CancelAndWait", "CancelEvent",
      "OutcomeEvent", "OutcomeEventUnobserved"};
  return names[static_cast<std::size_t>(input)];
}

std::span<const Transition> table(MachineKind kind) {
  switch (kind) {
    case MachineKind::Timer:
      return timer_table;
    case MachineKind::Activity:
      return activity_table;
    case MachineKind::SignalExternal:
      return signal_external_table;
    case MachineKind::CancelExternal:
      return cancel_external_table;
    case MachineKind::Close:
      return close_table;
  }
  return {};
}

TransitionObserver::~TransitionObserver() = default;

}  // namespace durasim::inline v0::replay
