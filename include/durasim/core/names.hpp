// Typed names, each written once as a constant that workflow, client, tests and replayer share:
//   inline constexpr durasim::Activity<std::string(std::string)> run_agent{"run_agent"};
#pragma once

#include <string_view>

namespace durasim::inline v0 {

// The name of a workflow type and the signature of its input and result.
template <class Signature>
struct WorkflowType;
template <class R, class... A>
struct WorkflowType<R(A...)> {
  using Result = R;
  std::string_view name;
};

// The name of an activity type and its signature.
template <class Signature>
struct Activity;
template <class R, class... A>
struct Activity<R(A...)> {
  using Result = R;
  std::string_view name;
};

// The name of a signal and the type of what it carries (void: nothing).
template <class T>
struct Signal {
  std::string_view name;
};

// The name of a query and what it answers; `Query<R(A...)>` takes arguments.
template <class R>
struct Query {
  std::string_view name;
};
template <class R, class... A>
struct Query<R(A...)> {
  std::string_view name;
};

}  // namespace durasim::inline v0
