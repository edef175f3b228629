// Uploads that fail, are lost, disposed of or killed half-way: none stays behind, and none is begun
// again that can be gone on with.
#include "durasim/core/files.hpp"
#include "durasim/core/process.hpp"
#include "durasim/core/sha256.hpp"

#include "s3/fault_lab.hpp"
#include "s3/signature.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

using namespace durasim;
using namespace durasim::s3;
using durasim_test::error;
using durasim_test::kLost;
using durasim_test::large_content;
using durasim_test::Proxy;
using durasim_test::s3_server;
using durasim_test::say;
using durasim_test::TemporaryFolder;
using pipeline::Artifact;
using Lab = durasim_test::FaultLab;

namespace {

std::string sha256_base64(std::string_view text) {
  return base64(Sha256().update(as_bytes(text)).finish_bytes());
}

}  // namespace

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
