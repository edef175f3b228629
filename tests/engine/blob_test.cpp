// Large payloads through the whole engine on SQLite: stored once, whole for everybody who asks,
// damaged one run at a time.
#include "durasim/core/encoding.hpp"
#include "durasim/core/files.hpp"
#include "durasim/store/sqlite.hpp"
#include "durasim/testing/power_loss_files.hpp"
#include "durasim/testing/replayer.hpp"
#include "durasim/testing/workflow_environment.hpp"

#include "engine/engine_programs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

constexpr WorkflowType<std::string(std::string)> relay{"Relay"};
constexpr Activity<std::string(std::string)> pass{"Pass"};
constexpr Activity<std::string(std::string)> turn{"Turn"};
constexpr Signal<std::string> go_on{"GoOn"};

constexpr std::size_t kLarge = 100 << 10;

std::string large(const std::string& word) {
  std::string text;
  while (text.size() < kLarge) text += word;
  return text;
}

Workflow<std::string> run_relay(WorkflowContext ctx, std::string text) {
  text = co_await ctx.run(pass, text, {.start_to_close = 1h});
  text = co_await ctx.run(turn, text, {.start_to_close = 1h});
  text += co_await ctx.signals(go_on).receive();
  co_return co_await ctx.run(pass, text, {.start_to_close = 1h});
}

void implement(Worker& worker) {
  worker.implement(relay, run_relay);
  worker.implement(pass, [](std::string text) { return text; });
  worker.implement(turn, [](std::string text) {
    std::ranges::reverse(text);
    return text;
  });
}

const StartOptions kOptions{.id = "r", .task_queue = "queue"};

std::string all_files(const Folder& folder) {
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.is_regular_file()) bytes += as_text(read_file(entry.path()));
  }
  return bytes;
}

// Runs the relay on one engine up to its signal and on the next one to its end; the history that
// the second one gives.
proto::History run_in_two_engines(const Folder& folder, const std::string& word,
                                  const PayloadCodec* codec) {
  {
    Engine engine({.store = folder.store(), .codec = codec});
    implement(engine.worker("queue"));
    engine.start();
    static_cast<void>(engine.client().start(relay, large(word), kOptions));
  }
  Engine engine({.store = folder.store(), .codec = codec});
  implement(engine.worker("queue"));
  engine.start();
  const auto run = engine.client().handle(relay, "r");
  run.signal(go_on, "!");
  std::string expected = large(word);
  std::ranges::reverse(expected);
  CHECK(run.result() == expected + "!");
  const std::string history = engine.frontend().history({"r", {}});
  // As if every payload stood in its event: the argument four times, its reverse twice, and that
  // with what the signal brought three times.
  CHECK(run.describe().history_bytes == static_cast<std::int64_t>(history.size()));
  CHECK(history.size() > 8 * kLarge);
  return decode_history(history);
}

// A store on files that can be damaged, with relays that wait for their signal.
struct Damageable {
  testing::PowerLossFiles files{1};
  store::SqliteOptions options;

  Damageable() {
    options.path = "store.db";
    options.environment = &files;
  }
  void start(const std::vector<std::string>& words) {
    store::SqliteStore store(options);
    testing::WorkflowEnvironment environment({.store = &store});
    implement(environment.worker("queue"));
    for (const std::string& word : words) {
      static_cast<void>(
          environment.client().start(relay, large(word), {.id = word, .task_queue = "queue"}));
    }
    environment.settle();
  }
  void damage(const std::string& word) {
    const std::size_t at = files.contents("store.db").find(word + word + word);
    REQUIRE(at != std::string::npos);
    files.flip_bit("store.db", at + 5, 2);
  }
};

}  // namespace

TEST_CASE("a large argument goes through three activities and two engines, and is stored once") {
  const Folder folder;
  const proto::History history = run_in_two_engines(folder, "argument ", nullptr);
  const auto* started =
      history.events.front().attributes_if<proto::WorkflowExecutionStartedEventAttributes>();
  CHECK(started->input->payloads.at(0).data == '"' + large("argument ") + '"');
  const std::string json = to_json(history);
  CHECK(json.find("durasim/blob") == std::string::npos);
  CHECK(json.size() > 8 * kLarge);
  const store::StoreReport report = store::check_store(folder.store());
  CHECK(report.ok());
  CHECK(report.blobs == 3);
  CHECK(std::filesystem::file_size(folder.store()) < 5 * kLarge);
  store::SqliteStore store({.path = folder.store()});
  testing::Replayer replayer({.strict = true});
  replayer.implement(relay, run_relay);
  const auto replayed = replayer.replay_store(store);
  REQUIRE(replayed.size() == 1);
  CHECK(replayed[0].error == "");
  CHECK(replayer.replay_json(json).empty());
}

