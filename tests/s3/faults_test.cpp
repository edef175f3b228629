// What goes wrong between a store and an S3 server, and what is left of it: which errors are tried
// again, what callers see, and that no upload stays behind.
#include "durasim/core/files.hpp"
#include "durasim/core/process.hpp"
#include "durasim/core/sha256.hpp"

#include "s3/bucket.hpp"
#include "s3/signature.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

using namespace durasim;
using namespace durasim::s3;
using namespace std::chrono_literals;
using durasim_test::Bucket;
using durasim_test::large_content;
using durasim_test::Proxy;
using durasim_test::s3_server;
using durasim_test::TemporaryFolder;
using pipeline::Artifact;

namespace {

constexpr std::string_view kText = "a content";

// A bucket behind a proxy, and how long its store has waited between attempts.
struct Lab {
  explicit Lab(durasim_test::Port server) : bucket(server), proxy(server) {
    options = durasim_test::server_options(proxy.port());
    options.random = &chance;
    options.wait = [this](Duration delay) { waits.push_back(delay); };
  }
  [[nodiscard]] S3ArtifactStore store() const { return S3ArtifactStore(bucket.url(), options); }
  [[nodiscard]] bool clean() const { return bucket.upload_count() == 0; }

  struct Half final : RandomSource {
    std::uint64_t next() override { return std::uint64_t{1} << 63; }
  };
  Bucket bucket;
  Proxy proxy;
  Half chance;
  std::vector<Duration> waits;
  S3Options options;
};

Proxy::Answer say(const std::string& status, const std::string& body,
                  const std::string& headers = "") {
  return [=](const Proxy::Forward&) {
    return "HTTP/1.1 " + status + "\r\n" + headers +
           "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  };
}

Proxy::Answer error(const std::string& status, const std::string& code) {
  return say(status,
             "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>of a test</Message>" +
                 "<StringToSign>lasting-secret</StringToSign></Error>",
             "x-amz-request-id: R42\r\n");
}

// The server answers, but only so much of it arrives.
Proxy::Answer cut_after(std::size_t body_bytes) {
  return [=](const Proxy::Forward& forward) {
    const std::string answer = forward();
    return answer.substr(0, answer.find("\r\n\r\n") + 4 + body_bytes);
  };
}

const Proxy::Answer kNothing = [](const Proxy::Forward&) { return std::string(); };
const Proxy::Answer kSilence = [](const Proxy::Forward&) { return std::nullopt; };
// It is done, but nobody is told.
const Proxy::Answer kLost = [](const Proxy::Forward& forward) {
  (void)forward();
  return std::string();
};

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

std::string sha256_base64(std::string_view text) {
  return base64(Sha256().update(as_bytes(text)).finish_bytes());
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
  lab.options.stall_timeout = 1s;
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

TEST_CASE("an upload whose end was not heard of is found to be done") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.proxy.meet("?uploadId=", kLost);
  const std::string content = large_content();
  const Artifact artifact = lab.store().put("a.bin", as_bytes(content));
  CHECK(as_text(lab.store().get(artifact)) == content);
  CHECK(lab.proxy.requests("partNumber=").size() == 3);
  CHECK(lab.clean());
}

TEST_CASE("an upload that fails is aborted") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  const std::string content = large_content();
  lab.proxy.meet("partNumber=2", error("403 Forbidden", "AccessDenied"));
  CHECK_THROWS_AS(lab.store().put("a.bin", as_bytes(content)), AccessDenied);
  CHECK(lab.clean());
  lab.proxy.meet("partNumber=3", error("503 Slow Down", "SlowDown"), 6);
  CHECK_THROWS_AS(lab.store().put("a.bin", as_bytes(content)), UnavailableError);
  CHECK(lab.clean());

  const TemporaryFolder folder;
  write_file(folder.file("a.bin"), as_bytes(content));
  lab.proxy.meet("partNumber=1", [&](const Proxy::Forward& forward) {
    std::filesystem::resize_file(folder.file("a.bin"), content.size() - 1);
    std::filesystem::resize_file(folder.file("a.bin"), content.size());
    return forward();
  });
  CHECK_THROWS_WITH_AS(lab.store().put_file("a.bin", folder.file("a.bin")),
                       doctest::Contains("changed"), IoError);
  CHECK(lab.clean());

  std::stop_source stop;
  lab.options.stop = stop.get_token();
  lab.proxy.meet("partNumber=2", [&](const Proxy::Forward&) {
    stop.request_stop();
    return std::nullopt;
  });
  CHECK_THROWS_AS(lab.store().put("a.bin", as_bytes(content)), CancelledError);
  CHECK(lab.clean());
  CHECK(lab.bucket.object_count() == 0);
}

TEST_CASE("an upload of which somebody else has disposed is begun again") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.proxy.meet("partNumber=2", error("404 Not Found", "NoSuchUpload"));
  lab.proxy.meet("POST ", [](const Proxy::Forward& forward) { return forward(); });  // it begins
  lab.proxy.meet("POST ", error("400 Bad Request", "InvalidPart"));
  const std::string content = large_content();
  const Artifact artifact = lab.store().put("a.bin", as_bytes(content));
  CHECK(as_text(lab.store().get(artifact)) == content);
  CHECK(lab.clean());
  lab.proxy.meet("partNumber=2", error("404 Not Found", "NoSuchUpload"), 3);
  CHECK_THROWS_AS(lab.store().put("b.bin", as_bytes(content + "!")), UnavailableError);
}

