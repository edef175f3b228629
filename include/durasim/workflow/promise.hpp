// The part of a workflow coroutine's promise that does not depend on its type: where it is
// suspended, who waits for it, and its places in the run's lists. Coroutines are resumed by Run
// only.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/workflow/compiler.hpp"
#include "durasim/workflow/pending.hpp"

#include <coroutine>
#include <cstdint>
#include <exception>
#include <source_location>

namespace durasim::inline v0 {

class WorkflowContext;

namespace detail {

class BranchPending;
struct LiveTag;
struct QueueTag;

class DURASIM_EXPORT PromiseBase : public Link<LiveTag>, public Link<QueueTag> {
 public:
  PromiseBase(const WorkflowContext& context, std::coroutine_handle<> handle);
  ~PromiseBase();
  [[nodiscard]] std::coroutine_handle<> handle() const { return handle_; }
  [[nodiscard]] Run& run() const { return *run_; }
  [[nodiscard]] const WorkflowContext& context() const { return *context_; }
  // Moves a coroutine that has not started into another scope: its context parameter lies in the
  // frame.
  void rebind(Scope& scope);
  // The coroutine whose co_await runs this one, or null; and how many of them there are above.
  [[nodiscard]] PromiseBase* parent() const { return parent_; }
  // Throws LimitError past the depth to which frames can safely be destroyed, LogicError for a
  // coroutine of another run.
  void set_parent(PromiseBase& parent);
  [[nodiscard]] BranchPending* branch() const { return branch_; }
  void set_branch(BranchPending& branch) { branch_ = &branch; }
  void suspend_at(std::source_location where);
  [[nodiscard]] std::source_location suspended_at() const { return where_; }
  [[nodiscard]] const std::exception_ptr& error() const { return error_; }
  void set_error(std::exception_ptr error);
  // How many handlers this coroutine has registered, which end with it.
  std::uint32_t handlers = 0;

 protected:
  // While the locals of a coroutine that returns a value are still alive: keeps its queries'
  // answers.
  void before_return();

 private:
  std::coroutine_handle<> handle_;
  const WorkflowContext* context_;
  Run* run_;
  PromiseBase* parent_ = nullptr;
  BranchPending* branch_ = nullptr;
  std::source_location where_;
  std::exception_ptr error_;
  std::uint32_t depth_ = 0;
};

}  // namespace detail
}  // namespace durasim::inline v0
