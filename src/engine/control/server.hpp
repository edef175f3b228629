// The engine's side of the socket beside its store: a thread for each client that is connected.
#pragma once

#include "durasim/core/log.hpp"
#include "durasim/engine/frontend.hpp"

#include "engine/control/channel.hpp"

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace durasim::inline v0::engine::control {

class Server {
 public:
  // As Frontend::result, but nothing when the run has not ended by then.
  using ResultBy =
      std::function<std::optional<PayloadList>(const WorkflowExecution&, SteadyTime deadline)>;
  // Listens at that path. The frontend is borrowed. Throws UnavailableError.
  Server(Frontend& frontend, ResultBy result_by, std::string path, Logger logger);
  // Ends the connections; calls that are under way end first, which the frontend must see to.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  struct Connection {
    Channel channel;
    std::thread thread;
    bool done = false;
  };
  void accept_clients();
  void serve(Connection& connection);
  [[nodiscard]] Bytes answer(ByteView request);
  void join_the_done();

  Frontend& frontend_;
  ResultBy result_by_;
  std::string path_;
  Logger logger_;
  Channel listener_;
  std::mutex mutex_;  // guards the two below
  std::list<Connection> connections_;
  bool stopping_ = false;
  std::condition_variable stop_;
  std::thread acceptor_;
};

}  // namespace durasim::inline v0::engine::control
