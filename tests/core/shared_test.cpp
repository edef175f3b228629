// Shared: what it holds, who counts as an owner, and that values die with their last one.
#include "durasim/core/shared.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

using durasim::Shared;

namespace {

struct Watched {
  explicit Watched(int& count) : living(&count) { ++count; }
  Watched(const Watched& other) : living(other.living) { ++*living; }
  Watched& operator=(const Watched&) = delete;
  ~Watched() { --*living; }
  int* living;
};

}  // namespace

TEST_CASE("nothing, or a value") {
  const Shared<std::string> none;
  CHECK_FALSE(none);
  const Shared<std::string> text = std::string("a");
  REQUIRE(text);
  CHECK(*text == "a");
  CHECK(text->size() == 1);
}

TEST_CASE("equal are values, not owners") {
  const Shared<std::string> none;
  const Shared<std::string> a = std::string("a");
  CHECK(a == Shared<std::string>(std::string("a")));
  CHECK(a != Shared<std::string>(std::string("b")));
  CHECK(a != none);
  CHECK(none == Shared<std::string>());
}

TEST_CASE("copies share the value, and the last one ends it") {
  int living = 0;
  {
    Shared<Watched> first = Watched(living);
    CHECK(living == 1);
    Shared<Watched> second = first;
    CHECK(living == 1);
    CHECK(&*first == &*second);
    const Shared<Watched> moved = std::move(second);
    CHECK(&*first == &*moved);
    first = Shared<Watched>();
    CHECK(living == 1);
    first = moved;
    first = std::as_const(first);  // itself
    CHECK(&*first == &*moved);
  }
  CHECK(living == 0);
}

TEST_CASE("owners come and go on several threads") {
  int living = 0;
  {
    const Shared<Watched> value = Watched(living);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([value] {
        for (int round = 0; round < 1000; ++round) const Shared<Watched> copy = value;
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(living == 1);
  }
  CHECK(living == 0);
}
