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

std::unique_ptr<WorkflowInstance> make_instance(std::string workflow_type,
                                                const WorkflowInstanceOptions& options,
                                                Ref<Body> body) {
  return std::make_unique<RunInstance>(
      make_ref<RunImpl>(std::move(workflow_type), options, std::move(body)));
}

}  // namespace detail

}  // namespace durasim::inline v0
