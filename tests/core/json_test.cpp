// JSON at the level of texts: what the writer puts down, what the reader takes and refuses, and
// that every refusal names the place.
#include "durasim/core/json.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace {

using namespace durasim;

template <class F>
std::string written(F write) {
  std::string text;
  JsonWriter writer(text);
  write(writer);
  return text;
}

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const JsonError& error) {
    return error.what();
  }
  return "no error";
}

std::string skip_error(const std::string& text) {
  return message_of([&] {
    JsonReader reader(text);
    reader.skip();
    reader.end();
  });
}

TEST_CASE("numbers are the shortest text that reads back the same") {
  const auto number = [](double value) { return written([&](JsonWriter& w) { w.number(value); }); };
  CHECK(number(0.1) == "0.1");
  CHECK(number(1.0) == "1");
  CHECK(number(1e21) == "1e+21");
  CHECK(number(5e-324) == "5e-324");
  CHECK(number(-0.0) == "-0");
  CHECK(written([](JsonWriter& w) { w.number(0.1F); }) == "0.1");
  CHECK(written([](JsonWriter& w) { w.integer(std::numeric_limits<std::int64_t>::min()); }) ==
        "-9223372036854775808");
}

TEST_CASE("texts are escaped as little as possible and must be UTF-8") {
  CHECK(written([](JsonWriter& w) { w.string("a\"b\\c/\n\t\r\x01 \xC3\xA4\xF0\x9F\x98\x80"); }) ==
        "\"a\\\"b\\\\c/\\n\\t\\r\\u0001 \xC3\xA4\xF0\x9F\x98\x80\"");
  CHECK(message_of([] { written([](JsonWriter& w) { w.string("\xC3"); }); }) ==
        "$: the text is not UTF-8; use a byte vector for bytes");
}

TEST_CASE("containers without an order of their own are sorted by their text") {
  const std::string text = written([](JsonWriter& w) {
    w.begin_object(JsonWriter::Order::Sorted);
    for (const char* name : {"b", "a", "c"}) {
      w.key(name);
      w.begin_array(JsonWriter::Order::Sorted);
      for (const int i : {3, 1, 2}) w.integer(i);
      w.end_array();
    }
    w.end_object();
  });
  CHECK(text == R"({"a":[1,2,3],"b":[1,2,3],"c":[1,2,3]})");
  CHECK(written([](JsonWriter& w) {
          w.begin_array(JsonWriter::Order::Sorted);
          w.end_array();
        }) == "[]");
}

TEST_CASE("a wrong order of calls is a logic error") {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  CHECK_THROWS_AS(writer.integer(1), LogicError);
  CHECK_THROWS_AS(writer.end_array(), LogicError);
  writer.key("a");
  CHECK_THROWS_AS(writer.key("b"), LogicError);
  CHECK_THROWS_AS(writer.end_object(), LogicError);
  writer.null();
  writer.end_object();
  CHECK_THROWS_AS(writer.null(), LogicError);
}

TEST_CASE("a value that JSON cannot hold is named by its path") {
  CHECK(message_of([] {
          written([](JsonWriter& w) {
            w.begin_object();
            w.key("items");
            w.begin_array();
            w.null();
            w.begin_object();
            w.key("wei\xC3\x9F und \"rot\"");
            w.number(std::numeric_limits<double>::infinity());
          });
        }) == "$.items[1][\"wei\xC3\x9F und \"rot\"\"]: inf is not a number that JSON can hold");
}

