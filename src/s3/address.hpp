// Where a bucket's objects are: host, path and encoding of their URLs.
#pragma once

#include "durasim/s3/artifact_store.hpp"

#include <string>
#include <string_view>

namespace durasim::inline v0::s3 {

struct Address {
  std::string scheme;  // "https" or "http"
  std::string host;    // as the Host header names it: with the port unless it is the scheme's own
  std::string base;    // in front of "/KEY": empty or "/BUCKET"
  std::string bucket;
  std::string prefix;  // of all keys: empty or ending in '/'
};

// Throws InvalidArgument that quotes what is wrong.
DURASIM_EXPORT Address address_of(const std::string& url, const S3Options& options);

// Every byte but A-Z a-z 0-9 - . _ ~ as %XX, once, as signatures of S3 want it (AWS's "Create a
// canonical request": UriEncode).
DURASIM_EXPORT std::string percent_encode(std::string_view text, bool keep_slashes);

}  // namespace durasim::inline v0::s3
