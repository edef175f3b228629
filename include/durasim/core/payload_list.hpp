// Lists and maps of Temporal's Payloads, for those who only pass them on: authors' files need
// neither Payload's definition nor a container's instantiation for that. Everything that enters a
// history (arguments, results, details, memos) is one of these. Payload itself: core/payload.hpp.
#pragma once

#include "durasim/core/config.hpp"
#include "durasim/core/shared.hpp"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0 {

namespace proto {
struct Payload;
struct PayloadFields;
}  // namespace proto
using proto::Payload;

// As std::vector<Payload>; what invalidates references into that one does so here.
class DURASIM_EXPORT PayloadList {
 public:
  using value_type = Payload;
  PayloadList() noexcept;
  PayloadList(std::initializer_list<Payload> values);
  PayloadList(std::size_t count, const Payload& value);
  explicit PayloadList(std::vector<Payload> values) noexcept;
  PayloadList(const PayloadList& other);
  PayloadList(PayloadList&& other) noexcept;
  PayloadList& operator=(const PayloadList& other);
  PayloadList& operator=(PayloadList&& other) noexcept;
  ~PayloadList();

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Payload* begin();
  [[nodiscard]] Payload* end();
  [[nodiscard]] const Payload* begin() const;
  [[nodiscard]] const Payload* end() const;
  [[nodiscard]] Payload& front() { return *begin(); }
  [[nodiscard]] const Payload& front() const { return *begin(); }
  [[nodiscard]] Payload& operator[](std::size_t index);
  [[nodiscard]] const Payload& operator[](std::size_t index) const;
  // Throws std::out_of_range.
  [[nodiscard]] const Payload& at(std::size_t index) const;
  void reserve(std::size_t count);
  void push_back(Payload payload);
  bool operator==(const PayloadList& other) const;
  bool operator==(const std::vector<Payload>& other) const;
  [[nodiscard]] const std::vector<Payload>& vector() const& { return values_; }
  [[nodiscard]] std::vector<Payload> vector() &&;

 private:
  std::vector<Payload> values_;
};

// Named payloads: memo, search attributes, headers. Immutable; copies share.
class DURASIM_EXPORT PayloadMap {
 public:
  PayloadMap() = default;
  PayloadMap(std::initializer_list<std::pair<const std::string, Payload>> values);
  explicit PayloadMap(proto::PayloadFields fields);
  [[nodiscard]] bool empty() const { return !fields_; }
  // The payload of that name, or null.
  [[nodiscard]] const Payload* find(std::string_view name) const;
  // The same; throws InvalidArgument that names it where there is none.
  [[nodiscard]] const Payload& at(std::string_view name) const;
  [[nodiscard]] const proto::PayloadFields& fields() const;
  bool operator==(const PayloadMap& other) const;

 private:
  Shared<proto::PayloadFields> fields_;  // null when there are none
};

}  // namespace durasim::inline v0
