// Described structs as rows: the members are the columns, in their order.
#pragma once

#include "durasim/core/convert_json.hpp"
#include "durasim/core/described_members.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/time.hpp"

#include "pipeline/sql_trace_store.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace durasim::inline v0::pipeline::sql {

inline SqlValue value_of(const std::string& text) {
  return text;
}
inline SqlValue value_of(double number) {
  return number;
}
template <std::integral T>
SqlValue value_of(T number) {
  return static_cast<std::int64_t>(number);
}
inline SqlValue value_of(WallTime instant) {
  return to_rfc3339(instant);
}
inline SqlValue value_of(const std::optional<WallTime>& instant) {
  return instant ? value_of(*instant) : SqlValue();
}
// By its name, which there is.
template <class E>
  requires std::is_enum_v<E>
SqlValue value_of(E value) {
  return std::string(to_string(value));
}

// Throws FormatError when the column holds something else.
template <class T>
const T& held(const SqlValue& value) {
  if (const T* const found = std::get_if<T>(&value)) return *found;
  throw FormatError("a column of a trace has a value of another type");
}
inline void take(const SqlValue& value, std::string& text) {
  text = held<std::string>(value);
}
inline void take(const SqlValue& value, double& number) {
  number = held<double>(value);
}
template <std::integral T>
void take(const SqlValue& value, T& number) {
  number = static_cast<T>(held<std::int64_t>(value));
}
// Instants and enumerators, as JSON has them.
template <class T>
void take(const SqlValue& value, T& member) {
  std::string json;
  JsonWriter(json).string(held<std::string>(value));
  JsonReader reader(json);
  read_json(reader, member);
}
template <class T>
void take(const SqlValue& value, std::optional<T>& member) {
  member.reset();
  if (!std::holds_alternative<std::monostate>(value)) take(value, member.emplace());
}

template <class... D>
std::vector<const char*> names_of(detail::Descriptors<D...>) {
  return {D::name...};
}
template <class Row>
std::vector<const char*> column_names() {
  return names_of(decltype(detail::all_members<Row>()){});
}

template <class Row, class... D>
SqlRow values_of(const Row& row, detail::Descriptors<D...>) {
  return {value_of(row.*D::pointer)...};
}
template <class Row>
SqlRow row_of(const Row& row) {
  return values_of(row, decltype(detail::all_members<Row>()){});
}

template <class Row, class... D>
void take_all(const SqlRow& values, Row& row, detail::Descriptors<D...>) {
  std::size_t column = 0;
  (take(values.at(column++), row.*D::pointer), ...);
}
template <class Row>
std::vector<Row> rows_as(const std::vector<SqlRow>& all) {
  std::vector<Row> rows(all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    take_all(all[i], rows[i], decltype(detail::all_members<Row>()){});
  return rows;
}

}  // namespace durasim::inline v0::pipeline::sql
