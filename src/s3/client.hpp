// Requests of S3's protocol for one bucket: signed, tried again where that may help, and errors as
// exceptions. Knows keys and bodies, not artifacts.
#pragma once

#include "s3/address.hpp"
#include "s3/http.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace durasim::inline v0::s3 {

struct Operation {
  std::string name;  // as S3's API reference calls it, for errors
  std::string method;
  std::string key{};  // empty: of the bucket
  std::map<std::string, std::string> query{};
  std::map<std::string, std::string> headers{};
  ByteView body{};            // borrowed
  std::string body_sha256{};  // in hex, where it is known
  // Gets an object's bytes, each once and in order, over all attempts.
  std::function<void(ByteView)> sink{};
  // The code of an error that is an answer, too.
  std::string expected_error{};
  // Cleaning up after a failure: once, without retries, also when the caller has stopped.
  bool last_word = false;
};

// Of an <Error> document (AWS's "Error responses"); all empty when there is none.
struct ServerError {
  std::string code, message, region;
};

struct Answer {
  HttpAnswer http;
  ServerError error;
  [[nodiscard]] bool ok() const { return http.status / 100 == 2 && error.code.empty(); }
};

// By which a server checks what it receives, and tells later what it holds.
[[nodiscard]] std::map<std::string, std::string> checksum_headers(ByteView sha256);

// Thread-safe.
class Client {
 public:
  Client(const std::string& url, const S3Options& options);  // throws InvalidArgument

  // The answer of success, the expected error, a 404 of something in the bucket, or the 416 that
  // says that the sink had got everything when a connection broke. A success whose body is an error
  // is none: so S3 ends what it had begun to answer. Throws what S3ArtifactStore says.
  [[nodiscard]] Answer call(const Operation& operation) const;

  [[nodiscard]] std::string link(const std::string& key) const;
  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] std::string name_of(const std::string& key) const;  // "s3://BUCKET/KEY"

 private:
  [[nodiscard]] HttpAnswer attempt(const Operation& operation, std::uint64_t& received) const;
  void wait_after(int attempts) const;

  S3Options options_;
  Address address_;
  HttpClient http_;
};

}  // namespace durasim::inline v0::s3
