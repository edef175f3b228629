// State machines as tables that one can read: one row per transition. Anything that has no row is
// an error of the history or of the code, never silently ignored. Tests watch the rows through a
// TransitionObserver until each has been taken.
#pragma once

#include "durasim/core/config.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace durasim::inline v0::replay {

// What the machine's owner does when a transition is taken.
enum class Action : std::uint8_t {
  None,
  ElideCommand,            // take the command that opened it back: the history never sees it
  ElideCommandAndResolve,  // the same, and tell the workflow that it was canceled
  EmitCancel,              // issue the command that cancels it
  Resolve,                 // tell the workflow
};

enum class MachineKind : std::uint8_t { Timer, Activity, SignalExternal, CancelExternal, Close };
inline constexpr std::size_t machine_kinds = 5;
[[nodiscard]] DURASIM_EXPORT std::string_view to_string(MachineKind kind);

enum class State : std::uint8_t {
  CommandCreated,        // issued by the code, not yet in history
  Recorded,              // its event is in history
  Started,               // activity: ActivityTaskStarted seen
  CancelCommandCreated,  // cancellation issued, not yet in history
  CancelRequested,       // cancellation is in history, the outcome is not
  Resolved,              // the outcome is in history
  Canceled,              // canceled before or by the code; no outcome will be told
};
[[nodiscard]] DURASIM_EXPORT std::string_view to_string(State state);

enum class Input : std::uint8_t {
  CommandEvent,            // the event that records the opening command
  StartedEvent,            // ActivityTaskStarted
  Cancel,                  // the code cancels and has told itself so
  CancelAndWait,           // the code cancels and waits for the outcome
  CancelEvent,             // the event that records the cancel command
  OutcomeEvent,            // fired, completed, failed, timed out, canceled
  OutcomeEventUnobserved,  // the same, after the code has stopped waiting
};
[[nodiscard]] DURASIM_EXPORT std::string_view to_string(Input input);

struct Transition {
  State from;
  Input input;
  State to;
  Action action;
};

inline constexpr std::array timer_table{
    Transition{State::CommandCreated, Input::Cancel, State::Canceled, Action::ElideCommand},
    Transition{State::CommandCreated, Input::CommandEvent, State::Recorded, Action::None},
    Transition{State::Recorded, Input::Cancel, State::CancelCommandCreated, Action::EmitCancel},
    Transition{State::Recorded, Input::OutcomeEvent, State::Resolved, Action::Resolve},
    Transition{State::CancelCommandCreated, Input::CancelEvent, State::Canceled, Action::None},
};

// An activity that is canceled goes on until the worker says otherwise; whether the code waits for
// that is its ActivityCancellationType.
inline constexpr std::array activity_table{
    Transition{State::CommandCreated, Input::Cancel, State::Canceled, Action::ElideCommand},
    Transition{State::CommandCreated, Input::CancelAndWait, State::Canceled,
               Action::ElideCommandAndResolve},
    Transition{State::CommandCreated, Input::CommandEvent, State::Recorded, Action::None},
    Transition{State::Recorded, Input::StartedEvent, State::Started, Action::None},
    Transition{State::Recorded, Input::Cancel, State::CancelCommandCreated, Action::EmitCancel},
    Transition{State::Recorded, Input::CancelAndWait, State::CancelCommandCreated,
               Action::EmitCancel},
    // Timed out before any worker took it.
    Transition{State::Recorded, Input::OutcomeEvent, State::Resolved, Action::Resolve},
    Transition{State::Started, Input::Cancel, State::CancelCommandCreated, Action::EmitCancel},
    Transition{State::Started, Input::CancelAndWait, State::CancelCommandCreated,
               Action::EmitCancel},
    Transition{State::Started, Input::OutcomeEvent, State::Resolved, Action::Resolve},
    Transition{State::CancelCommandCreated, Input::CancelEvent, State::CancelRequested,
               Action::None},
    Transition{State::CancelRequested, Input::StartedEvent, State::CancelRequested, Action::None},
    Transition{State::CancelRequested, Input::OutcomeEvent, State::Resolved, Action::Resolve},
    Transition{State::CancelRequested, Input::OutcomeEventUnobserved, State::Resolved,
               Action::None},
};

inline constexpr std::array signal_external_table{
    Transition{State::CommandCreated, Input::CommandEvent, State::Recorded, Action::None},
    Transition{State::Recorded, Input::OutcomeEvent, State::Resolved, Action::Resolve},
};

inline constexpr std::array cancel_external_table{
    Transition{State::CommandCreated, Input::CommandEvent, State::Recorded, Action::None},
    Transition{State::Recorded, Input::OutcomeEvent, State::Resolved, Action::Resolve},
};

// Complete, fail, cancel, continue as new: the last thing that a run does.
inline constexpr std::array close_table{
    Transition{State::CommandCreated, Input::CommandEvent, State::Resolved, Action::None},
};

[[nodiscard]] DURASIM_EXPORT std::span<const Transition> table(MachineKind kind);

// Sees every transition taken: the machine and the index of the row in its table.
class DURASIM_EXPORT TransitionObserver {
 public:
  virtual ~TransitionObserver();
  virtual void taken(MachineKind kind, std::size_t row) = 0;
};

}  // namespace durasim::inline v0::replay
