// The members of PayloadList and PayloadMap, which authors' files only call.
#include "durasim/core/payload_list.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/payload.hpp"

namespace durasim::inline v0 {

PayloadList::PayloadList() noexcept = default;
PayloadList::PayloadList(std::initializer_list<Payload> values) : values_(values) {}
PayloadList::PayloadList(std::size_t count, const Payload& value) : values_(count, value) {}
PayloadList::PayloadList(std::vector<Payload> values) noexcept : values_(std::move(values)) {}
PayloadList::PayloadList(const PayloadList& other) = default;
PayloadList::PayloadList(PayloadList&& other) noexcept = default;
PayloadList& PayloadList::operator=(const PayloadList& other) = default;
PayloadList& PayloadList::operator=(PayloadList&& other) noexcept = default;
PayloadList::~PayloadList() = default;

std::size_t PayloadList::size() const {
  return values_.size();
}
Payload* PayloadList::begin() {
  return values_.data();
}
Payload* PayloadList::end() {
  return values_.data() + values_.size();
}
const Payload* PayloadList::begin() const {
  return values_.data();
}
const Payload* PayloadList::end() const {
  return values_.data() + values_.size();
}
Payload& PayloadList::operator[](std::size_t index) {
  return values_[index];
}
const Payload& PayloadList::operator[](std::size_t index) const {
  return values_[index];
}
const Payload& PayloadList::at(std::size_t index) const {
  return values_.at(index);
}
void PayloadList::reserve(std::size_t count) {
  values_.reserve(count);
}
void PayloadList::push_back(Payload payload) {
  values_.push_back(std::move(payload));
}
bool PayloadList::operator==(const PayloadList& other) const = default;
bool PayloadList::operator==(const std::vector<Payload>& other) const {
  return values_ == other;
}
std::vector<Payload> PayloadList::vector() && {
  return std::move(values_);
}

PayloadMap::PayloadMap(std::initializer_list<std::pair<const std::string, Payload>> values)
    : PayloadMap(proto::PayloadFields{.values = values}) {}
PayloadMap::PayloadMap(proto::PayloadFields fields)
    : fields_(fields.values.empty() ? Shared<proto::PayloadFields>() : std::move(fields)) {}

const Payload* PayloadMap::find(std::string_view name) const {
  const auto& values = fields().values;
  const auto found = values.find(std::string(name));
  return found == values.end() ? nullptr : &found->second;
}
const Payload& PayloadMap::at(std::string_view name) const {
  if (const Payload* payload = find(name)) return *payload;
  throw InvalidArgument("there is no payload of the name \"" + std::string(name) + "\"");
}
const proto::PayloadFields& PayloadMap::fields() const {
  static const proto::PayloadFields none;
  return fields_ ? *fields_ : none;
}
bool PayloadMap::operator==(const PayloadMap& other) const {
  return &fields() == &other.fields() || fields() == other.fields();
}

}  // namespace durasim::inline v0
