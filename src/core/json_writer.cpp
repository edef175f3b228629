// JsonWriter, and what it shares with JsonReader: the error and its path.
#include "durasim/core/json.hpp"

#include "core/json_text.hpp"
#include "core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

namespace durasim::inline v0 {
namespace {

template <class T>
void append_number(std::string& out, T value) {
  char text[32];
  const std::to_chars_result result = std::to_chars(text, text + sizeof text, value);
  out.append(text, result.ptr);
}

bool needs_escape(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    default:
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

}  // namespace

JsonError::JsonError(std::string path, const std::string& problem)
    : FormatError(path + ": " + problem), path_(std::move(path)) {}
JsonError::~JsonError() = default;

JsonWriter::JsonWriter(std::string& out) : out_(out) {}
JsonWriter::~JsonWriter() = default;

void JsonWriter::reject(const std::string& problem) const {
  throw JsonError(detail::path_text(path_), problem);
}

void JsonWriter::fail(const std::string& problem) const {
  detail::JsonPath path = path_;
  if (!path.empty() && !path.back().is_object) ++path.back().count;
  throw JsonError(detail::path_text(path), problem);
}

void JsonWriter::begin_element(detail::JsonStep& step) {
  if (step.count > 0) out_ += ',';
  if (step.sorted) step.pieces.push_back(out_.size());
  ++step.count;
}

void JsonWriter::before_value() {
  if (path_.empty()) {
    if (std::exchange(begun_, true)) throw LogicError("JSON: a second value at the top level");
  } else if (!path_.back().is_object) {
    begin_element(path_.back());
  } else if (!std::exchange(path_.back().named, false)) {
    throw LogicError("JSON: a value without a key in an object");
  }
}

void JsonWriter::key(std::string_view name) {
  if (path_.empty() || !path_.back().is_object || path_.back().named) {
    throw LogicError("JSON: a key where none is due");
  }
  detail::JsonStep& step = path_.back();
  begin_element(step);
  step.name = name;
  step.named = true;
  quoted(name);
  out_ += ':';
}

void JsonWriter::null() {
  before_value();
  out_ += "null";
}

void JsonWriter::boolean(bool value) {
  before_value();
  out_ += value ? "true" : "false";
}

void JsonWriter::integer(std::int64_t value) {
  before_value();
  append_number(out_, value);
}

void JsonWriter::unsigned_integer(std::uint64_t value) {
  before_value();
  append_number(out_, value);
}

void JsonWriter::number(double value) {
  before_value();
  if (!std::isfinite(value)) reject(fmt::format("{} is not a number that JSON can hold", value));
  append_number(out_, value);
}

void JsonWriter::number(float value) {
  before_value();
  if (!std::isfinite(value)) reject(fmt::format("{} is not a number that JSON can hold", value));
  append_number(out_, value);
}

void JsonWriter::string(std::string_view text) {
  before_value();
  quoted(text);
}

void JsonWriter::quoted(std::string_view text) {
  if (!is_utf8(text)) reject("the text is not UTF-8; use a byte vector for bytes");
  out_ += '"';
  while (!text.empty()) {
    const std::size_t plain =
        static_cast<std::size_t>(std::ranges::find_if(text, needs_escape) - text.begin());
    out_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    append_escape(out_, text.front());
    text.remove_prefix(1);
  }
  out_ += '"';
}

void JsonWriter::base64(std::string_view bytes) {
  before_value();
  out_ += '"';
  detail::append_base64(out_, bytes);
  out_ += '"';
}

void JsonWriter::raw(std::string_view json) {
  before_value();
  out_ += json;
}

void JsonWriter::begin(char bracket, bool is_object, Order order) {
  before_value();
  if (path_.size() >= kMaxJsonDepth) {
    reject(fmt::format("nested deeper than {} levels", kMaxJsonDepth));
  }
  out_ += bracket;
  path_.push_back(
      {.is_object = is_object, .sorted = order == Order::Sorted, .name = {}, .start = out_.size()});
}

void JsonWriter::end(char bracket, bool is_object) {
  if (path_.empty() || path_.back().is_object != is_object || path_.back().named) {
    throw LogicError("JSON: a closing bracket where none is due");
  }
  if (path_.back().sorted) sort_elements(path_.back());
  path_.pop_back();
  out_ += bracket;
}

void JsonWriter::sort_elements(const detail::JsonStep& step) {
  std::vector<std::string> elements;
  elements.reserve(step.pieces.size());
  for (std::size_t i = 0; i < step.pieces.size(); ++i) {
    const bool last = i + 1 == step.pieces.size();
    const std::size_t end = last ? out_.size() : step.pieces[i + 1] - 1;  // before the comma
    elements.push_back(out_.substr(step.pieces[i], end - step.pieces[i]));
  }
  std::ranges::sort(elements);
  out_.resize(step.start);
  for (const std::string& element : elements) {
    if (&element != &elements.front()) out_ += ',';
    out_ += element;
  }
}

void JsonWriter::begin_array(Order order) {
  begin('[', false, order);
}
void JsonWriter::end_array() {
  end(']', false);
}
void JsonWriter::begin_object(Order order) {
  begin('{', true, order);
}
void JsonWriter::end_object() {
  end('}', true);
}

}  // namespace durasim::inline v0
