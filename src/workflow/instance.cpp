// A Run as the rest of durasim holds it.
#include "durasim/workflow/instance.hpp"

#include "durasim/workflow/implementation.hpp"

#include "workflow/run_impl.hpp"

#include <utility>

namespace durasim::inline v0 {

WorkflowInstance::~WorkflowInstance() = default;

namespace detail {

namespace {

class RunInstance final : public WorkflowInstance {
 public:
  explicit RunInstance(Ref<RunImpl> run) : run_(std::move(run)) {}
  RunInstance(const RunInstance&) = delete;
  RunInstance& operator=(const RunInstance&) = delete;
  ~RunInstance() override { run_->evict(); }
  Completion activate(const Activation& activation) override { return run_->activate(activation); }
  [[nodiscard]] std::source_location last_suspension() const override {
    return run_->last_suspension();
  }

 private:
  Ref<RunImpl> run_;
};

}  // namespace

WorkflowCode::WorkflowCode() = default;
WorkflowCode::~WorkflowCode() = default;

}  // namespace detail

WorkflowImplementation::WorkflowImplementation(std::string_view type,
                                               const detail::WorkflowCode* code)
    : workflow_type(type), code_(code) {}

std::unique_ptr<WorkflowInstance> WorkflowImplementation::create(
    const WorkflowInstanceOptions& options) const {
  const auto& code = static_cast<const detail::WorkflowCode&>(*code_.block());
  return std::make_unique<detail::RunInstance>(
      detail::make_ref<detail::RunImpl>(workflow_type, options, code.make_body()));
}

}  // namespace durasim::inline v0
