// Calls from another process: through the socket beside the store they are what they are in the
// engine's own, errors included; what is no call harms nobody.
#include "durasim/engine/remote.hpp"

#include "durasim/core/encoding.hpp"
#include "durasim/core/failure.hpp"

#include "engine/control/channel.hpp"
#include "engine/control/messages.hpp"
#include "engine/engine_programs.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <memory>
#include <random>
#include <thread>
#include <vector>

using namespace durasim;
using namespace durasim::engine::control;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<int(int)> failing{"Failing"};

// An engine at work, and a client beside it.
struct Pair {
  explicit Pair(const std::string& store) : engine({.store = store}) {
    fill(engine.worker("queue"));
    engine.worker("queue").implement(failing, [](WorkflowContext, int n) -> Workflow<int> {
      if (n > 0) throw ApplicationFailure("no such number", {.type = "Number"});
      co_return n;
    });
    engine.start();
    remote = std::make_unique<RemoteEngine>(store);
  }
  Engine engine;
  std::unique_ptr<RemoteEngine> remote;
};

}  // namespace

TEST_CASE("all calls of a client go through the socket") {
  const Folder folder;
  const Pair pair(folder.store());
  const Client client = pair.remote->client();
  CHECK(client.start(adding, 10, {.id = "a", .task_queue = "queue"}).result() == 15);
  const auto run = client.start(listening, {.id = "l", .task_queue = "queue"});
  run.signal(word, "one ", "request 1");
  run.signal(word, "one ", "request 1");  // the same call
  run.signal(word, "two");
  CHECK(run.query(heard) == "one two");
  const WorkflowDescription description = run.describe();
  CHECK(description.workflow_type == "Listening");
  CHECK(description.status == WorkflowStatus::Running);
  CHECK(description.run_id == run.run_id());
  CHECK(client.list({.status = WorkflowStatus::Completed}).size() == 1);
  CHECK(client.list().size() == 2);
  const proto::History history =
      decode_history(pair.remote->frontend().history({.workflow_id = "l", .run_id = {}}));
  CHECK(history.events.front().event_type == EventType::WorkflowExecutionStarted);
  CHECK(client.start_or_attach(adding, 10, {.id = "a", .task_queue = "queue"}).result() == 15);
  run.signal(word, "stop");
  CHECK(run.result() == "one two");
  const auto more =
      client.signal_with_start(word, "hello", listening, {.id = "m", .task_queue = "queue"});
  CHECK(more.query(heard) == "hello");
  more.cancel("enough");
  CHECK_THROWS_AS((void)more.result(), CanceledFailure);
  const auto last = client.start(listening, {.id = "n", .task_queue = "queue"});
  last.terminate("now");
  CHECK_THROWS_AS((void)last.result(), TerminatedFailure);
}

TEST_CASE("errors arrive as what they were thrown as") {
  const Folder folder;
  const Pair pair(folder.store());
  const Client client = pair.remote->client();
  CHECK_THROWS_AS((void)client.handle(adding, "none").describe(), WorkflowNotFound);
  CHECK_THROWS_AS((void)client.start(adding, 1, {.task_queue = "nobody's"}), InvalidArgument);
  const auto run = client.start(listening, {.id = "l", .task_queue = "queue"});
  try {
    (void)client.start(listening, {.id = "l", .task_queue = "queue"});
    FAIL("started twice");
  } catch (const WorkflowAlreadyStarted& error) {
    CHECK(error.run_id() == run.run_id());
  }
  constexpr Query<int> unknown{"unknown"};
  CHECK_THROWS_AS((void)run.query(unknown), QueryFailed);
  try {
    (void)client.start(failing, 1, on_queue).result();
    FAIL("it did not fail");
  } catch (const ApplicationFailure& failure) {
    CHECK(failure.proto().message == "no such number");
  }
}

TEST_CASE("several threads call at once, each over a connection of its own") {
  const Folder folder;
  const Pair pair(folder.store());
  std::atomic<int> right = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k)
        right += pair.remote->client().start(adding, i, on_queue).result() == i + 5 ? 1 : 0;
    });
  }
  threads.clear();
  CHECK(right == 40);
}

TEST_CASE("an engine that ends tells its remote clients, and none answers afterwards") {
  const Folder folder;
  auto pair = std::make_unique<Pair>(folder.store());
  const auto run = pair->remote->client().start(listening, on_queue);
  std::latch waiting(1);
  std::exception_ptr seen;
  std::thread waiter([&] {
    waiting.count_down();
    try {
      (void)run.result();
    } catch (...) {
      seen = std::current_exception();
    }
  });
  waiting.wait();
  CHECK(pair->engine.stop(10s).clean());
  waiter.join();
  // The engine's answer, or a connection that was closed before it.
  const auto rethrow_seen = [&] { std::rethrow_exception(seen); };
  CHECK_THROWS_AS(rethrow_seen(), Error);
  CHECK_THROWS_AS((void)run.describe(), UnavailableError);
  CHECK_THROWS_AS(RemoteEngine{folder.store()}, UnavailableError);
}

TEST_CASE("bytes that are no call are answered by an error or cut off, and the engine goes on") {
  const Folder folder;
  const Pair pair(folder.store());
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    const Channel channel = connect_to(socket_path_of(folder.store()));
    REQUIRE(channel.receive());  // its greeting
    Bytes noise(random() % 60);
    for (std::byte& b : noise) b = static_cast<std::byte>(random() % (round % 2 == 0 ? 256 : 13));
    REQUIRE(channel.send(noise));
    const std::optional<Bytes> answer = channel.receive();
    REQUIRE(answer);
    CHECK_THROWS_AS((void)read_answer<WorkflowExecution>(*answer), Error);
  }
  const Channel greedy = connect_to(socket_path_of(folder.store()));
  REQUIRE(greedy.receive());
  const std::uint32_t size = 0xfffffff0;  // more than any message has
  REQUIRE(::write(greedy.descriptor(), &size, sizeof size) == sizeof size);
  CHECK_FALSE(greedy.receive());
  CHECK(pair.remote->client().start(adding, 1, on_queue).result() == 6);
}

TEST_CASE("the socket is its owner's alone, and its path may be long") {
  const Folder folder;
  const std::filesystem::path deep =
      std::filesystem::path(folder.store()).parent_path() / std::string(120, 'd');
  std::filesystem::create_directory(deep);
  const std::string store = deep / "engine.db";
  const Pair pair(store);
  CHECK(pair.remote->client().start(adding, 1, on_queue).result() == 6);
  struct stat info{};
  REQUIRE(stat(socket_path_of(store).c_str(), &info) == 0);
  CHECK(S_ISSOCK(info.st_mode));
  CHECK((info.st_mode & 0777U) == 0600U);
}
