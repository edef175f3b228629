// What goes wrong between a store and an S3 server, for tests: a bucket behind a proxy, and the
// answers that this gives in the server's place.
#pragma once

#include "durasim/core/ids.hpp"
#include "durasim/core/time.hpp"
#include "durasim/s3/artifact_store.hpp"

#include "s3/bucket.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace durasim_test {

// A bucket behind a proxy, and how long its store has waited between attempts.
struct FaultLab {
  explicit FaultLab(Port server) : bucket(server), proxy(server) {
    options = server_options(proxy.port());
    options.random = &chance;
    options.wait = [this](durasim::Duration delay) { waits.push_back(delay); };
  }
  [[nodiscard]] durasim::s3::S3ArtifactStore store() const {
    return durasim::s3::S3ArtifactStore(bucket.url(), options);
  }
  [[nodiscard]] bool clean() const { return bucket.upload_count() == 0; }

  struct Half final : durasim::RandomSource {
    std::uint64_t next() override { return std::uint64_t{1} << 63; }
  };
  Bucket bucket;
  Proxy proxy;
  Half chance;
  std::vector<durasim::Duration> waits;
  durasim::s3::S3Options options;
};

inline Proxy::Answer say(const std::string& status, const std::string& body,
                         const std::string& headers = "") {
  return [=](const Proxy::Forward&) {
    return "HTTP/1.1 " + status + "\r\n" + headers +
           "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  };
}

inline Proxy::Answer error(const std::string& status, const std::string& code) {
  return say(status,
             "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>of a test</Message>" +
                 "<StringToSign>lasting-secret</StringToSign></Error>",
             "x-amz-request-id: R42\r\n");
}

// The server answers, but only so much of it arrives.
inline Proxy::Answer cut_after(std::size_t body_bytes) {
  return [=](const Proxy::Forward& forward) {
    const std::string answer = forward();
    return answer.substr(0, answer.find("\r\n\r\n") + 4 + body_bytes);
  };
}

inline const Proxy::Answer kNothing = [](const Proxy::Forward&) { return std::string(); };
inline const Proxy::Answer kSilence = [](const Proxy::Forward&) { return std::nullopt; };
// It is done, but nobody is told.
inline const Proxy::Answer kLost = [](const Proxy::Forward& forward) {
  (void)forward();
  return std::string();
};

}  // namespace durasim_test
