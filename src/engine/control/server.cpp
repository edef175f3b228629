// Accepting clients, and answering each in the order of its calls.
#include "engine/control/server.hpp"

#include "durasim/core/error.hpp"

#include "engine/control/messages.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace durasim::inline v0::engine::control {

namespace {

constexpr std::size_t kMaxClients = 64;
constexpr Duration kLongestWait = std::chrono::seconds(20);  // as Temporal's long poll

// One call each; what it throws is its answer.
struct Answering {
  Frontend& to;
  const Server::ResultBy& result_by;
  Bytes operator()(StartCall& c) const {
    return answer_of(to.start(c.workflow_type, std::move(c.input), c.options, c.attach));
  }
  Bytes operator()(SignalWithStartCall& c) const {
    return answer_of(to.signal_with_start(c.workflow_type, std::move(c.input), c.options, c.signal,
                                          std::move(c.signal_input)));
  }
  Bytes operator()(SignalCall& c) const {
    to.signal(c.run, c.name, std::move(c.input), c.request_id);
    return answer_of(Nothing{});
  }
  Bytes operator()(QueryCall& c) const {
    return answer_of(to.query(c.run, c.type, std::move(c.arguments)));
  }
  Bytes operator()(CancelCall& c) const {
    to.cancel(c.run, c.reason);
    return answer_of(Nothing{});
  }
  Bytes operator()(TerminateCall& c) const {
    to.terminate(c.run, c.reason);
    return answer_of(Nothing{});
  }
  Bytes operator()(ResumeCall& c) const {
    to.resume(c.run);
    return answer_of(Nothing{});
  }
  Bytes operator()(DescribeCall& c) const { return answer_of(to.describe(c.run)); }
  Bytes operator()(ListCall& c) const { return answer_of(to.list(c.options)); }
  Bytes operator()(ResultCall& c) const {
    return answer_of(result_by(c.run, system_clock().steady_now() + kLongestWait));
  }
  Bytes operator()(CompleteActivityCall& c) const {
    to.complete_activity(c.task_token, c.outcome);
    return answer_of(Nothing{});
  }
  Bytes operator()(HistoryCall& c) const { return answer_of(to.history(c.run)); }
  Bytes operator()(HistoryAfterCall& c) const {
    return answer_of(to.history_after(c.run, c.last_event_id, std::min(c.at_most, kLongestWait)));
  }
};

}  // namespace

Server::Server(Frontend& frontend, ResultBy result_by, std::string path, Logger logger)
    : frontend_(frontend),
      result_by_(std::move(result_by)),
      path_(std::move(path)),
      logger_(std::move(logger)),
      listener_(listen_at(path_)) {
  acceptor_ = std::thread([this] { accept_clients(); });
}

Server::~Server() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    stop_.notify_all();
    for (const Connection& connection : connections_) connection.channel.shut_down();
  }
  listener_.shut_down();
  acceptor_.join();
  for (Connection& connection : connections_) connection.thread.join();
  unlink(path_.c_str());
}

void Server::accept_clients() {
  for (;;) {
    Channel client(accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    join_the_done();
    if (client.descriptor() < 0) {  // no descriptors left, perhaps: not at once again
      stop_.wait_for(lock, std::chrono::milliseconds(100));
      continue;
    }
    if (!is_same_user(client) || connections_.size() >= kMaxClients) {
      logger_.warning("a client was sent away: another user's, or one too many");
      continue;
    }
    Connection& connection = connections_.emplace_back();
    connection.channel = std::move(client);
    try {
      connection.thread = std::thread([this, &connection] { serve(connection); });
    } catch (const std::system_error& error) {
      connections_.pop_back();
      logger_.error(std::string("a client was sent away: no thread for it: ") + error.what());
    }
  }
}

void Server::join_the_done() {
  std::erase_if(connections_, [](Connection& connection) {
    if (connection.done) connection.thread.join();
    return connection.done;
  });
}

void Server::serve(Connection& connection) {
  try {
    Writer hello;
    hello.put(kProtocol);
    bool alive = connection.channel.send(hello.take());
    while (alive) {
      const std::optional<Bytes> request = connection.channel.receive();
      alive = request && connection.channel.send(answer(*request));
    }
  } catch (const std::exception& error) {
    logger_.warning(std::string("a client was cut off: ") + error.what());
    connection.channel.shut_down();
  }
  const std::scoped_lock lock(mutex_);
  connection.done = true;
}

Bytes Server::answer(ByteView request) {
  try {
    Call call;
    Reader reader(request);
    reader.get(call);
    reader.expect_end();
    return std::visit(Answering{frontend_, result_by_}, call);
  } catch (...) {
    return error_answer();
  }
}

}  // namespace durasim::inline v0::engine::control