// Runs in the process that the next case kills.
TEST_CASE("put for the next case" * doctest::skip()) {
  const std::string file = std::getenv("DURASIM_TEST_PUT");
  S3ArtifactStore(std::getenv("DURASIM_TEST_URL"),
                  durasim_test::server_options(static_cast<durasim_test::Port>(
                      std::stoul(std::getenv("DURASIM_TEST_PORT")))))
      .put_file("a.bin", file);
}

TEST_CASE("an upload whose process was killed is gone on with by the next one") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  const TemporaryFolder folder;
  const std::string content = large_content();
  write_file(folder.file("a.bin"), as_bytes(content));
  const auto killed_in_part_2 = [&] {
    std::stop_source kill;
    lab.proxy.meet("partNumber=2", [&](const Proxy::Forward&) {
      kill.request_stop();
      return std::nullopt;
    });
    const ProcessResult result = PosixProcessRunner().run(
        {.program = std::filesystem::read_symlink("/proc/self/exe"),
         .arguments = {"--no-skip", "-tc=put for the next case"},
         .environment = {"DURASIM_TEST_PUT=" + folder.file("a.bin"),
                         "DURASIM_TEST_URL=" + lab.bucket.url(),
                         "DURASIM_TEST_PORT=" + std::to_string(lab.proxy.port())},
         .stop = kill.get_token()});
    CHECK(result.outcome == ProcessOutcome::Cancelled);
    CHECK(lab.bucket.upload_count() == 1);
  };

  killed_in_part_2();
  // moto does not say what checksums the parts have, as AWS does; here it does.
  const std::string part = content.substr(0, std::size_t{5} << 20);
  lab.proxy.meet("GET /" + lab.bucket.name() + "/runs/", [&](const Proxy::Forward& forward) {
    std::string answer = forward();
    answer.insert(answer.find("</Part>"),
                  "<ChecksumSHA256>" + sha256_base64(part) + "</ChecksumSHA256>");
    return say("200 OK", durasim_test::body_of(answer))(forward);
  });
  const Artifact artifact = lab.store().put_file("a.bin", folder.file("a.bin"));
  CHECK(lab.proxy.requests("?uploads").size() == 1);      // begun by the one that died
  CHECK(lab.proxy.requests("partNumber=1").size() == 1);  // sent by it
  CHECK(lab.proxy.requests("partNumber=2").size() == 2);
  CHECK(as_text(lab.store().get(artifact)) == content);
  CHECK(lab.clean());

  SUBCASE("also when the object has come meanwhile") {
    lab.bucket.remove("runs/" + place_of(artifact));
    killed_in_part_2();
    lab.bucket.write("runs/" + place_of(artifact), content);
    CHECK(lab.store().put_file("a.bin", folder.file("a.bin")) == artifact);
    CHECK(lab.proxy.requests("partNumber=3").size() == 1);
    CHECK(lab.clean());
  }
  SUBCASE("and aborted by one that uses parts of another size") {
    lab.bucket.remove("runs/" + place_of(artifact));
    killed_in_part_2();
    lab.options.part_bytes += 1;
    lab.store().put_file("a.bin", folder.file("a.bin"));
    CHECK(as_text(lab.store().get(artifact)) == content);
    CHECK(lab.clean());
  }
}
