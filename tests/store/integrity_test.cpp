// Every single flipped bit in every member of every row is found.
#include "durasim/store/integrity.hpp"

#include "durasim/core/bytes.hpp"
#include "durasim/core/crc32c.hpp"

#include "testing/store_rows.hpp"

#include <doctest/doctest.h>

#include <random>
#include <tuple>

using namespace durasim;
using namespace durasim::store;
using namespace durasim::testing;

namespace {

std::string random_text(std::mt19937_64& random, std::size_t longest) {
  std::string text(random() % (longest + 1), '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

WallTime random_time(std::mt19937_64& random) {
  return WallTime(WallTime::duration(static_cast<std::int64_t>(random())));
}

Digest random_digest(std::mt19937_64& random) {
  Digest digest;
  for (std::byte& b : digest) b = static_cast<std::byte>(random());
  return digest;
}

RunRow random_run(std::mt19937_64& random) {
  RunRow row;
  for (std::string* text :
       {&row.run_id, &row.workflow_id, &row.workflow_type, &row.task_queue, &row.state}) {
    *text = random_text(random, 24);
  }
  row.status = static_cast<RunStatus>(random() % 8);
  row.version = static_cast<std::int64_t>(random());
  row.next_event_id = static_cast<std::int64_t>(random());
  row.history_bytes = static_cast<std::int64_t>(random());
  row.start_time = random_time(random);
  row.close_time = random_time(random);
  if (random() % 2 == 0) row.due = random_time(random);
  row.chain = random_digest(random);
  seal(row);
  return row;
}

// Turns over each bit of a member in turn; every time `found` has to be true.
template <class T, class Found>
void flip_each_bit(T& member, const Found& found) {
  static_assert(std::is_trivially_copyable_v<T>);
  auto* bytes = reinterpret_cast<unsigned char*>(&member);
  for (std::size_t bit = 0; bit < sizeof member * 8; ++bit) {
    bytes[bit / 8] = static_cast<unsigned char>(bytes[bit / 8] ^ (1U << (bit % 8)));
    REQUIRE(found());
    bytes[bit / 8] = static_cast<unsigned char>(bytes[bit / 8] ^ (1U << (bit % 8)));
  }
}

template <class Found>
void flip_each_bit(std::string& member, const Found& found) {
  for (char& c : member) flip_each_bit(c, found);
}

template <class Row>
auto damaged(const Row& row) {
  return [&row] {
    try {
      verify(row);
    } catch (const StoreDamaged&) {
      return true;
    }
    return false;
  };
}

}  // namespace

TEST_CASE("events are found within a serialized History, and nothing else passes for one") {
  const std::string history = history_of({"one", "", std::string(300, 'x')});
  CHECK(event_views(history) ==
        std::vector<std::string_view>{"one", "",
                                      std::string_view(history).substr(history.size() - 300)});
  CHECK(event_views("").empty());
  for (std::size_t size = 1; size < history.size(); ++size) {
    if (size == 5 || size == 7) continue;  // whole events
    CHECK_THROWS_AS(std::ignore = event_views(std::string_view(history).substr(0, size)),
                    FormatError);
  }
  CHECK_THROWS_AS(std::ignore = event_views("\x12\x01x"), FormatError);  // field 2
  CHECK_THROWS_AS(std::ignore = event_views("\x08\x01"), FormatError);   // a varint
  CHECK_THROWS_AS(std::ignore = event_views("\x0a" + std::string(10, '\xff')),
                  FormatError);  // no end
  CHECK_THROWS_AS(std::ignore = event_views("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"),
                  FormatError);
}

TEST_CASE("a batch is sealed only when it holds as many events as its ids say") {
  HistoryBatch batch{"run", 1, 2, history_of({"one"}), {}, {}};
  CHECK_THROWS_AS(seal(batch, {}), InvalidArgument);
  batch.first_event_id = 3;
  CHECK_THROWS_AS(seal(batch, {}), InvalidArgument);
  batch.first_event_id = 2;
  seal(batch, {});
  CHECK(batch.event_checksums == std::vector<std::uint32_t>{crc32c("one")});
}

TEST_CASE("a single flipped bit in any member of a run row is found") {
  const std::uint64_t seed = 20261121;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 40; ++i) {
    RunRow row = random_run(random);
    const auto found = damaged(row);
    REQUIRE(!found());
    for (std::string* text :
         {&row.run_id, &row.workflow_id, &row.workflow_type, &row.task_queue, &row.state}) {
      flip_each_bit(*text, found);
    }
    flip_each_bit(row.status, found);
    for (std::int64_t* number : {&row.version, &row.next_event_id, &row.history_bytes}) {
      flip_each_bit(*number, found);
    }
    flip_each_bit(row.start_time, found);
    flip_each_bit(row.close_time, found);
    if (row.due) flip_each_bit(*row.due, found);
    flip_each_bit(row.chain, found);
    flip_each_bit(row.checksum, found);
    const std::optional<WallTime> due = row.due;
    row.due = due ? std::nullopt : std::optional(WallTime{});
    REQUIRE(found());
    row.due = due;
  }
}

TEST_CASE("bytes that move from one member to the next are found") {
  RunRow row;
  row.run_id = "ab";
  row.workflow_id = "c";
  seal(row);
  row.run_id = "a";
  row.workflow_id = "bc";
  CHECK(damaged(row)());
}

TEST_CASE("a single flipped bit in any member of a task or request row is found") {
  const std::uint64_t seed = 20261122;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 40; ++i) {
    TaskRow task = task_of(random_text(random, 30), static_cast<std::int64_t>(random()),
                           random_text(random, 60), TaskKind::Timer);
    REQUIRE(!damaged(task)());
    flip_each_bit(task.key.run_id, damaged(task));
    flip_each_bit(task.key.kind, damaged(task));
    flip_each_bit(task.key.event_id, damaged(task));
    flip_each_bit(task.state, damaged(task));
    flip_each_bit(task.checksum, damaged(task));
    RequestRow request =
        request_of(random_text(random, 30), random_text(random, 30), random_text(random, 30));
    REQUIRE(!damaged(request)());
    flip_each_bit(request.scope, damaged(request));
    flip_each_bit(request.request_id, damaged(request));
    flip_each_bit(request.run_id, damaged(request));
    flip_each_bit(request.fingerprint, damaged(request));
    flip_each_bit(request.checksum, damaged(request));
  }
}

