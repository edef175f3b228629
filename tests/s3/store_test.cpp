// The store over a real S3 server: what every store must do, uploads in parts, links, a simulation.
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"

#include "pipeline/artifact_store_suite.hpp"
#include "s3/bucket.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#ifdef DURASIM_BUILD_BIN
#include "cli/run_cli.hpp"
#endif

using namespace durasim;
using namespace durasim::s3;
using namespace std::chrono_literals;
using durasim_test::Bucket;
using durasim_test::s3_server;
using durasim_test::TemporaryFolder;
using pipeline::Artifact;

namespace {

durasim_test::StoreUnderTest store_in(const Bucket& bucket) {
  return {.open = [&] { return std::make_unique<S3ArtifactStore>(bucket.url(), bucket.options()); },
          .overwrite =
              [&](const Artifact& artifact, std::string_view content) {
                bucket.write("runs/" + place_of(artifact), content);
              },
          .count = [&] { return bucket.object_count(); }};
}

// The answer to somebody who has nothing but the URL.
std::string open_link(durasim_test::Port server, const std::string& url) {
  const std::size_t path = url.find('/', std::string_view("http://").size());
  return durasim_test::http_exchange(server, "GET " + url.substr(path) +
                                                 " HTTP/1.1\r\nHost: " + url.substr(7, path - 7) +
                                                 "\r\nConnection: close\r\n\r\n");
}

}  // namespace

TEST_CASE("a content is kept once under its hash, whoever brings it and how often") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  durasim_test::check_kept_once(store_in(bucket));
}

TEST_CASE("what is missing, damaged, too large or no reference at all is refused") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  durasim_test::check_refusals(store_in(bucket));
}

TEST_CASE("a name brings along its ending and nothing else") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  durasim_test::check_names(store_in(bucket));
}

TEST_CASE("an object that is not what it should be is put again") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  S3ArtifactStore store(bucket.url(), bucket.options());
  const Artifact artifact = store.put("a.txt", as_bytes("a content"));
  bucket.write("runs/" + place_of(artifact), "half");
  CHECK(store.put("a.txt", as_bytes("a content")) == artifact);
  CHECK(as_text(store.get(artifact)) == "a content");
}

TEST_CASE("a large content goes up in parts, and once") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  durasim_test::Proxy proxy(*server);
  S3ArtifactStore store(bucket.url(), durasim_test::server_options(proxy.port()));
  const TemporaryFolder folder;
  const std::string content = durasim_test::large_content();
  write_file(folder.file("video.mp4"), as_bytes(content));
  const Artifact artifact = store.put_file("video.mp4", folder.file("video.mp4"));
  CHECK(artifact.sha256 == sha256_hex(as_bytes(content)));
  CHECK(proxy.requests("partNumber=").size() == 3);
  CHECK(store.put("video.mp4", as_bytes(content)) == artifact);
  CHECK(proxy.requests("PUT ").size() == 3);  // the parts of the first
  CHECK(bucket.object_count() == 1);
  CHECK(bucket.upload_count() == 0);
  store.get_file(artifact, folder.file("copy.mp4"));
  CHECK(sha256_hex(read_file(folder.file("copy.mp4"))) == artifact.sha256);

  // Whoever uses parts of another size takes it as it is.
  S3Options other = bucket.options();
  other.part_bytes += 1;
  S3ArtifactStore(bucket.url(), other).put("video.mp4", as_bytes(content));
  CHECK(as_text(store.get(artifact)) == content);
}

TEST_CASE("those who put the same large content at the same time do not disturb each other") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  S3ArtifactStore store(bucket.url(), bucket.options());
  const std::string content = durasim_test::large_content();
  {
    const auto put = [&] { CHECK_NOTHROW(store.put("a.bin", as_bytes(content))); };
    const std::array threads{std::jthread(put), std::jthread(put), std::jthread(put)};
  }
  CHECK(bucket.object_count() == 1);
  CHECK(bucket.upload_count() == 0);
}

