// One operation: signing, attempts, and what its end means.
#include "s3/client.hpp"

#include "durasim/core/sha256.hpp"

#include "core/ascii_text.hpp"
#include "s3/signature.hpp"

#include <fmt/format.h>
#include <tinyxml2.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace durasim::inline v0::s3 {
namespace {

constexpr std::size_t kShownBytes = 500;  // of the server's texts

template <class T>
void require(bool fits, std::string_view option, const T& value, std::string_view range) {
  if (!fits) throw InvalidArgument(fmt::format("S3 option {} is {}; {}", option, value, range));
}

S3Options checked(S3Options options) {
  if (!options.credentials) throw InvalidArgument("S3 option credentials is not set");
  require(options.part_bytes >= std::size_t{5} << 20 && options.part_bytes <= std::size_t{5} << 30,
          "part_bytes", options.part_bytes, "S3 takes parts from 5 MiB to 5 GiB");
  require(options.link_lifetime.count() >= 0 && options.link_lifetime <= std::chrono::days(7),
          "link_lifetime", options.link_lifetime.count(), "it is at most 7 days, in seconds");
  for (const auto& [name, count] : {std::pair("connect_timeout", options.connect_timeout.count()),
                                    {"stall_timeout", options.stall_timeout.count()},
                                    {"request_timeout", options.request_timeout.count()}}) {
    require(count > 0, name, count, "it must be more than 0");
  }
  require(options.max_answer_bytes > 0, "max_answer_bytes", options.max_answer_bytes,
          "it must be more than 0");
  validate(options.retry);
  if (options.clock == nullptr) options.clock = &system_clock();
  if (options.random == nullptr) options.random = &system_random();
  return options;
}

std::string shown(std::string_view text) {
  return ascii_text(text.substr(0, kShownBytes));
}

ServerError error_of(const std::string& body) {
  ServerError error;
  tinyxml2::XMLDocument document;
  if (document.Parse(body.data(), body.size()) != tinyxml2::XML_SUCCESS) return error;
  const tinyxml2::XMLElement* root = document.FirstChildElement("Error");
  if (root == nullptr) return error;
  const auto text = [root](const char* name) {
    const tinyxml2::XMLElement* element = root->FirstChildElement(name);
    const char* content = element != nullptr ? element->GetText() : nullptr;
    return shown(content != nullptr ? content : "");
  };
  error = {.code = text("Code"), .message = text("Message"), .region = text("Region")};
  if (error.code.empty()) error.code = "an error without a code";
  return error;
}

bool is_one_of(const std::string& code, std::initializer_list<std::string_view> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

// What another try may mend, of all that a server says (AWS's "Error responses", "Retry behavior").
bool is_transient(int status, const std::string& code) {
  return status == 500 || status == 502 || status == 503 || status == 504 || status == 429 ||
         is_one_of(code, {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable",
                          "Throttling", "OperationAborted", "TooManyRequests"});
}

// An operation that has come to no good end.
struct Failure {
  const Client& client;
  const Operation& operation;
  const HttpAnswer& http;
  const ServerError& error;
  int attempts;

  // "S3 PutObject s3://bucket/key: 503 SlowDown: Please ... (request 4442587FB7D0A2F9, 6 attempts)"
  [[nodiscard]] std::string text(const std::string& remedy = {}) const {
    std::string what = http.failure;
    if (what.empty()) {
      what = std::to_string(http.status);
      if (!error.code.empty()) what += " " + error.code;
      if (!error.message.empty()) what += ": " + error.message;
    }
    std::string request = shown(http.header("x-amz-request-id"));
    if (!request.empty()) request = "request " + request + ", ";
    return fmt::format("S3 {} {}: {} ({}{} {}){}", operation.name, client.name_of(operation.key),
                       what, request, attempts, attempts == 1 ? "attempt" : "attempts", remedy);
  }

  [[noreturn]] void raise(const S3Options& options) const {
    if (is_transient(http.status, error.code) || http.transient) throw UnavailableError(text());
    if (!http.failure.empty()) throw IoError(text());
    // A refused HEAD does not say why; the clock may be.
    if (error.code == "RequestTimeTooSkewed" || (http.status == 403 && error.code.empty())) {
      throw AccessDenied(
          text(fmt::format("; the clock of this machine says {}, the server's {}",
                           to_rfc3339(options.clock->wall_now()), shown(http.header("date")))));
    }
    const std::string header = shown(http.header("x-amz-bucket-region"));
    const std::string& region = header.empty() ? error.region : header;
    if (!region.empty() && region != options.region && http.status != 403) {
      throw InvalidArgument(
          text(fmt::format("; the bucket is in region {}, the request was for {}: set the region",
                           region, options.region)));
    }
    if (http.status == 401 || http.status == 403 ||
        is_one_of(error.code, {"ExpiredToken", "InvalidToken"})) {
      throw AccessDenied(text());
    }
    throw InvalidArgument(text());
  }
};

}  // namespace

AccessDenied::~AccessDenied() = default;

std::map<std::string, std::string> checksum_headers(ByteView sha256) {
  return {{"x-amz-sdk-checksum-algorithm", "SHA256"}, {"x-amz-checksum-sha256", base64(sha256)}};
}

Client::Client(const std::string& url, const S3Options& options)
    : options_(checked(options)), address_(address_of(url, options_)), http_(options_) {}

std::string Client::name_of(const std::string& key) const {
  return fmt::format("s3://{}/{}", address_.bucket, key);
}

HttpAnswer Client::attempt(const Operation& operation, std::uint64_t& received) const {
  SignedRequest request{.method = operation.method,
                        .path = address_.base + "/" + percent_encode(operation.key, true),
                        .query = operation.query,
                        .headers = operation.headers};
  request.headers["host"] = address_.host;
  if (received > 0) request.headers["range"] = fmt::format("bytes={}-", received);
  const std::string hash =
      operation.body_sha256.empty() ? sha256_hex(operation.body) : operation.body_sha256;
  sign(request, hash, options_.credentials(), options_.region, options_.clock->wall_now());
  HttpRequest http{.method = request.method,
                   .url = address_.scheme + "://" + address_.host + request.path,
                   .headers = std::move(request.headers),
                   .body = operation.body,
                   .ignore_stop = operation.last_word};
  if (!request.query.empty()) http.url += "?" + query_text(request.query);
  if (operation.sink) {
    // A server that sends all of it again is one that knows no ranges.
    http.sink = [&, at = std::uint64_t{0}, begin = received](int status, ByteView piece) mutable {
      if (status != 206) {
        const std::uint64_t known = std::min<std::uint64_t>(begin - at, piece.size());
        at += known;
        piece = piece.subspan(known);
      }
      received += piece.size();
      operation.sink(piece);
    };
  }
  return http_.exchange(http);
}

Answer Client::call(const Operation& operation) const {
  std::uint64_t received = 0;
  for (int attempts = 1;; ++attempts) {
    const std::uint64_t before = received;
    Answer answer{.http = attempt(operation, received), .error = {}};
    if (answer.http.failure.empty()) {
      answer.error = error_of(answer.http.body);
      const std::string& code = answer.error.code;
      const bool missing = answer.http.status == 404 && code != "NoSuchBucket";
      // Only its end was cut: nothing stands behind what was received.
      const bool complete = answer.http.status == 416 && received > 0;
      if (answer.ok() || missing || complete || (!code.empty() && code == operation.expected_error))
        return answer;
    }
    if (received > before) attempts = 1;  // it gets on
    const bool again = is_transient(answer.http.status, answer.error.code) || answer.http.transient;
    const int limit = options_.retry.maximum_attempts;
    if (!again || operation.last_word || attempts == limit)
      Failure{*this, operation, answer.http, answer.error, attempts}.raise(options_);
    wait_after(attempts);
  }
}

// Half of the delay is certain, the other half by chance, so that those who failed together do not
// come again together.
void Client::wait_after(int attempts) const {
  const Duration half = retry_delay(options_.retry, attempts) / 2;
  const double chance = static_cast<double>(options_.random->next() >> 11) * 0x1p-53;
  const Duration delay =
      half + Duration(static_cast<Duration::rep>(static_cast<double>(half.count()) * chance));
  if (options_.wait) {
    options_.wait(delay);
  } else {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, options_.stop, delay, [] { return false; });
  }
  if (options_.stop.stop_requested()) throw CancelledError("S3: cancelled while waiting to retry");
}

std::string Client::link(const std::string& key) const {
  SignedRequest request{.path = address_.base + "/" + percent_encode(key, true),
                        .headers = {{"host", address_.host}}};
  std::string url = address_.scheme + "://" + address_.host + request.path;
  if (options_.link_lifetime.count() == 0) return url;
  presign(request, options_.link_lifetime, options_.credentials(), options_.region,
          options_.clock->wall_now());
  return url + "?" + query_text(request.query);
}

}  // namespace durasim::inline v0::s3
