// One HTTP exchange by libcurl, within time-outs and limits. Knows nothing of S3; does not retry,
// follow redirects or look at the answer.
#pragma once

#include "durasim/s3/artifact_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace durasim::inline v0::s3 {

struct HttpRequest {
  std::string method;
  std::string url;
  std::map<std::string, std::string> headers{};
  ByteView body{};  // borrowed
  // Gets the body of an answer with a status of 2xx, piece by piece; null: it is kept in memory.
  std::function<void(int status, ByteView piece)> sink{};
  bool ignore_stop = false;
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers{};  // by lower-case name
  std::string body{};
  // Why there is no (whole) answer; empty when there is one. `transient`: another try may help.
  std::string failure{};
  bool transient = false;

  [[nodiscard]] std::string header(const std::string& name) const;
};

class Connection;

// Keeps connections for the next exchange. Thread-safe: each exchange has a connection of its own.
class HttpClient {
 public:
  explicit HttpClient(const S3Options& options);  // borrowed
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  // Throws LimitError when the answer is too large, CancelledError, and what `sink` throws.
  [[nodiscard]] HttpAnswer exchange(const HttpRequest& request) const;

 private:
  const S3Options& options_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace durasim::inline v0::s3
