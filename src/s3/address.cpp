// s3:// URLs and endpoints.
#include "s3/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace durasim::inline v0::s3 {
namespace {

bool one_of(std::string_view characters, char c) {
  return characters.find(c) != std::string_view::npos;
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// What AWS's "General purpose bucket naming rules" say of length and characters.
void check_bucket(const std::string& url, const std::string& bucket) {
  const bool fits = bucket.size() >= 3 && bucket.size() <= 63 &&
                    is_lower_or_digit(bucket.front()) && is_lower_or_digit(bucket.back()) &&
                    std::ranges::all_of(bucket, [](char c) {
                      return is_lower_or_digit(c) || c == '-' || c == '.';
                    });
  if (fits) return;
  throw InvalidArgument(fmt::format(
      "\"{}\" is not s3://BUCKET or s3://BUCKET/PREFIX with a bucket of 3 to 63 characters a-z 0-9 "
      "- .",
      url));
}

void check_region(const std::string& region) {
  const bool fits = !region.empty() && std::ranges::all_of(region, [](char c) {
    return is_lower_or_digit(c) || c == '-';
  });
  if (!fits) throw InvalidArgument(fmt::format("\"{}\" is not the name of a region", region));
}

struct Endpoint {
  std::string scheme, host;
};

Endpoint endpoint_of(const S3Options& options) {
  if (options.endpoint.empty())
    return {"https", fmt::format("s3.{}.amazonaws.com", options.region)};
  std::string_view rest = options.endpoint;
  Endpoint endpoint{.scheme = rest.starts_with("http://") ? "http" : "https", .host = {}};
  const std::string_view own_port = endpoint.scheme == "http" ? ":80" : ":443";
  const bool has_scheme = rest.starts_with(endpoint.scheme + "://");
  if (has_scheme) rest.remove_prefix(endpoint.scheme.size() + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.ends_with(own_port)) rest.remove_suffix(own_port.size());
  const bool fits = has_scheme && !rest.empty() && std::ranges::all_of(rest, [](char c) {
                      return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || one_of("-._:[]", c);
                    });
  if (!fits) {
    // In front of an @ people write passwords.
    const std::string shown = options.endpoint.substr(options.endpoint.rfind('@') + 1);
    throw InvalidArgument(fmt::format(
        "the S3 endpoint \"{}\" is not http://HOST[:PORT] or https://HOST[:PORT]", shown));
  }
  endpoint.host = rest;
  return endpoint;
}

}  // namespace

Address address_of(const std::string& url, const S3Options& options) {
  constexpr std::string_view kScheme = "s3://";
  const std::size_t begin = url.starts_with(kScheme) ? kScheme.size() : url.size();
  const std::size_t slash = std::min(url.find('/', begin), url.size());
  Address address{.scheme = {},
                  .host = {},
                  .base = {},
                  .bucket = url.substr(begin, slash - begin),
                  .prefix = url.substr(slash)};
  check_bucket(url, address.bucket);
  check_region(options.region);
  while (address.prefix.starts_with('/')) address.prefix.erase(0, 1);
  if (!address.prefix.empty() && !address.prefix.ends_with('/')) address.prefix += '/';
  const auto [scheme, host] = endpoint_of(options);
  address.scheme = scheme;
  const bool has_dot = address.bucket.find('.') != std::string::npos;
  if (options.path_style.value_or(!options.endpoint.empty() || has_dot)) {
    address.host = host;
    address.base = "/" + address.bucket;
  } else {
    address.host = address.bucket + "." + host;
  }
  return address;
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  std::string out;
  for (const char c : text) {
    const bool plain = is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || one_of("-._~", c) ||
                       (keep_slashes && c == '/');
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace durasim::inline v0::s3
