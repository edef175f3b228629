// What goes wrong between a store and an S3 server: which errors are tried again, and what callers
// see.
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"

#include "s3/fault_lab.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace durasim;
using namespace durasim::s3;
using namespace std::chrono_literals;
using durasim_test::cut_after;
using durasim_test::error;
using durasim_test::kLost;
using durasim_test::kNothing;
using durasim_test::kSilence;
using durasim_test::large_content;
using durasim_test::Proxy;
using durasim_test::s3_server;
using durasim_test::say;
using durasim_test::TemporaryFolder;
using pipeline::Artifact;
using Lab = durasim_test::FaultLab;

namespace {

constexpr std::string_view kText = "a content";

// The message of the exception that `act` ends with.
template <class Exception, class Act>
std::string message_of(const Act& act) {
  try {
    act();
  } catch (const Exception& exception) {
    const std::string text = exception.what();
    CHECK(text.find("secret") == std::string::npos);
    CHECK(text.find("Signature=") == std::string::npos);
    return text;
  }
  FAIL("nothing was thrown");
  return {};
}

void check_contains(const std::string& text, const std::vector<std::string>& parts) {
  CAPTURE(text);
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("what may pass is tried again, with longer and longer waits") {
  const auto server = s3_server();
  if (!server) return;
  for (const Proxy::Answer& fault :
       {kNothing, kLost, error("500 Internal Server Error", "InternalError"),
        error("503 Slow Down", "SlowDown"), error("429 Too Many Requests", "TooManyRequests"),
        error("400 Bad Request", "RequestTimeout"), say("502 Bad Gateway", "<html>")}) {
    Lab lab(*server);
    lab.proxy.meet("PUT ", fault, 3);
    const Artifact artifact = lab.store().put("a.txt", as_bytes(kText));
    CHECK(lab.proxy.requests("PUT ").size() == 4);
    CHECK(lab.waits == std::vector<Duration>{150ms, 300ms, 600ms});
    lab.proxy.meet("GET ", fault);
    CHECK(as_text(lab.store().get(artifact)) == kText);
  }
}

TEST_CASE("a server that stalls is given up and asked again") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.options.stall_timeout = 5s;  // a busy machine's server takes less
  lab.proxy.meet("HEAD ", kSilence);
  CHECK_NOTHROW(lab.store().put("a.txt", as_bytes(kText)));
  CHECK(lab.waits.size() == 1);
}

TEST_CASE("a server that is down or stays broken is unavailable after the last attempt") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.options.retry.maximum_attempts = 3;
  lab.proxy.meet("HEAD ", error("503 Slow Down", "SlowDown"), 3);
  // A HEAD has no body, so the code does not arrive.
  check_contains(message_of<UnavailableError>([&] { lab.store().put("a.txt", as_bytes(kText)); }),
                 {"HeadObject", lab.bucket.url() + "/", ".txt", "503", "R42", "3 attempts"});
  CHECK(lab.waits.size() == 2);
  lab.proxy.meet("PUT ", error("503 Slow Down", "SlowDown"), 3);
  check_contains(message_of<UnavailableError>([&] { lab.store().put("a.txt", as_bytes(kText)); }),
                 {"PutObject", "503 SlowDown: of a test (request R42, 3 attempts)"});

  lab.options.endpoint = durasim_test::server_options(Proxy(*server).port()).endpoint;  // gone
  check_contains(message_of<UnavailableError>([&] { lab.store().put("a.txt", as_bytes(kText)); }),
                 {"HeadObject", "3 attempts"});
}

TEST_CASE("what will not pass is not tried again") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.proxy.meet("PUT ", error("403 Forbidden", "AccessDenied"));
  check_contains(message_of<AccessDenied>([&] { lab.store().put("a.txt", as_bytes(kText)); }),
                 {"PutObject", lab.bucket.url(), "403 AccessDenied", "R42", "1 attempt"});
  lab.proxy.meet("PUT ", error("400 Bad Request", "InvalidRequest"));
  (void)message_of<InvalidArgument>([&] { lab.store().put("a.txt", as_bytes(kText)); });
  CHECK(lab.waits.empty());

  S3Options wrong = lab.options;
  wrong.credentials = [] { return S3Credentials{"AKIDLASTING", "wrong-one"}; };
  const Artifact artifact = lab.store().put("a.txt", as_bytes(kText));
  check_contains(message_of<AccessDenied>(
                     [&] { (void)S3ArtifactStore(lab.bucket.url(), wrong).get(artifact); }),
                 {"GetObject", "SignatureDoesNotMatch"});
  check_contains(message_of<InvalidArgument>([&] {
                   S3ArtifactStore("s3://no-such-bucket", lab.options).put("a", as_bytes(kText));
                 }),
                 {"NoSuchBucket"});
}

TEST_CASE("a wrong clock is reported with both times") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  const Artifact artifact = lab.store().put("a.txt", as_bytes(kText));
  struct Wrong final : Clock {
    WallTime wall_now() const override {
      return std::chrono::sys_days{std::chrono::May / 24 / 2013};
    }
    SteadyTime steady_now() const override { return {}; }
  } clock;
  lab.options.clock = &clock;
  check_contains(message_of<AccessDenied>([&] { (void)lab.store().get(artifact); }),
                 {"RequestTimeTooSkewed", "this machine says 2013-05-24T00:00:00.000Z", "GMT"});
}

