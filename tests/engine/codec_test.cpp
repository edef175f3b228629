// With a codec nothing that the store holds shows what users' values are, and everybody sees the
// values that they would see without.
#include "durasim/core/codec.hpp"

#include "durasim/core/convert.hpp"
#include "durasim/core/encoding.hpp"
#include "durasim/store/memory.hpp"
#include "durasim/testing/replayer.hpp"
#include "durasim/testing/workflow_environment.hpp"
#include "durasim/workflow/workflow.hpp"

#include "testing/store_rows.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace durasim;
using namespace std::chrono_literals;

namespace {

// Part of every value that the test's programs handle.
const std::string kSecret = "SECRET";

constexpr WorkflowType<std::string(std::string)> pipeline{"Pipeline"};
constexpr Activity<std::string(std::string)> work{"Work"};
constexpr Activity<std::string(std::string)> refuse{"Refuse"};
constexpr Signal<std::string> note{"Note"};
constexpr Query<std::string> progress{"Progress"};

AesGcmCodec codec() {
  AesGcmOptions::Key key{};
  key.fill(std::byte{7});
  return AesGcmCodec({.active_key_id = "k", .keys = {{"k", key}}});
}

// Passes values through everything that can hold one, and goes on as new once.
Workflow<std::string> run_pipeline(WorkflowContext ctx, std::string text) {
  std::string state = text;
  ctx.on(progress, [&state] { return state; });
  if (text.starts_with("again"))
    co_return text + from_payload<std::string>(ctx.info().memo.at("m"));
  state = co_await ctx.run(work, text, {.start_to_close = 1h, .heartbeat = 10s});
  state += co_await ctx.signals(note).receive();
  co_await ctx.signal_external({.workflow_id = "other"}, note, state);
  try {
    co_await ctx.run(refuse, state, {.start_to_close = 1min, .retry = {.maximum_attempts = 2}});
  } catch (const ActivityFailure& failure) {
    const ApplicationFailure cause(*failure.cause());
    state += from_payload<std::string>(cause.details().at(0));
  }
  ctx.continue_as_new(pipeline, "again " + state);
}

Workflow<std::string> listen(WorkflowContext ctx, std::string /*text*/) {
  co_return co_await ctx.signals(note).receive();
}

constexpr WorkflowType<std::string(std::string)> listener{"Listener"};

struct Seen {
  std::string result, heard, heartbeat, answer;
  bool operator==(const Seen&) const = default;
};

Seen run_everything(testing::WorkflowEnvironment& environment) {
  Seen seen;
  environment.worker("queue").implement(pipeline, run_pipeline).implement(listener, listen);
  environment.worker("queue").implement(work, [&](const ActivityContext& ctx, std::string text) {
    if (const auto before = ctx.heartbeat_details<std::string>()) {
      seen.heartbeat = *before;
      return text + ".";
    }
    ctx.heartbeat("beat " + kSecret);
    environment.sleep(1min);  // falls silent
    return std::string("too late");
  });
  environment.worker("queue").implement(refuse, [](const std::string&) -> std::string {
    throw ApplicationFailure("refused", {.type = "R", .details = to_payloads("why " + kSecret)});
  });
  const Client client = environment.client();
  const auto other = client.start(listener, kSecret, {.id = "other", .task_queue = "queue"});
  const auto run = client.start(pipeline, "in " + kSecret,
                                {.id = "p",
                                 .task_queue = "queue",
                                 .memo = {{"m", to_payload(" memo " + kSecret)}},
                                 .request_id = "once"});
  // The same call again is the same request, whatever the codec made of its input.
  CHECK(client
            .start(pipeline, "in " + kSecret,
                   {.id = "p", .task_queue = "queue", .request_id = "once"})
            .run_id() == run.run_id());
  environment.settle();
  seen.answer = run.query(progress);
  run.signal(note, " note " + kSecret);
  seen.result = run.result();
  seen.heard = other.result();
  return seen;
}

std::string everything_in(const store::Store& store) {
  const testing::Picture picture = testing::picture_of(store);
  std::string bytes;
  for (const store::RunRow& row : picture.runs) bytes += row.state;
  for (const auto& [run, tasks] : picture.tasks) {
    for (const store::TaskRow& task : tasks) bytes += task.state;
  }
  for (const auto& [run, batches] : picture.history) {
    for (const store::HistoryBatch& batch : batches) bytes += batch.events;
  }
  return bytes;
}

}  // namespace

