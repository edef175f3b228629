// The client's side of the socket: each call takes a connection that is idle, or a new one.
#include "durasim/engine/remote.hpp"

#include "durasim/store/store.hpp"

#include "engine/control/channel.hpp"
#include "engine/control/messages.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace durasim::inline v0 {

using namespace engine::control;

class RemoteEngine::Remote final : public Frontend {
 public:
  explicit Remote(const std::string& store) : path_(socket_path_of(store)) { give_back(connect()); }

  WorkflowExecution start(std::string_view workflow_type, PayloadList input,
                          const StartOptions& options, bool attach) override {
    return call(StartCall{std::string(workflow_type), std::move(input), options, attach});
  }
  WorkflowExecution signal_with_start(std::string_view workflow_type, PayloadList input,
                                      const StartOptions& options, std::string_view signal,
                                      PayloadList signal_input) override {
    return call(SignalWithStartCall{std::string(workflow_type), std::move(input), options,
                                    std::string(signal), std::move(signal_input)});
  }
  void signal(const WorkflowExecution& run, std::string_view name, PayloadList input,
              const std::string& request_id) override {
    call(SignalCall{run, std::string(name), std::move(input), request_id});
  }
  PayloadList query(const WorkflowExecution& run, std::string_view type,
                    PayloadList arguments) override {
    return call(QueryCall{run, std::string(type), std::move(arguments)});
  }
  void cancel(const WorkflowExecution& run, const std::string& reason) override {
    call(CancelCall{run, reason});
  }
  void terminate(const WorkflowExecution& run, const std::string& reason) override {
    call(TerminateCall{run, reason});
  }
  void resume(const WorkflowExecution& run) override { call(ResumeCall{run}); }
  WorkflowDescription describe(const WorkflowExecution& run) override {
    return call(DescribeCall{run});
  }
  std::vector<WorkflowDescription> list(const ListOptions& options) override {
    return call(ListCall{options});
  }
  PayloadList result(const WorkflowExecution& run) override {
    for (;;) {
      if (std::optional<PayloadList> ended = call(ResultCall{run})) return std::move(*ended);
    }
  }
  void complete_activity(const std::string& task_token, const ActivityOutcome& outcome) override {
    call(CompleteActivityCall{task_token, outcome});
  }
  std::string history(const WorkflowExecution& run) override { return call(HistoryCall{run}); }
  HistoryPart history_after(const WorkflowExecution& run, std::int64_t last_event_id,
                            Duration at_most) override {
    return call(HistoryAfterCall{run, last_event_id, at_most});
  }

 private:
  [[nodiscard]] Channel connect() const {
    Channel channel = connect_to(path_);
    const std::optional<Bytes> hello = channel.receive();
    std::uint32_t protocol = 0;
    if (hello) {
      Reader reader(*hello);
      reader.get(protocol);
    }
    if (!hello) throw UnavailableError(path_ + ": the engine has sent this client away");
    if (protocol != kProtocol)
      throw FormatError(path_ + ": the engine there is of another version of durasim");
    return channel;
  }

  Channel take() {
    {
      const std::scoped_lock lock(mutex_);
      while (!idle_.empty()) {
        Channel channel = std::move(idle_.back());
        idle_.pop_back();
        if (!channel.stale()) return channel;
      }
    }
    return connect();
  }
  void give_back(Channel channel) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(channel));
  }

  template <class C>
  typename C::Answer call(C what) {
    Writer request;
    Call any(std::move(what));
    request.put(any);
    Channel channel = take();
    std::optional<Bytes> answer;
    if (channel.send(request.take())) answer = channel.receive();
    if (!answer) {
      throw StoreUnknown(path_ +
                         ": the connection to the engine was lost before its answer; the call may "
                         "have been done: repeat it with the same request id");
    }
    give_back(std::move(channel));
    return read_answer<typename C::Answer>(*answer);
  }

  std::string path_;
  std::mutex mutex_;  // guards the next
  std::vector<Channel> idle_;
};

RemoteEngine::RemoteEngine(const std::string& store) : remote_(std::make_unique<Remote>(store)) {}
RemoteEngine::~RemoteEngine() = default;

Frontend& RemoteEngine::frontend() {
  return *remote_;
}

}  // namespace durasim::inline v0