TEST_CASE("whole numbers are exact however they are written") {
  const auto integer = [](const std::string& text) {
    JsonReader reader(text);
    const std::int64_t value = reader.integer(std::numeric_limits<std::int64_t>::min(),
                                              std::numeric_limits<std::int64_t>::max());
    reader.end();
    return value;
  };
  CHECK(integer("9007199254740993") == 9007199254740993);  // 2^53 + 1: no double on the way
  CHECK(integer("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  CHECK(integer("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(integer("-0") == 0);
  CHECK(integer("0e999999999999999999999") == 0);
  CHECK(integer("1.0") == 1);
  CHECK(integer("12.50e1") == 125);
  CHECK(integer("1200e-2") == 12);
  CHECK(integer("1E3") == 1000);
  CHECK(integer("922337203685477580.7e1") == std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "1.5", "1e-1", "1e19",
                           "1e999999999999999999999", "1e-99999999999999999999", "true", "\"1\""}) {
    CAPTURE(text);
    CHECK_THROWS_AS(integer(text), JsonError);
  }
  JsonReader big("18446744073709551615");
  CHECK(big.unsigned_integer(std::numeric_limits<std::uint64_t>::max()) ==
        std::numeric_limits<std::uint64_t>::max());
  CHECK(message_of([] { JsonReader("300").integer(-128, 127); }) ==
        "$: expected a whole number from -128 to 127, found the number 300");
  CHECK(message_of([] { JsonReader("-1").unsigned_integer(255); }) ==
        "$: expected a whole number from 0 to 255, found the number -1");
}

TEST_CASE("doubles out of range are refused, not rounded to infinity or zero") {
  CHECK(JsonReader("1.7976931348623157e308").number() == std::numeric_limits<double>::max());
  CHECK_THROWS_AS((void)JsonReader("1e309").number(), JsonError);
  CHECK_THROWS_AS((void)JsonReader("1e39").number_as_float(), JsonError);
  CHECK(JsonReader("16777217").number_as_float() == 16777216.0F);
}

TEST_CASE("escapes are read, surrogate pairs included") {
  CHECK(JsonReader(R"("\"\\\/\b\f\n\r\tA\u0041\u00e4\u20AC\ud83d\uDE00")").string() ==
        "\"\\/\b\f\n\r\tAA\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(JsonReader(R"("a\u0000b")").string() == std::string("a\0b", 3));
  for (const char* text : {R"("\ud83d")", R"("\ud83dx")", R"("\ude00")", R"("\ud83d\u0041")",
                           R"("\u12")", R"("\u12g4")", R"("\x")", R"("a)", R"("\)", "\"\n\"",
                           "\"\xC3\"", "\"\xED\xA0\x80\"", "\"\xC0\x80\""}) {
    CAPTURE(text);
    CHECK_THROWS_AS((void)JsonReader(text).string(), JsonError);
  }
}

TEST_CASE("Base64 is strict and round-trips every length") {
  for (std::size_t size = 0; size < 20; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + 200);
    const std::string text = written([&](JsonWriter& w) { w.base64(bytes); });
    CHECK(JsonReader(text).base64() == bytes);
  }
  CHECK(written([](JsonWriter& w) { w.base64("fo"); }) == "\"Zm8=\"");
  for (const char* text : {"\"Zm8\"", "\"Zm9=\"", "\"Z===\"", "\"Zm8=Zm8=\"", "\"Zm8-\"", "5"}) {
    CAPTURE(text);
    CHECK_THROWS_AS((void)JsonReader(text).base64(), JsonError);
  }
}

TEST_CASE("what is not JSON is refused with its offset") {
  CHECK(skip_error(" { \"a\" : [ 1 , -2.5e-3 , \"x\" , null , true , false , {} , [] ] } \n") ==
        "no error");
  CHECK(skip_error("") == "$: not JSON: the text ends too early at byte 0");
  CHECK(skip_error("[1,]") == "$[0]: not JSON: a value is missing at byte 3");
  CHECK(skip_error("[1 2]") == "$[0]: not JSON: a comma is missing at byte 3");
  CHECK(skip_error("{\"a\" 1}") == "$.a: not JSON: a colon is missing at byte 5");
  CHECK(skip_error("{\"a\":1} x") == "$: not JSON: something behind the value at byte 8");
  for (const char* text :
       {"[",        "{",  "{\"a\"", "{\"a\":", "{a:1}", "{,}", "[,1]", "nul", "tru",  "NaN",
        "Infinity", "01", "1.",     ".5",      "+1",    "1e",  "--1",  "'a'", "\x80", "]"}) {
    CAPTURE(text);
    CHECK(skip_error(text) != "no error");
  }
}

TEST_CASE("nesting is bounded on both sides") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(skip_error(nested(kMaxJsonDepth)) == "no error");
  CHECK(skip_error(nested(kMaxJsonDepth + 1)).ends_with("nested deeper than 128 levels"));
  CHECK(skip_error(nested(1'000'000)).ends_with("nested deeper than 128 levels"));
  CHECK(message_of([] {
          written([](JsonWriter& w) {
            for (std::size_t i = 0; i <= kMaxJsonDepth; ++i) w.begin_array();
          });
        }).ends_with("nested deeper than 128 levels"));
}

TEST_CASE("a mismatch says where, what was expected and what is there") {
  const std::string text =
      R"({"items":[{"name":"a"},{"name":5}],"long":")" + std::string(99, 'x') + "\"}";
  CHECK(message_of([&] {
          JsonReader reader(text);
          for (reader.begin_object(); reader.next_member();) {
            for (reader.begin_array(); reader.next_element();) {
              for (reader.begin_object(); reader.next_member();) (void)reader.string();
            }
          }
        }) == "$.items[1].name: expected a string, found the number 5");
  CHECK(message_of([&] {
          JsonReader reader(text);
          for (reader.begin_object(); reader.next_member();) {
            reader.key() == "long" ? reader.null() : reader.skip();
          }
        }) == "$.long: expected null, found the string \"" + std::string(48, 'x') + "...\"");
}

}  // namespace