TEST_CASE("encrypted and not, every value arrives; only without encryption the store shows any") {
  store::MemoryStore open_store;
  testing::WorkflowEnvironment open({.store = &open_store});
  const Seen expected = run_everything(open);
  CHECK(expected.result == "again in SECRET. note SECRETwhy SECRET memo SECRET");
  CHECK(expected.heard == "in SECRET. note SECRET");
  CHECK(expected.heartbeat == "beat SECRET");
  CHECK(expected.answer == "in SECRET.");
  CHECK(everything_in(open_store).find(kSecret) != std::string::npos);

  const AesGcmCodec aes = codec();
  for (const bool evict_always : {false, true}) {
    CAPTURE(evict_always);
    store::MemoryStore store;
    testing::WorkflowEnvironment environment(
        {.store = &store, .evict_always = evict_always, .codec = &aes});
    CHECK(run_everything(environment) == expected);
    CHECK(everything_in(store).find(kSecret) == std::string::npos);
    CHECK(environment.frontend().history({"p", {}}).find(kSecret) == std::string::npos);
  }
}

TEST_CASE("what is under way shows nothing either") {
  const AesGcmCodec aes = codec();
  store::MemoryStore store;
  testing::WorkflowEnvironment environment({.store = &store, .codec = &aes});
  std::string details;
  environment.worker("queue")
      .implement(pipeline, run_pipeline)
      .implement(work, [&](const ActivityContext& ctx, std::string text) {
        ctx.heartbeat("beat " + kSecret);
        // The input, the heartbeat, the failure of the attempt before.
        CHECK(everything_in(store).find(kSecret) == std::string::npos);
        const auto pending = environment.client().handle(pipeline, "p").describe();
        details =
            from_payload<std::string>(pending.pending_activities.at(0).heartbeat_details.at(0));
        if (ctx.info().attempt < 3) {
          throw ApplicationFailure("again", {.type = "A", .details = to_payloads(kSecret)});
        }
        return text;
      });
  const auto run =
      environment.client().start(pipeline, kSecret, {.id = "p", .task_queue = "queue"});
  environment.sleep(1min);
  CHECK(run.query(progress) == kSecret);
  CHECK(details == "beat SECRET");
}

TEST_CASE("replay compares what was encoded, not its bytes") {
  // Each encryption of the same value has other bytes; a replay that compared those would warn.
  const AesGcmCodec aes = codec();
  std::string log;
  store::MemoryStore store;
  testing::WorkflowEnvironment environment(
      {.store = &store,
       .evict_always = true,
       .logger =
           Logger([&log](const LogRecord& record) { log += record.message; }, LogLevel::Warning),
       .codec = &aes});
  run_everything(environment);
  CHECK(log == "");
}

TEST_CASE("the replayer reads encoded histories with the codec, from a store and from JSON") {
  const AesGcmCodec aes = codec();
  store::MemoryStore store;
  testing::WorkflowEnvironment environment({.store = &store, .codec = &aes});
  environment.worker("queue").implement(listener, listen);
  const auto run =
      environment.client().start(listener, kSecret, {.id = "l", .task_queue = "queue"});
  run.signal(note, "heard");
  CHECK(run.result() == "heard");
  const auto replay = [&](const PayloadCodec* with) {
    testing::Replayer replayer({.strict = true, .codec = with});
    replayer.implement(listener, listen);
    CHECK(replayer.replay_store(store).at(0).ok() == (with != nullptr));
    const std::string json = to_json(decode_history(environment.frontend().history({"l", {}})));
    if (with != nullptr) CHECK(replayer.replay_json(json).empty());
  };
  replay(&aes);
  replay(nullptr);
}

TEST_CASE("without the key the run waits, and goes on when it is there") {
  const AesGcmCodec right = codec();
  AesGcmOptions::Key key{};
  const AesGcmCodec wrong({.active_key_id = "other", .keys = {{"other", key}}});
  store::MemoryStore store;
  {
    testing::WorkflowEnvironment environment({.store = &store, .codec = &right});
    environment.worker("queue").implement(listener, listen);
    static_cast<void>(
        environment.client().start(listener, kSecret, {.id = "l", .task_queue = "queue"}));
  }
  {
    testing::WorkflowEnvironment environment({.store = &store, .codec = &wrong});
    environment.worker("queue").implement(listener, listen);
    environment.sleep(1min);
    const auto run = environment.client().handle(listener, "l").describe();
    CHECK(run.status == WorkflowStatus::Running);
    CHECK(run.workflow_task_attempt > 1);
  }
  testing::WorkflowEnvironment environment({.store = &store, .codec = &right});
  environment.worker("queue").implement(listener, listen);
  const auto run = environment.client().handle(listener, "l");
  run.signal(note, kSecret);
  CHECK(run.result() == kSecret);
}