TEST_CASE("a server whose certificate nobody vouches for gets no request") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.options.endpoint = std::getenv("DURASIM_TEST_S3_TLS");
  (void)message_of<IoError>([&] { lab.store().put("a.txt", as_bytes(kText)); });
  CHECK(lab.waits.empty());
  CHECK(lab.bucket.object_count() == 0);
  lab.options.ca_file = std::getenv("DURASIM_TEST_S3_CA");
  CHECK_NOTHROW(lab.store().put("a.txt", as_bytes(kText)));
  CHECK(lab.bucket.object_count() == 1);
  lab.options.endpoint.replace(lab.options.endpoint.find("127.0.0.1"), 9, "localhost");
  CHECK_THROWS_AS(lab.store().put("b.txt", as_bytes(kText)), IoError);  // another's certificate
}

TEST_CASE("a bucket in another region is named as such; redirects are not followed") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  const Proxy trap(*server);
  lab.proxy.meet("HEAD ", say("301 Moved Permanently", "",
                              "Location: http://127.0.0.1:" + std::to_string(trap.port()) +
                                  "/\r\nx-amz-bucket-region: us-west-2\r\n"));
  check_contains(message_of<InvalidArgument>([&] { lab.store().put("a.txt", as_bytes(kText)); }),
                 {"in region us-west-2", "for eu-west-3"});
  CHECK(trap.requests().empty());
  const Artifact artifact = lab.store().put("a.txt", as_bytes(kText));
  lab.options.region = "us-east-1";  // the server itself says so
  check_contains(message_of<InvalidArgument>([&] { (void)lab.store().get(artifact); }),
                 {"in region eu-west-3", "for us-east-1"});
}

TEST_CASE("a download that is cut goes on where it was, as often as it gets on") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.options.retry.maximum_attempts = 2;
  const std::string content = large_content();
  const Artifact artifact = lab.store().put("a.bin", as_bytes(content));
  lab.proxy.meet("GET ", cut_after(std::size_t{2} << 20), 5);
  const TemporaryFolder folder;
  lab.store().get_file(artifact, folder.file("a.bin"));
  CHECK(sha256_hex(read_file(folder.file("a.bin"))) == artifact.sha256);
  lab.proxy.meet("GET ", cut_after(1000));
  lab.proxy.meet("GET ", cut_after(0), 2);
  CHECK_THROWS_AS((void)lab.store().get(artifact), UnavailableError);
  // A server that knows no ranges sends all of it again.
  lab.proxy.meet("GET ", cut_after(1000));
  lab.proxy.meet("GET ", say("200 OK", content));
  CHECK(as_text(lab.store().get(artifact)) == content);
}

TEST_CASE("a download of which only the end is cut is complete") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  const Artifact artifact = lab.store().put("a.txt", as_bytes(kText));
  static_assert(kText.size() < 10);  // a hexadecimal number, too
  lab.proxy.meet("GET ", [](const Proxy::Forward&) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::to_string(kText.size()) +
           "\r\n" + std::string(kText) + "\r\n";
  });
  CHECK(as_text(lab.store().get(artifact)) == kText);
  CHECK(lab.proxy.requests("GET ").size() == 2);
}

TEST_CASE("a body that is damaged or too long leaves no file") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  const TemporaryFolder folder;
  const Artifact artifact = lab.store().put("a.txt", as_bytes(kText));
  for (const char* body : {"A content", "a conten", "", "a content and more"}) {
    CAPTURE(body);
    lab.proxy.meet("GET ", say("200 OK", body), 2);
    check_contains(message_of<FormatError>([&] { (void)lab.store().get(artifact); }), {"damaged"});
    CHECK_THROWS_AS(lab.store().get_file(artifact, folder.file("a.txt")), FormatError);
  }
  CHECK(folder.file_count() == 0);
  CHECK(lab.waits.empty());
}

TEST_CASE("an answer that is too large, or is not what was asked for, is an error") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.options.max_answer_bytes = 10'000;
  const std::string content = large_content();
  lab.proxy.meet("?prefix=", say("200 OK", std::string(10'001, 'x')));
  CHECK_THROWS_AS(lab.store().put("a.bin", as_bytes(content)), LimitError);
  lab.proxy.meet("PUT ", say("500 Oh", std::string(10'001, 'x')));
  CHECK_THROWS_AS(lab.store().put("a.txt", as_bytes(kText)), LimitError);
  for (const char* body : {"", "<html/>", "<a><b>", "<a><Bucket/></a>"}) {
    lab.proxy.meet("?prefix=", say("200 OK", body));
    CHECK_THROWS_AS(lab.store().put("a.bin", as_bytes(content)), FormatError);
  }
  lab.proxy.meet("partNumber=2", say("200 OK", ""));  // without an ETag
  CHECK_THROWS_AS(lab.store().put("a.bin", as_bytes(content)), FormatError);
  CHECK(lab.clean());
}

TEST_CASE("an error in a success is an error") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.proxy.meet("POST /" + lab.bucket.name() + "/runs/", error("200 OK", "InternalError"), 1);
  const std::string content = large_content();
  CHECK_NOTHROW(lab.store().put("a.bin", as_bytes(content)));
  CHECK(lab.waits.size() == 1);
  lab.proxy.meet("?uploadId=", error("200 OK", "InternalError"));
  lab.proxy.meet("?uploadId=", error("200 OK", "EntityTooSmall"));
  const std::string other = content + "!";
  check_contains(message_of<InvalidArgument>([&] { lab.store().put("b.bin", as_bytes(other)); }),
                 {"CompleteMultipartUpload", "200 EntityTooSmall"});
  CHECK(lab.waits.size() == 2);
  CHECK(lab.clean());
  CHECK(lab.bucket.object_count() == 1);
}
