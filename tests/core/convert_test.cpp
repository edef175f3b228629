// Typed values as payloads: the text of every kind of type, what other SDKs write, how types may
// evolve, and the messages of what cannot be converted.
#include "durasim/core/convert.hpp"

#include "durasim/core/bytes.hpp"
#include "durasim/core/failure.hpp"
#include "durasim/core/time.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <limits>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace shop {

enum class Color { Red = 1, Green = 2 };
BOOST_DESCRIBE_ENUM(Color, Red, Green)

struct Item {
  std::string name = "unnamed";
  int count = 1;
  bool operator==(const Item&) const = default;
};
BOOST_DESCRIBE_STRUCT(Item, (), (name, count))

struct Order {
  std::string id;
  std::vector<Item> items;
  std::optional<Color> color;
  bool operator==(const Order&) const = default;
};
BOOST_DESCRIBE_STRUCT(Order, (), (id, items, color))

struct Express : Item, Order {
  double price = 2.5;
};
BOOST_DESCRIBE_STRUCT(Express, (Item, Order), (price))

struct Node {
  int value = 0;
  std::vector<Node> children;
};
BOOST_DESCRIBE_STRUCT(Node, (), (value, children))

// Private members and functions can be described as well; only data is converted.
class Account {
 public:
  [[nodiscard]] int balance() const { return balance_; }
  void set(int balance) { balance_ = balance; }
  static inline int count = 0;

 private:
  int balance_ = 0;
  BOOST_DESCRIBE_CLASS(Account, (), (balance, set, count), (), (balance_))
};

struct Empty {};
BOOST_DESCRIBE_STRUCT(Empty, (), ())

// A type that is not described.
struct Celsius {
  double degrees = 0;
};

}  // namespace shop

template <>
struct durasim::JsonConversion<shop::Celsius> {
  static void write(JsonWriter& writer, const shop::Celsius& value) {
    writer.number(value.degrees);
  }
  static void read(JsonReader& reader, shop::Celsius& value) { value.degrees = reader.number(); }
};

