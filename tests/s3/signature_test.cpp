// Signatures against AWS's published examples, and where the objects of a bucket are.
#include "s3/signature.hpp"

#include "durasim/core/sha256.hpp"

#include "s3/address.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace durasim;
using namespace durasim::s3;
using namespace std::chrono_literals;

namespace {

// Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring
// Payload in a Single Chunk" and "Authenticating Requests: Using Query Parameters".
const S3Credentials kExample{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                             .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
constexpr WallTime kFriday = std::chrono::sys_days{std::chrono::May / 24 / 2013};

std::string authorization(SignedRequest request, std::string_view payload = "") {
  request.headers["host"] = "examplebucket.s3.amazonaws.com";
  sign(request, sha256_hex(as_bytes(payload)), kExample, "us-east-1", kFriday);
  return request.headers["authorization"];
}

S3Options options(const std::string& endpoint = "") {
  S3Options options;
  options.region = "eu-west-3";
  options.endpoint = endpoint;
  return options;
}

std::string place(const Address& address) {
  return address.scheme + "://" + address.host + address.base + "/" + address.prefix;
}

}  // namespace

TEST_CASE("requests are signed as in AWS's examples") {
  CHECK(authorization({.path = "/test.txt", .headers = {{"range", "bytes=0-9"}}}) ==
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(authorization({.method = "PUT",
                       .path = "/" + percent_encode("test$file.text", true),
                       .headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                   {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}},
                      "Welcome to Amazon S3.")
            .ends_with("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
  CHECK(authorization({.query = {{"lifecycle", ""}}})
            .ends_with("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  CHECK(authorization({.query = {{"max-keys", "2"}, {"prefix", "J"}}})
            .ends_with("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST_CASE("links are signed as in AWS's example") {
  SignedRequest request{.path = "/test.txt",
                        .headers = {{"host", "examplebucket.s3.amazonaws.com"}}};
  presign(request, 24h, kExample, "us-east-1", kFriday);
  CHECK(query_text(request.query) ==
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"
        "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404&"
        "X-Amz-SignedHeaders=host");
}

TEST_CASE("a bucket is a host's name or the beginning of a path") {
  CHECK(place(address_of("s3://my-bucket", options())) ==
        "https://my-bucket.s3.eu-west-3.amazonaws.com/");
  CHECK(place(address_of("s3://my-bucket/a/b", options())) ==
        "https://my-bucket.s3.eu-west-3.amazonaws.com/a/b/");
  CHECK(place(address_of("s3://my.bucket/a/", options())) ==
        "https://s3.eu-west-3.amazonaws.com/my.bucket/a/");
  CHECK(place(address_of("s3://my-bucket/a", options("http://127.0.0.1:9000/"))) ==
        "http://127.0.0.1:9000/my-bucket/a/");
  CHECK(place(address_of("s3://my-bucket", options("https://minio.example:443"))) ==
        "https://minio.example/my-bucket/");
  S3Options other = options("https://s3.example");
  other.path_style = false;
  CHECK(place(address_of("s3://my-bucket", other)) == "https://my-bucket.s3.example/");
}

TEST_CASE("what is no bucket, region or endpoint is refused, and so are options out of range") {
  for (const char* url : {"", "my-bucket", "s3://", "s3:///a", "s3://ab", "s3://My-bucket",
                          "s3://-bucket", "s3://a_b_c", "file:///tmp"}) {
    CAPTURE(url);
    CHECK_THROWS_AS((void)address_of(url, options()), InvalidArgument);
  }
  for (const char* endpoint : {"minio.example", "ftp://minio.example", "http://", "http://a/b",
                               "http://user@minio.example"}) {
    CAPTURE(endpoint);
    CHECK_THROWS_AS((void)address_of("s3://my-bucket", options(endpoint)), InvalidArgument);
  }
  S3Options bad = options();
  bad.region = "eu west";
  CHECK_THROWS_AS((void)address_of("s3://my-bucket", bad), InvalidArgument);
  CHECK_THROWS_WITH_AS(S3ArtifactStore("s3://my-bucket", options()),
                       doctest::Contains("credentials"), InvalidArgument);
  const auto refuses = [](const char* option, const auto& change) {
    S3Options wrong = options();
    wrong.credentials = [] { return kExample; };
    CHECK_NOTHROW(S3ArtifactStore("s3://my-bucket", wrong));
    change(wrong);
    CHECK_THROWS_WITH_AS(S3ArtifactStore("s3://my-bucket", wrong), doctest::Contains(option),
                         InvalidArgument);
  };
  refuses("part_bytes", [](S3Options& o) { o.part_bytes = (std::size_t{5} << 20) - 1; });
  refuses("link_lifetime", [](S3Options& o) { o.link_lifetime = 7 * 24h + 1s; });
  refuses("stall_timeout", [](S3Options& o) { o.stall_timeout = 0s; });
}
