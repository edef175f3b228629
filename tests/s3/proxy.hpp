// A proxy between a store and an S3 server: it notes each request, and answers those that a test
// has chosen as the test says. One request a connection, one connection at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace durasim_test {

using Port = unsigned short;  // of a server on 127.0.0.1

// Sends a request as it stands and reads until the server closes.
std::string http_exchange(Port server, const std::string& request);

inline std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

class Proxy {
 public:
  using Forward = std::function<std::string()>;  // the server's answer
  // What to say to a request; nothing: say nothing until the client goes. Runs on the proxy's
  // thread.
  using Answer = std::function<std::optional<std::string>(const Forward&)>;

  explicit Proxy(Port server);
  ~Proxy();
  [[nodiscard]] Port port() const;
  // The next `times` requests in whose first line the words are.
  void meet(const std::string& words, const Answer& answer, int times = 1);
  // The first lines of all requests so far with those words.
  [[nodiscard]] std::vector<std::string> requests(const std::string& words = "") const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace durasim_test