TEST_CASE("with a codec no plaintext is in any file, blobs included") {
  const Folder folder;
  AesGcmOptions::Key key{};
  key.fill(std::byte{7});
  const AesGcmCodec aes({.active_key_id = "k", .keys = {{"k", key}}});
  run_in_two_engines(folder, "SECRET", &aes);
  const std::string with_codec = all_files(folder);
  CHECK(with_codec.size() > 8 * kLarge);  // each encryption of the same is another content
  CHECK(with_codec.find("SECRET") == std::string::npos);
  CHECK(with_codec.find("TERCES") == std::string::npos);
  CHECK(store::check_store(folder.store()).ok());
  const Folder plain;
  run_in_two_engines(plain, "SECRET", nullptr);
  CHECK(all_files(plain).find("SECRET") != std::string::npos);
}

TEST_CASE("a damaged blob damages the run that uses it, others go on, and check names it") {
  Damageable disk;
  disk.start({"good", "poor"});
  const std::string damaged_run = [&] {
    const store::SqliteStore store(disk.options);
    return store.current_run("poor")->run_id;
  }();
  disk.damage("poor");
  const store::StoreReport report = store::check_store("store.db", &disk.files);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].kind == store::FindingKind::Blob);
  CHECK(report.findings[0].run_id == damaged_run);
  CHECK(report.blobs == 4);

  store::SqliteStore store(disk.options);
  testing::WorkflowEnvironment environment({.store = &store});
  implement(environment.worker("queue"));
  const Client client = environment.client();
  try {
    client.handle(relay, "poor").signal(go_on, "!");
    FAIL_CHECK("a signal to a damaged run was taken");
  } catch (const StoreDamaged& error) {
    const std::string text = error.what();
    CHECK(text.find("run \"" + damaged_run + "\": its blob ") == 0);
    CHECK(text.find("is not what was written") != std::string::npos);
  }
  const auto good = client.handle(relay, "good");
  good.signal(go_on, "!");
  CHECK(good.result().size() > kLarge);
  CHECK_THROWS_AS(static_cast<void>(client.handle(relay, "poor").describe()), StoreDamaged);
  // The same argument again: what comes is right, and takes the place of what was damaged.
  const auto fresh = client.start(relay, large("poor"), {.id = "fresh", .task_queue = "queue"});
  fresh.signal(go_on, "!");
  CHECK(fresh.result().size() > kLarge);
  environment.restart();
  CHECK(client.handle(relay, "poor").describe().status == WorkflowStatus::Running);
}

TEST_CASE("what only a removed run used is gone with it") {
  Damageable disk;
  disk.start({"gone"});
  CHECK(store::check_store("store.db", &disk.files).blobs == 2);
  {
    store::SqliteStore store(disk.options);
    testing::WorkflowEnvironment environment({.store = &store});
    implement(environment.worker("queue"));
    const auto run = environment.client().handle(relay, "gone");
    run.terminate();
    CHECK(run.describe().status == WorkflowStatus::Terminated);
    store.remove(run.describe().run_id);
  }
  const store::StoreReport report = store::check_store("store.db", &disk.files);
  CHECK(report.ok());
  CHECK(report.runs == 0);
  CHECK(report.blobs == 0);
}

TEST_CASE("code that is replayed after every task sees large payloads whole") {
  Damageable disk;
  store::SqliteStore store(disk.options);
  testing::WorkflowEnvironment environment({.store = &store, .evict_always = true});
  implement(environment.worker("queue"));
  const auto run = environment.client().start(relay, large("cold"), kOptions);
  environment.restart();
  run.signal(go_on, "?");
  std::string expected = large("cold");
  std::ranges::reverse(expected);
  CHECK(run.result() == expected + "?");
}
