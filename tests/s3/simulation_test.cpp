// A simulation whose artifacts lie in a bucket, when the server is down, slow, broken or refuses in
// the middle of it: what passes delays it, what stays is told, and nothing is left over.
#include "durasim/core/failure.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "pipeline/small_pipeline.hpp"
#include "s3/bucket.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

using namespace durasim;
using namespace durasim::pipeline;
using namespace std::chrono_literals;
using durasim_test::Bucket;
using durasim_test::check_untouched;
using durasim_test::Port;
using durasim_test::Proxy;
using durasim_test::s3_server;
using durasim_test::SmallPipeline;

namespace {

constexpr std::size_t kObjects = 5;  // input, scene, MJCF, trajectory, report

// This machine's, wrong by as much as a test says.
struct WrongClock final : Clock {
  std::atomic<std::chrono::hours> wrong_by{0h};
  [[nodiscard]] WallTime wall_now() const override {
    return system_clock().wall_now() + wrong_by.load();
  }
  [[nodiscard]] SteadyTime steady_now() const override { return system_clock().steady_now(); }
};

// In virtual time; the store tries a request once, so that the simulation meets each fault.
struct Lab {
  explicit Lab(Port server) : bucket(server), proxy(std::in_place, server) {
    small.request.video = false;
    implement_simulation(environment.worker(std::string(kSimulationQueue)), small.services());
  }
  [[nodiscard]] s3::S3Options options() const {
    s3::S3Options options = durasim_test::server_options(proxy->port());
    options.stall_timeout = 5s;  // a busy machine's server takes less
    options.retry.maximum_attempts = 1;
    options.clock = &clock;
    return options;
  }
  [[nodiscard]] WorkflowRun<SimulationResult> start() {
    return simulate(environment.client(), small.request);
  }
  // What the run fails with.
  [[nodiscard]] proto::Failure failure() {
    try {
      (void)start().result();
    } catch (const ActivityFailure& failure) {
      return *failure.cause();
    }
    FAIL("it ended");
    return {};
  }
  void check_clean(std::size_t objects) const {
    CHECK(bucket.object_count() == objects);
    CHECK(bucket.upload_count() == 0);
    CHECK(small.work_is_done());
  }

  durasim_test::TemporaryFolder folder;
  WrongClock clock;
  Bucket bucket;
  std::optional<Proxy> proxy;
  s3::S3ArtifactStore kept{bucket.url(), options()};
  SmallPipeline small{folder.path(), kept};
  testing::WorkflowEnvironment environment;
};

Proxy::Answer refusal(const std::string& status, const std::string& code) {
  const std::string body = "<Error><Code>" + code + "</Code></Error>";
  return [=](const Proxy::Forward&) {
    return "HTTP/1.1 " + status +
           "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  };
}

const Proxy::Answer kHangsUp = [](const Proxy::Forward&) { return std::string(); };
const Proxy::Answer kSilence = [](const Proxy::Forward&) { return std::nullopt; };
const Proxy::Answer kForbidden = refusal("403 Forbidden", "AccessDenied");

}  // namespace

TEST_CASE("a server that is down, broken, slow or refuses for a while delays a simulation") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  // Each fails an attempt: of stepping, which needs the scene (GET), or of the recording's upload.
  lab.small.when("scene.dsmjcf", [&] {
    lab.proxy->meet("GET ", kHangsUp);
    lab.small.when("stepping", [&] {
      lab.proxy->meet("HEAD ", kSilence);
      lab.proxy->meet("HEAD ", refusal("503 Slow Down", "SlowDown"));
      lab.proxy->meet("PUT ", refusal("500 Internal Server Error", "InternalError"));
      lab.proxy->meet("PUT ", kForbidden);
    });
  });
  const SimulationResult result = lab.start().result();
  check_untouched(result);
  CHECK(result.attempts == 2);
  CHECK(lab.proxy->requests(".dstraj").size() == 5 + 3);  // HEAD by each attempt, PUT
  lab.check_clean(kObjects);
}

TEST_CASE("a server that stays away is waited for; what failed and the verdict are told") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.small.when("stepping", [&] { lab.proxy.reset(); });
  const auto run = lab.start();
  lab.environment.sleep(1h);
  const PendingActivity waiting = run.describe().pending_activities.at(0);
  CHECK(waiting.activity_type == "upload_files");
  CHECK(waiting.attempt > 20);
  CHECK(run.query(simulation_progress).verdict->code == sim::ReasonCode::Stable);
  REQUIRE(waiting.last_failure);
  CAPTURE(waiting.last_failure->message);
  CHECK(waiting.last_failure->message.find("Object " + lab.bucket.url()) != std::string::npos);
  CHECK(std::get<proto::ApplicationFailureInfo>(waiting.last_failure->info).type ==
        "durasim::UnavailableError");
  run.cancel();
  CHECK_THROWS_AS((void)run.result(), CanceledFailure);
  lab.check_clean(kObjects - 2);
}

TEST_CASE(
    "keys that may not write fail a simulation; those that may not write videos cost it the "
    "video") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  SUBCASE("nothing") {
    lab.proxy->meet("PUT ", kForbidden, 1000);
    const proto::Failure failure = lab.failure();
    CAPTURE(failure.message);
    CHECK(failure.message.find("PutObject " + lab.bucket.url()) != std::string::npos);
    CHECK(failure.message.find("403 AccessDenied") != std::string::npos);
    CHECK(std::get<proto::ApplicationFailureInfo>(failure.info).type ==
          "durasim::s3::AccessDenied");
    lab.check_clean(1);  // input
  }
  SUBCASE("videos") {
    lab.small.request.video = true;
    lab.proxy->meet(".mp4", kForbidden, 1000);
    const SimulationResult result = lab.start().result();
    CHECK(result.final_state_hash == durasim_test::untouched(false).final_state_hash);
    CHECK(result.missing.contains("video"));
    const bool made = !lab.proxy->requests(".mp4").empty();  // this machine can
    if (made) CHECK(result.missing.at("video").find("403") != std::string::npos);
    lab.check_clean(kObjects + (result.artifacts.contains("picture") ? 2 : 0));
  }
}

TEST_CASE(
    "a clock that is wrong fails a simulation with both times, and delays it when it is set") {
  const auto server = s3_server();
  if (!server) return;
  Lab lab(*server);
  lab.small.when("stepping", [&] { lab.clock.wrong_by = 5h; });
  const auto run = lab.start();
  lab.environment.settle();
  const auto waiting = run.describe().pending_activities.at(0).last_failure;
  REQUIRE(waiting);
  CAPTURE(waiting->message);  // of a HEAD, which says nothing of clocks
  CHECK(waiting->message.find("the clock of this machine says ") != std::string::npos);
  SUBCASE("set") {
    lab.clock.wrong_by = 0h;
    check_untouched(run.result());
    lab.check_clean(kObjects);
  }
  SUBCASE("wrong") {
    CHECK(lab.failure().message.find("the clock of this machine says ") != std::string::npos);
    lab.check_clean(kObjects - 2);
  }
}