TEST_CASE("a link gives access to one artifact for a while; without a lifetime it gives none") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  S3Options options = bucket.options();
  S3ArtifactStore plain(bucket.url(), options);
  const Artifact artifact = plain.put("a b.txt", as_bytes("a content"));
  CHECK(plain.url(artifact) ==
        bucket.options().endpoint + "/" + bucket.name() + "/runs/" + place_of(artifact));
  CHECK(open_link(*server, plain.url(artifact)).find("AccessDenied") != std::string::npos);

  options.link_lifetime = 1h;
  const std::string link = S3ArtifactStore(bucket.url(), options).url(artifact);
  CHECK(durasim_test::body_of(open_link(*server, link)) == "a content");
  const Artifact other = plain.put("b.txt", as_bytes("b content"));
  std::string stolen = link;
  stolen.replace(stolen.find(place_of(artifact)), place_of(artifact).size(), place_of(other));
  CHECK(open_link(*server, stolen).find("SignatureDoesNotMatch") != std::string::npos);

  struct Yesterday final : Clock {
    WallTime wall_now() const override { return system_clock().wall_now() - 24h; }
    SteadyTime steady_now() const override { return system_clock().steady_now(); }
  } yesterday;
  options.clock = &yesterday;
  const std::string old = S3ArtifactStore(bucket.url(), options).url(artifact);
  CHECK(open_link(*server, old).find("expired") != std::string::npos);
}

TEST_CASE("temporary credentials and buckets in the host's name are signed as well") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  S3Options options = bucket.options();
  options.credentials = [] {
    return S3Credentials{"ASIDPASSING", "passing-secret", "passing-token"};
  };
  S3ArtifactStore passing(bucket.url(), options);
  const Artifact artifact = passing.put("a.txt", as_bytes("a content"));
  CHECK(as_text(passing.get(artifact)) == "a content");
  options.link_lifetime = 1h;
  const std::string link = S3ArtifactStore(bucket.url(), options).url(artifact);
  CHECK(durasim_test::body_of(open_link(*server, link)) == "a content");

  options.endpoint = "http://localhost:" + std::to_string(*server);
  options.path_style = false;
  S3ArtifactStore by_host(bucket.url(), options);
  CHECK(by_host.url(artifact).starts_with("http://" + bucket.name() + ".localhost:"));
  CHECK(as_text(by_host.get(artifact)) == "a content");
  const std::string odd = "s3://" + bucket.name() + "/a b/\xc3\xa4+&=/..";
  const Artifact other = S3ArtifactStore(odd, options).put("b.txt", as_bytes("b content"));
  CHECK(as_text(S3ArtifactStore(odd, options).get(other)) == "b content");
}

#ifdef DURASIM_BUILD_BIN
TEST_CASE("durasim simulate --durable keeps what it makes in the bucket, and ends as without it") {
  const auto server = s3_server();
  if (!server) return;
  const Bucket bucket(*server);
  const TemporaryFolder folder;
  write_file(folder.file("ball.xml"), as_bytes(R"(<mujoco><worldbody>
      <geom type="plane" size="1 1 1"/><body pos="0 0 0.5"><freejoint/><geom size="0.1"/></body>
      </worldbody></mujoco>)"));
  const auto simulate = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{
        "simulate", folder.file("ball.xml"), "--duration", "0.5", "--no-video", "--json",
        "--out",    folder.file("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const durasim_test::CliRun run = durasim_test::run_cli(
        arguments, {"AWS_ACCESS_KEY_ID=AKIDLASTING", "AWS_SECRET_ACCESS_KEY=lasting-secret",
                    "AWS_REGION=eu-west-3", "AWS_ENDPOINT_URL_S3=" + bucket.options().endpoint});
    CAPTURE(run.err);
    REQUIRE(run.exit_code == 0);
    return run.json();
  };
  const std::vector<std::string> durably{"--durable", "--store", folder.file("sim.db"),
                                         "--artifacts", bucket.url()};
  const boost::json::object made = simulate(durably);
  CHECK(std::filesystem::exists(folder.file("out/trajectory.dstraj")));
  CHECK_FALSE(std::filesystem::exists(folder.file("sim.db.artifacts")));
  const std::size_t objects = bucket.object_count();
  CHECK(objects >= 3);  // input, trajectory, report
  CHECK(simulate(durably) == made);
  CHECK(bucket.object_count() == objects);
  CHECK(bucket.upload_count() == 0);
  const boost::json::object in_folder =
      simulate({"--durable", "--store", folder.file("other.db"), "--artifacts",
                file_url(folder.file("a folder"))});
  CHECK(in_folder.at("final_state_hash") == made.at("final_state_hash"));
  CHECK(std::filesystem::exists(folder.file("a folder")));
  CHECK(simulate({}).at("final_state_hash") == made.at("final_state_hash"));
}
#endif