TEST_CASE("a single flipped bit, a lost, doubled or swapped batch in a history is found") {
  const std::uint64_t seed = 20261123;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20; ++i) {
    Transition transition = start_of("run", "id");
    for (std::size_t batch = random() % 3 + 1; batch > 0; --batch) {
      std::vector<std::string> events(random() % 3 + 1);
      for (std::string& event : events) event = random_text(random, 40);
      add_events(transition, events);
    }
    RunRow& row = transition.run;
    std::vector<HistoryBatch>& history = transition.batches;
    const auto found = [&] {
      try {
        verify(history, row);
      } catch (const StoreDamaged&) {
        return true;
      }
      return false;
    };
    REQUIRE(!found());
    for (HistoryBatch& batch : history) {
      flip_each_bit(batch.run_id, found);
      flip_each_bit(batch.first_event_id, found);
      flip_each_bit(batch.last_event_id, found);
      flip_each_bit(batch.events, found);
      for (std::uint32_t& checksum : batch.event_checksums) flip_each_bit(checksum, found);
      flip_each_bit(batch.chain, found);
    }
    const std::vector<HistoryBatch> whole = history;
    for (std::size_t b = 0; b < whole.size(); ++b) {
      const auto at = static_cast<std::ptrdiff_t>(b);
      history.erase(history.begin() + at);
      REQUIRE(found());
      history = whole;
      history.insert(history.begin() + at, whole[b]);
      REQUIRE(found());
      history = whole;
    }
    std::swap(history.front(), history.back());
    REQUIRE(found());
    history = whole;
    flip_each_bit(row.next_event_id, found);
    flip_each_bit(row.chain, found);
  }
}

TEST_CASE("the errors name the run and what is damaged") {
  Transition transition = start_of("run 7", "id");
  transition.batches[0].events.back() = static_cast<char>(transition.batches[0].events.back() ^ 1);
  CHECK_THROWS_WITH_AS(verify(transition.batches, transition.run),
                       "run \"run 7\": event 2 does not carry its checksum", StoreDamaged);
}
