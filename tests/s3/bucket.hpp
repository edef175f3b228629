// A bucket of the real S3 server that tests/s3/run starts, and stores over it.
#pragma once

#include "durasim/s3/artifact_store.hpp"

#include "s3/proxy.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace durasim_test {

// Where it listens. Without one the case says so and passes.
inline std::optional<Port> s3_server() {
  const char* url = std::getenv("DURASIM_TEST_S3");  // http://127.0.0.1:PORT
  if (url == nullptr) {
    MESSAGE("skipped: no S3 server; run by tests/s3/run");
    return {};
  }
  const std::string text = url;
  return static_cast<Port>(std::stoul(text.substr(text.rfind(':') + 1)));
}

// As server.py knows them.
inline durasim::s3::S3Options server_options(Port port) {
  durasim::s3::S3Options options{
      .credentials = [] { return durasim::s3::S3Credentials{"AKIDLASTING", "lasting-secret"}; }};
  options.region = "eu-west-3";
  options.endpoint = "http://127.0.0.1:" + std::to_string(port);
  options.part_bytes = std::size_t{5} << 20;
  options.wait = [](durasim::Duration) {};
  return options;
}

class Bucket {
 public:
  explicit Bucket(Port server) : server_(server) {
    static std::atomic<int> number = 0;
    name_ = "bucket-" + std::to_string(number++);
    (void)ask("PUT", "");
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string url() const { return "s3://" + name_ + "/runs"; }
  [[nodiscard]] durasim::s3::S3Options options() const { return server_options(server_); }

  // Behind every store's back, unsigned.
  void write(const std::string& key, std::string_view content) const {
    (void)ask("PUT", "/" + key, content);
  }
  void remove(const std::string& key) const { (void)ask("DELETE", "/" + key); }
  [[nodiscard]] std::size_t object_count() const { return count(ask("GET", ""), "<Key>"); }
  [[nodiscard]] std::size_t upload_count() const {
    return count(ask("GET", "?uploads"), "<UploadId>");
  }

 private:
  [[nodiscard]] std::string ask(const std::string& method, const std::string& what,
                                std::string_view body = "") const {
    const std::string answer = http_exchange(
        server_,
        method + " /-/" + name_ + what + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + std::string(body));
    REQUIRE(answer.starts_with("HTTP/1.1 20"));
    return body_of(answer);
  }
  static std::size_t count(const std::string& text, const std::string& word) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
      ++found;
    return found;
  }

  Port server_;
  std::string name_;
};

// Two parts of 5 MiB and a rest, all of them different.
inline std::string large_content() {
  std::string text((std::size_t{10} << 20) + 100'000, '.');
  for (std::size_t at = 0; at < text.size(); at += 50'000) {
    const std::string here = std::to_string(at);
    text.replace(at, here.size(), here);
  }
  return text;
}

}  // namespace durasim_test
