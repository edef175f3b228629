// AWS Signature Version 4 for S3, in a header of a request or in its URL: one signer for both,
// since libcurl's own (CURLOPT_AWS_SIGV4) makes no links. It sends nothing.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/s3/artifact_store.hpp"

#include <chrono>
#include <map>
#include <string>

namespace durasim::inline v0::s3 {

struct SignedRequest {
  std::string method = "GET";
  std::string path = "/";                        // percent-encoded
  std::map<std::string, std::string> query{};    // not encoded
  std::map<std::string, std::string> headers{};  // by lower-case name; "host" must be there
};

// The request's query as it stands in its URL.
DURASIM_EXPORT std::string query_text(const std::map<std::string, std::string>& query);

// Adds the headers by which a server knows who asks, when, and for what: x-amz-date,
// x-amz-content-sha256, x-amz-security-token, authorization. `payload_sha256` in lower-case hex.
DURASIM_EXPORT void sign(SignedRequest& request, const std::string& payload_sha256,
                         const S3Credentials& credentials, const std::string& region, WallTime now);

// Adds the same to the query instead, for whoever gets the URL within `lifetime`.
DURASIM_EXPORT void presign(SignedRequest& request, std::chrono::seconds lifetime,
                            const S3Credentials& credentials, const std::string& region,
                            WallTime now);

// Digests as headers show them.
[[nodiscard]] std::string hex(ByteView bytes);
[[nodiscard]] DURASIM_EXPORT std::string base64(ByteView bytes);

}  // namespace durasim::inline v0::s3