namespace {

using namespace durasim;
using namespace std::chrono_literals;

template <class T>
std::string json(const T& value) {
  const Payload payload = to_payload(value);
  CHECK(payload.metadata == std::map<std::string, std::string>{{"encoding", "json/plain"}});
  return payload.data;
}

Payload json_payload(std::string text) {
  return {.metadata = {{"encoding", "json/plain"}}, .data = std::move(text)};
}

template <class T>
T read(std::string text) {
  return from_payload<T>(json_payload(std::move(text)));
}

// The message of the failure, which must be a conversion failure that is not retried.
template <class F>
std::string problem(F f) {
  try {
    f();
  } catch (const ApplicationFailure& failure) {
    CHECK(failure.type() == kPayloadConversion);
    CHECK(failure.non_retryable());
    return failure.what();
  }
  return "no failure";
}
template <class T>
std::string read_problem(const std::string& text) {
  return problem([&] { (void)read<T>(text); });
}

// Writes, compares with the text, reads back, and writes the same again.
template <class T>
void check_both_ways(const T& value, const std::string& text) {
  CHECK(json(value) == text);
  CHECK(json(from_payload<T>(to_payload(value))) == text);
}

TEST_CASE("the encoding follows the type") {
  const Bytes bytes{std::byte{0}, std::byte{255}};
  CHECK(to_payload(bytes).metadata.at("encoding") == "binary/plain");
  CHECK(to_payload(bytes).data == std::string("\0\xFF", 2));
  CHECK(from_payload<Bytes>(to_payload(bytes)) == bytes);
  CHECK(from_payload<std::vector<std::uint8_t>>(to_payload(bytes)) ==
        std::vector<std::uint8_t>{0, 255});
  CHECK(from_payload<std::optional<Bytes>>(to_payload(std::optional(bytes))) == bytes);
  CHECK(from_payload<Bytes>(to_payload(Bytes{})).empty());
  for (const Payload& null : {to_payload(nullptr), to_payload(std::monostate{}),
                              to_payload(std::optional<int>{}), to_payload(std::nullopt)}) {
    CHECK(null.metadata.at("encoding") == "binary/null");
    CHECK(null.data.empty());
  }
  const Payload raw{.metadata = {{"encoding", "my/own"}}, .data = "x"};
  CHECK(to_payload(raw) == raw);
  CHECK(from_payload<Payload>(raw) == raw);
  CHECK(problem([&] { (void)from_payload<int>(raw); }) ==
        "expected a payload in encoding json/plain, found \"my/own\"; a value that a codec has "
        "encoded needs the same codec to be read");
}

TEST_CASE("each kind of type has its form in JSON") {
  check_both_ways(true, "true");
  check_both_ways(std::int8_t{-128}, "-128");
  check_both_ways(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
  check_both_ways(0.1, "0.1");
  check_both_ways(std::string("\xC3\xA4\n"), "\"\xC3\xA4\\n\"");
  check_both_ways(shop::Color::Green, "\"Green\"");
  check_both_ways(
      shop::Order{.id = "o", .items = {{}, {.name = "b", .count = 2}}, .color = {}},
      R"({"id":"o","items":[{"name":"unnamed","count":1},{"name":"b","count":2}],"color":null})");
  check_both_ways(shop::Express{},
                  R"({"name":"unnamed","count":1,"id":"","items":[],"color":null,"price":2.5})");
  check_both_ways(shop::Node{.value = 1, .children = {{.value = 2, .children = {}}}},
                  R"({"value":1,"children":[{"value":2,"children":[]}]})");
  shop::Account account;
  account.set(7);
  check_both_ways(account, R"({"balance_":7})");
  check_both_ways(shop::Empty{}, "{}");
  check_both_ways(shop::Celsius{21.5}, "21.5");
  check_both_ways(std::vector<bool>{true, false}, "[true,false]");
  check_both_ways(std::deque<int>{1, 2}, "[1,2]");
  check_both_ways(std::list<int>{}, "[]");
  check_both_ways(std::set<std::string>{"b", "a"}, R"(["a","b"])");
  check_both_ways(std::unordered_set<int>{2, 10, 1}, "[1,10,2]");
  check_both_ways(std::map<std::string, int>{{"b", 1}, {"a", 2}}, R"({"a":2,"b":1})");
  check_both_ways(std::unordered_map<std::string, int>{{"b", 1}, {"a", 2}, {"c", 0}},
                  R"({"a":2,"b":1,"c":0})");
  check_both_ways(std::map<int, std::string>{{2, "b"}, {1, "a"}}, R"([[1,"a"],[2,"b"]])");
  check_both_ways(std::multimap<std::string, int>{{"a", 1}, {"a", 2}}, R"([["a",1],["a",2]])");
  check_both_ways(std::array<int, 3>{1, 2, 3}, "[1,2,3]");
  check_both_ways(std::tuple<int, std::string, bool>{1, "a", true}, R"([1,"a",true])");
  check_both_ways(std::tuple<>{}, "[]");
  check_both_ways(std::pair(1, 2.5F), "[1,2.5]");
  check_both_ways(std::vector<Bytes>{{std::byte{1}}}, R"(["AQ=="])");
  CHECK(json("literal") == "\"literal\"");
}

TEST_CASE("a variant carries the index of its alternative") {
  using V = std::variant<std::monostate, int, std::string, int>;
  check_both_ways(V{}, R"({"index":0,"value":null})");
  check_both_ways(V(std::in_place_index<1>, 5), R"({"index":1,"value":5})");
  check_both_ways(V(std::in_place_index<3>, 5), R"({"index":3,"value":5})");
  CHECK(read<V>(R"({"value":"x","later":[{}],"index":2})") == V("x"));
  CHECK(read_problem<V>(R"({"index":4,"value":5})") ==
        "$.index: expected a whole number from 0 to 3, found the number 4");
  CHECK(read_problem<V>(R"({"value":5})") == "$: the object of a variant has no \"index\"");
  CHECK(read_problem<V>(R"({"index":1})") == "$: the object of a variant has no \"value\"");
  CHECK(read_problem<V>(R"({"index":2,"value":5})") ==
        "$.value: expected a string, found the number 5");
}

TEST_CASE("durations and instants are exact to the nanosecond") {
  check_both_ways(1500ms, "\"1.5s\"");
  check_both_ways(-1ns, "\"-0.000000001s\"");
  check_both_ways(-1500ms, "\"-1.5s\"");
  check_both_ways(0s, "\"0s\"");
  check_both_ways(Duration::max(), "\"9223372036.854775807s\"");
  check_both_ways(Duration::min(), "\"-9223372036.854775808s\"");
  check_both_ways(std::chrono::hours(3), "\"10800s\"");
  check_both_ways(Seconds(0.1), "\"0.1s\"");
  check_both_ways(Seconds(1e-7), "\"0.0000001s\"");
  check_both_ways(WallTime{}, "\"1970-01-01T00:00:00Z\"");
  check_both_ways(WallTime(std::chrono::nanoseconds(-1)), "\"1969-12-31T23:59:59.999999999Z\"");
  check_both_ways(WallTime(1795177496789ms), "\"2026-11-20T12:24:56.789Z\"");
  check_both_ways(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29),
                  "\"2024-02-29T00:00:00Z\"");
  CHECK(read<WallTime>("\"2026-11-20t14:24:56.789000+02:00\"") == WallTime(1795177496789ms));
  CHECK(read_problem<std::chrono::seconds>("\"1.5s\"") ==
        "$: expected a duration that is a multiple of 1 s, found the string \"1.5s\"");
  CHECK(read_problem<Duration>("\"315576000000s\"") ==
        "$: expected a duration that is a multiple of 1/1000000000 s, found the string "
        "\"315576000000s\"");
  CHECK(problem([] {
          (void)to_payload(std::chrono::hours::max());
        }).ends_with("is no whole number of nanoseconds within 10,000 years"));
  for (const char* text : {"1.5", "\"1.5\"", "\"s\"", "\"1h\"", "\"1.s\"", "\"--1s\"",
                           "\"1.0000000001s\"", "\" 1s\"", "\"999999999999s\"", "\"1e3s\""}) {
    CAPTURE(text);
    CHECK(read_problem<Duration>(text) != "no failure");
  }
  for (const char* text :
       {"0", "\"2026-02-29T00:00:00Z\"", "\"2026-11-20T24:00:00Z\"", "\"2026-11-20T00:00:00\"",
        "\"2026-11-20\"", "\"2026-11-20T00:00:60Z\"", "\"2026-11-20T00:00:00.Z\"",
        "\"2026-11-20T00:00:00+2:00\"", "\"9999-01-01T00:00:00Z\"", "\"2026-00-01T00:00:00Z\"",
        "\"2026-11-20T00:00:00Zx\""}) {
    CAPTURE(text);
    CHECK(read_problem<WallTime>(text) != "no failure");
  }
  CHECK(read_problem<Seconds>("\"infs\"") != "no failure");
  CHECK(read_problem<Seconds>("\"1.5\"") != "no failure");
}

TEST_CASE("a type may gain and lose members") {
  const shop::Item item = read<shop::Item>(R"({"later":{"deep":[1,{}]},"count":7,"also":null})");
  CHECK(item == shop::Item{.name = "unnamed", .count = 7});
  CHECK(read<shop::Item>("{}") == shop::Item{});
  CHECK(read_problem<shop::Item>(R"({"count":1,"count":2})") == "$.count: comes twice");
}

TEST_CASE("a value of the wrong type is named by its path") {
  CHECK(read_problem<shop::Order>(R"({"items":[{},{},{},{"name":5}]})") ==
        "$.items[3].name: expected a string, found the number 5");
  CHECK(read_problem<shop::Order>(R"({"color":"Blue"})") ==
        "$.color: expected one of Red, Green, found the string \"Blue\"");
  CHECK(read_problem<shop::Order>(R"({"color":2})") ==
        "$.color: expected one of Red, Green, found the number 2");
  CHECK(read_problem<shop::Order>("[]") == "$: expected an object, found an array");
  CHECK(read_problem<shop::Item>(R"({"count":2147483648})") ==
        "$.count: expected a whole number from -2147483648 to 2147483647, found the number "
        "2147483648");
  CHECK(read_problem<bool>("1") == "$: expected true or false, found the number 1");
  CHECK(read_problem<int>("null") ==
        "$: expected a whole number from -2147483648 to 2147483647, found null");
  CHECK(problem([] { (void)from_payload<std::string>(to_payload(nullptr)); }) ==
        "$: expected a string, found null");
  CHECK(read_problem<std::array<int, 2>>("[1]") == "$: expected an array of 2 elements, found 1");
  CHECK(read_problem<std::pair<int, int>>("[1,2,3]") ==
        "$[2]: expected an array of 2 elements, found more");
  CHECK(read_problem<std::map<std::string, int>>(R"({"a":1,"a":2})") == "$.a: comes twice");
  CHECK(read_problem<std::map<int, int>>("[[1,1],[1,2]]") == "$[1]: comes twice");
  CHECK(
      read_problem<std::map<std::string, int>>(R"({"a b":"x"})") ==
      "$[\"a b\"]: expected a whole number from -2147483648 to 2147483647, found the string \"x\"");
  CHECK(read_problem<int>("1 2").starts_with("$: not JSON: something behind the value"));
}

TEST_CASE("a value that cannot be written is named by its path") {
  const std::map<std::string, std::vector<double>> values{
      {"a", {1, std::numeric_limits<double>::quiet_NaN()}}};
  CHECK(problem([&] { (void)to_payload(values); }) ==
        "$.a[1]: nan is not a number that JSON can hold");
  CHECK(problem([] { (void)to_payload(shop::Item{.name = "\xFF", .count = 0}); }) ==
        "$.name: the text is not UTF-8; use a byte vector for bytes");
  CHECK(problem([] { (void)to_payload(std::vector{static_cast<shop::Color>(9)}); }) ==
        "$[0]: 9 is none of the enumerators Red, Green");
  shop::Node deep;
  for (int i = 0; i < 100; ++i) deep = shop::Node{.value = i, .children = {deep}};
  CHECK(problem([&] { (void)to_payload(deep); }).ends_with("nested deeper than 128 levels"));
}

TEST_CASE("what other SDKs write is read") {
  CHECK(read<int>("1.0") == 1);                   // a double of JavaScript or Lua
  CHECK(read<double>("1") == 1.0);                // Go and JavaScript write whole doubles so
  CHECK(read<std::vector<int>>("null").empty());  // a nil slice of Go
  CHECK(read<std::map<std::string, int>>("null").empty());
  CHECK(read<std::optional<int>>("null") == std::nullopt);
  CHECK(read<std::string>(R"("\u00fc\u003c")") ==
        "\xC3\xBC<");  // Go escapes <, Python all but ASCII
  CHECK(from_payload<std::monostate>(json_payload("null")) == std::monostate{});
  CHECK(read<Bytes>(R"("AP8=")") == Bytes{std::byte{0}, std::byte{255}});
}

TEST_CASE("arguments are matched by position") {
  using Arguments = std::tuple<int, std::string, std::optional<int>>;
  const PayloadList payloads = to_payloads(1, "a", 3.0);
  CHECK(from_payloads<Arguments>(payloads) == Arguments{1, "a", 3});
  CHECK(from_payloads<std::tuple<int>>(payloads) == std::tuple(1));  // surplus ones are ignored
  CHECK(from_payloads<std::tuple<>>(payloads) == std::tuple<>());
  CHECK(from_payloads<Arguments>({payloads[0], payloads[1]}) == Arguments{1, "a", std::nullopt});
  CHECK(problem([&] { (void)from_payloads<Arguments>({payloads[0]}); }) ==
        "argument 2: is missing; there are 1");
  CHECK(problem([&] { (void)from_payloads<std::tuple<int, int>>(payloads); }) ==
        "argument 2: $: expected a whole number from -2147483648 to 2147483647, found the string "
        "\"a\"");
  CHECK(result_from_payloads<std::string>({payloads[1]}) == "a");
  result_from_payloads<void>({});
  CHECK(result_from_payloads<std::optional<int>>({}) == std::nullopt);
}

}  // namespace
