// The proxy's sockets, by Asio's blocking calls.
#include "s3/proxy.hpp"

#include <boost/asio.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace durasim_test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Of "...\r\nContent-Length: 12\r\n...", whatever its case; 0 when it says none.
std::size_t content_length(std::string head) {
  for (char& c : head) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  const std::size_t at = head.find("\r\ncontent-length:");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 17));
}

}  // namespace

std::string http_exchange(Port server, const std::string& request) {
  asio::io_context context;
  tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), server});
  asio::write(socket, asio::buffer(request));
  std::string answer;
  boost::system::error_code end;
  asio::read(socket, asio::dynamic_buffer(answer), end);
  return answer;
}

class Proxy::Server {
 public:
  explicit Server(Port target)
      : target_(target),
        acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        thread_([this] { serve(); }) {}
  ~Server() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    tcp::socket(context_).connect(acceptor_.local_endpoint());
    thread_.join();
  }
  [[nodiscard]] Port port() const { return acceptor_.local_endpoint().port(); }
  void meet(const std::string& words, const Answer& answer, int times) {
    const std::scoped_lock lock(mutex_);
    for (int i = 0; i < times; ++i) faults_.emplace_back(words, answer);
  }
  [[nodiscard]] std::vector<std::string> requests(const std::string& words) const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> found;
    for (const std::string& line : lines_)
      if (line.find(words) != std::string::npos) found.push_back(line);
    return found;
  }

 private:
  void serve() {
    for (;;) {
      tcp::socket client = acceptor_.accept();
      {
        const std::scoped_lock lock(mutex_);
        if (stopping_) return;
      }
      try {
        serve_one(client);
      } catch (const boost::system::system_error&) {
        continue;  // the client has gone
      }
    }
  }
  void serve_one(tcp::socket& client) {
    std::string request;
    const std::size_t head = asio::read_until(client, asio::dynamic_buffer(request), "\r\n\r\n");
    const std::size_t size = head + content_length(request.substr(0, head));
    if (request.size() < size) {
      asio::read(client, asio::dynamic_buffer(request),
                 asio::transfer_exactly(size - request.size()));
    }
    const std::string line = request.substr(0, request.find("\r\n"));
    request.insert(line.size() + 2, "Connection: close\r\n");
    const Forward forward = [&] { return http_exchange(target_, request); };
    const std::optional<Answer> fault = fault_for(line);
    const std::optional<std::string> answer = fault ? (*fault)(forward) : forward();
    if (answer) {
      asio::write(client, asio::buffer(*answer));
    } else {
      boost::system::error_code gone;
      asio::read(client, asio::buffer(request, 1), gone);
    }
  }
  std::optional<Answer> fault_for(const std::string& line) {
    const std::scoped_lock lock(mutex_);
    lines_.push_back(line);
    for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
      if (line.find(fault->first) == std::string::npos) continue;
      Answer answer = fault->second;
      faults_.erase(fault);
      return answer;
    }
    return {};
  }

  Port target_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  std::deque<std::pair<std::string, Answer>> faults_;
  std::vector<std::string> lines_;
  bool stopping_ = false;
  std::thread thread_;
};

Proxy::Proxy(Port server) : server_(std::make_unique<Server>(server)) {}
Proxy::~Proxy() = default;

Port Proxy::port() const {
  return server_->port();
}

void Proxy::meet(const std::string& words, const Answer& answer, int times) {
  server_->meet(words, answer, times);
}

std::vector<std::string> Proxy::requests(const std::string& words) const {
  return server_->requests(words);
}

}  // namespace durasim_test
