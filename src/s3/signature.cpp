// Canonical request, string to sign, signing key, signature: the four steps of AWS's
// "Authenticating Requests (AWS Signature Version 4)" in the S3 API reference.
#include "s3/signature.hpp"

#include "durasim/core/sha256.hpp"

#include "core/json_text.hpp"
#include "s3/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace durasim::inline v0::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
using Digest = std::array<std::byte, 32>;

// RFC 2104, with keys of at most one block.
Digest hmac(ByteView key, std::string_view text) {
  std::array<std::byte, 64> inner{};
  std::ranges::copy(key, inner.begin());
  std::array<std::byte, 64> outer = inner;
  for (std::byte& b : inner) b ^= std::byte{0x36};
  for (std::byte& b : outer) b ^= std::byte{0x5c};
  const Digest hash = Sha256().update(inner).update(as_bytes(text)).finish_bytes();
  return Sha256().update(outer).update(hash).finish_bytes();
}

// "20130524T000000Z"
std::string stamp_of(WallTime now) {
  const auto time = std::chrono::floor<std::chrono::seconds>(now);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string scope_of(const std::string& stamp, const std::string& region) {
  return fmt::format("{}/{}/s3/aws4_request", stamp.substr(0, 8), region);
}

// "host;x-amz-date"
std::string names_of(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string signature_of(const SignedRequest& request, std::string_view payload_hash,
                         const std::string& secret, const std::string& region,
                         const std::string& stamp) {
  std::string headers;
  for (const auto& [name, value] : request.headers) headers += fmt::format("{}:{}\n", name, value);
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path, query_text(request.query),
                  headers, names_of(request.headers), payload_hash);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, stamp,
                                          scope_of(stamp, region), sha256_hex(as_bytes(canonical)));
  const std::string start = "AWS4" + secret;
  Digest key = start.size() <= 64
                   ? hmac(as_bytes(start), stamp.substr(0, 8))
                   : hmac(Sha256().update(as_bytes(start)).finish_bytes(), stamp.substr(0, 8));
  key = hmac(key, region);
  key = hmac(key, "s3");
  key = hmac(key, "aws4_request");
  return hex(hmac(key, to_sign));
}

}  // namespace

std::string hex(ByteView bytes) {
  std::string out;
  for (const std::byte b : bytes) out += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return out;
}

std::string base64(ByteView bytes) {
  std::string out;
  durasim::detail::append_base64(out, as_text(bytes));
  return out;
}

std::string query_text(const std::map<std::string, std::string>& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", percent_encode(name, false),
                        percent_encode(value, false));
  }
  return text;
}

void sign(SignedRequest& request, const std::string& payload_sha256,
          const S3Credentials& credentials, const std::string& region, WallTime now) {
  const std::string stamp = stamp_of(now);
  request.headers["x-amz-date"] = stamp;
  request.headers["x-amz-content-sha256"] = payload_sha256;
  if (!credentials.session_token.empty())
    request.headers["x-amz-security-token"] = credentials.session_token;
  const std::string names = names_of(request.headers);
  request.headers["authorization"] = fmt::format(
      "{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key_id,
      scope_of(stamp, region), names,
      signature_of(request, payload_sha256, credentials.secret_access_key, region, stamp));
}

void presign(SignedRequest& request, std::chrono::seconds lifetime,
             const S3Credentials& credentials, const std::string& region, WallTime now) {
  const std::string stamp = stamp_of(now);
  request.query["X-Amz-Algorithm"] = kAlgorithm;
  request.query["X-Amz-Credential"] = credentials.access_key_id + "/" + scope_of(stamp, region);
  request.query["X-Amz-Date"] = stamp;
  request.query["X-Amz-Expires"] = std::to_string(lifetime.count());
  request.query["X-Amz-SignedHeaders"] = names_of(request.headers);
  if (!credentials.session_token.empty())
    request.query["X-Amz-Security-Token"] = credentials.session_token;
  request.query["X-Amz-Signature"] =
      signature_of(request, "UNSIGNED-PAYLOAD", credentials.secret_access_key, region, stamp);
}

}  // namespace durasim::inline v0::s3
