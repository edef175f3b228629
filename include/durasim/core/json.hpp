// JSON (RFC 8259) as payloads need it: a writer that appends to a string and a reader that pulls
// values out of a text. Both know where they are ("$.items[3].name") and name the place when they
// refuse something. Neither builds a tree. Not thread-safe; one object serves one document.
#pragma once

#include "durasim/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0 {

// A value that JSON cannot hold, or a text that is not JSON or not of the expected form. The
// message begins with the path: "$.items[3].name: expected a string, found the number 5".
class DURASIM_EXPORT JsonError : public FormatError {
 public:
  JsonError(std::string path, const std::string& problem);
  ~JsonError() override;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Deeper texts are refused, so that none can exhaust the stack.
inline constexpr std::size_t kMaxJsonDepth = 128;

enum class JsonKind { Null, Boolean, Number, String, Array, Object };

namespace detail {
struct JsonStep;
using JsonPath = std::vector<JsonStep>;
}  // namespace detail

// Writes one JSON document without white space. Calls must describe a well-formed document; a wrong
// order is a LogicError. Throws JsonError for values that JSON cannot hold.
class DURASIM_EXPORT JsonWriter {
 public:
  // Sorted: elements are put into the order of their texts when the bracket closes, for containers
  // whose own order is not deterministic.
  enum class Order { AsWritten, Sorted };

  // Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out);
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  ~JsonWriter();

  void null();
  void boolean(bool value);
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  // The shortest text that reads back as the same value. NaN and infinities are refused.
  void number(double value);
  void number(float value);
  // `text` must be UTF-8.
  void string(std::string_view text);
  // Bytes as a string in Base64 (RFC 4648 with padding), as Temporal's SDKs write them.
  void base64(std::string_view bytes);
  // A value that is JSON already; it is not looked at.
  void raw(std::string_view json);
  void begin_array(Order order = Order::AsWritten);
  void end_array();
  void begin_object(Order order = Order::AsWritten);
  // The name of the next member; must stay alive until its value is written.
  void key(std::string_view name);
  void end_object();

  // Refuses the value that would come next.
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  [[noreturn]] void reject(const std::string& problem) const;  // the value that has begun
  void begin_element(detail::JsonStep& step);
  void before_value();
  void sort_elements(const detail::JsonStep& step);
  void quoted(std::string_view text);
  void begin(char bracket, bool is_object, Order order);
  void end(char bracket, bool is_object);
  std::string& out_;
  bool begun_ = false;
  detail::JsonPath path_;
};

// Reads one JSON document front to back. Every call consumes one value of the named kind or throws
// JsonError that names the path, what was expected and what is there. Borrows the text. A copy
// reads on from the same place by itself.
//   for (reader.begin_object(); reader.next_member();) { if (reader.key() == "x") ... else
//   reader.skip(); }
class DURASIM_EXPORT JsonReader {
 public:
  explicit JsonReader(std::string_view text);
  JsonReader(const JsonReader& other);
  JsonReader& operator=(const JsonReader& other);
  ~JsonReader();

  // The kind of the next value, which stays unread.
  [[nodiscard]] JsonKind peek();
  void null();
  bool boolean();
  // Any number whose value is a whole one in [low, high], written as 3, 3.0 or 3e0; exact.
  std::int64_t integer(std::int64_t low, std::int64_t high);
  std::uint64_t unsigned_integer(std::uint64_t high);
  double number();
  float number_as_float();
  std::string string();
  std::string base64();

  void begin_array();
  // Goes to the next element; false at the closing bracket, which it consumes.
  bool next_element();
  void begin_object();
  // Goes to the next member and reads its name; false at the closing bracket, which it consumes.
  bool next_member();
  // The name that next_member() has read; valid until its next call.
  [[nodiscard]] const std::string& key() const { return key_; }
  // Passes over one value of any kind.
  void skip();
  // Passes over one value of any kind and returns its text.
  std::string_view raw();
  // Throws unless only white space is left.
  void end();

  // "expected `expected`, found ..." about the value last peeked at or read.
  [[noreturn]] void mismatch(std::string_view expected);
  // A problem of the place in which the reader is.
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  char next_char();
  void literal(std::string_view word);
  std::string_view number_text();
  std::string parse_string();
  void parse_escape(std::string& value);
  std::uint32_t parse_hex4();
  void begin(bool is_object, std::string_view expected);
  bool next(char bracket);
  void skip_space();
  [[noreturn]] void syntax(const std::string& problem) const;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t value_at_ = 0;  // where the last value began, for mismatch()
  std::string key_;
  detail::JsonPath path_;
};

}  // namespace durasim::inline v0
