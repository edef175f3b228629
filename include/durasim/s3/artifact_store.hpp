// Artifacts in a bucket of S3, or of a server that speaks its protocol:
//   s3::S3ArtifactStore artifacts("s3://my-bucket/simulations");
// What it guarantees, what it needs to be allowed, and what it does not do:
// docs/artifact-stores.md.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/ids.hpp"
#include "durasim/core/retry_policy.hpp"
#include "durasim/core/time.hpp"
#include "durasim/pipeline/artifact_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace durasim::inline v0::s3 {

// The server knows who asks and refuses, or does not know: keys, permissions, an expired token, or
// a clock of this machine that is wrong by more than S3 bears. Trying again does not help.
class DURASIM_EXPORT AccessDenied : public Error {
 public:
  using Error::Error;
  ~AccessDenied() override;
};

struct S3Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token{};  // of temporary credentials
};

struct S3Options {
  // Called before each request, on its thread; thread-safe. For credentials that expire.
  std::function<S3Credentials()> credentials{};
  std::string region = "us-east-1";
  // "https://minio.example:9000"; empty: AWS's own of the region.
  std::string endpoint{};
  // The authorities whose certificates are believed, a PEM file; empty: the system's.
  std::string ca_file{};
  // https://HOST/BUCKET/KEY instead of https://BUCKET.HOST/KEY. By default so with an endpoint of
  // one's own, and for a bucket whose name has dots, which no certificate covers.
  std::optional<bool> path_style{};

  // What is larger goes up in parts of this size; as much memory is used by one put. From 5 MiB to
  // 5 GiB. More for a content that would have more than 10,000 parts.
  std::size_t part_bytes = std::size_t{8} << 20;
  // How long url() gives access to whoever has it: from 1 s to 7 days. Zero: no access, only the
  // name. Results, which a history keeps, then hold no secret.
  std::chrono::seconds link_lifetime{0};

  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::seconds stall_timeout{60};     // without one byte in either direction
  std::chrono::seconds request_timeout{900};  // of one request; a download goes on with the next
  std::size_t max_answer_bytes = std::size_t{4} << 20;  // of what is not an artifact
  // Of requests without connection, without end, with status 500, 502 to 504 or 429, SlowDown or
  // RequestTimeout. Attempts count anew when a download has got on. The delay is half of
  // retry_delay's, and up to all of it by chance.
  RetryPolicy retry{.initial_interval = std::chrono::milliseconds{200},
                    .maximum_interval = std::chrono::seconds{20},
                    .maximum_attempts = 6};
  // Ends waits and transfers with a CancelledError.
  std::stop_token stop{};

  // Seams, thread-safe. Borrowed; null: system_clock(), system_random(), a wait that `stop` ends.
  const Clock* clock = nullptr;
  RandomSource* random = nullptr;
  std::function<void(Duration)> wait{};
};

// What the environment says: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN;
// AWS_REGION or AWS_DEFAULT_REGION; AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; AWS_CA_BUNDLE. Throws
// InvalidArgument when there are no keys.
DURASIM_EXPORT S3Options options_from_environment();

// "libcurl 7.88.1", of the library that is loaded. Thread-safe.
DURASIM_EXPORT std::string libcurl_version();

// s3://BUCKET/PREFIX/ab/abcdef....mp4. As thread-safe as its interface says, also between machines.
class DURASIM_EXPORT S3ArtifactStore final : public pipeline::ArtifactStore {
 public:
  // `url` is "s3://BUCKET" or "s3://BUCKET/PREFIX"; the bucket is not made. Asks the server nothing
  // yet. Throws InvalidArgument that names the option.
  explicit S3ArtifactStore(const std::string& url,
                           const S3Options& options = options_from_environment());
  ~S3ArtifactStore() override;

  // All throw what the interface says; UnavailableError also when the server cannot be reached or
  // fails for all attempts; AccessDenied; InvalidArgument for a bucket that is not there or in
  // another region, and for what else the server finds wrong with a request; LimitError for an
  // answer that is too large; CancelledError. Messages name operation, bucket, key, S3's code and
  // request id.
  pipeline::Artifact put(const std::string& name, ByteView bytes) override;
  pipeline::Artifact put_file(const std::string& name, const std::string& path) override;
  using ArtifactStore::get;
  [[nodiscard]] Bytes get(const pipeline::Artifact& artifact, std::size_t max_bytes) const override;
  void get_file(const pipeline::Artifact& artifact, const std::string& path) const override;
  // https://... without a check that it is there.
  [[nodiscard]] std::string url(const pipeline::Artifact& artifact) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace durasim::inline v0::s3
