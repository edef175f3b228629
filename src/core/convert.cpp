// The compiled part of typed conversion: described structs and enums, variants, and the way from
// JSON to payloads and back. Times: convert_time.cpp.
#include "durasim/core/convert.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/failure_message.hpp"

#include "core/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace durasim::inline v0::detail {
namespace {

constexpr std::string_view kEncoding = "encoding";
constexpr std::string_view kBinaryNull = "binary/null";
constexpr std::string_view kBinaryPlain = "binary/plain";
constexpr std::string_view kJsonPlain = "json/plain";
constexpr std::size_t kMaxShownEncoding = 64;
constexpr std::size_t kMaxShownEnumerators = 32;

Payload make_payload(std::string_view encoding, std::string data) {
  return {.metadata = {{std::string(kEncoding), std::string(encoding)}}, .data = std::move(data)};
}

std::string_view encoding_of(const Payload& payload) {
  const auto found = payload.metadata.find(std::string(kEncoding));
  return found == payload.metadata.end() ? std::string_view{} : found->second;
}

[[noreturn]] void throw_conversion_failure(const std::string& problem) {
  throw ApplicationFailure(problem,
                           {.type = std::string(kPayloadConversion), .non_retryable = true});
}

std::string list_of_names(Rows<EnumeratorName> names) {
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kMaxShownEnumerators); ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ", ", names[i].name);
  }
  return names.size() > kMaxShownEnumerators ? list + ", ..." : list;
}

}  // namespace

// ---- JSON ---------------------------------------------------------------------------------------

template DURASIM_EXPORT_TEMPLATE void write_erased<bool>(JsonWriter&, const void*);
template DURASIM_EXPORT_TEMPLATE void read_erased<bool>(JsonReader&, void*);
template DURASIM_EXPORT_TEMPLATE void write_erased<int>(JsonWriter&, const void*);
template DURASIM_EXPORT_TEMPLATE void read_erased<int>(JsonReader&, void*);
template DURASIM_EXPORT_TEMPLATE void write_erased<std::int64_t>(JsonWriter&, const void*);
template DURASIM_EXPORT_TEMPLATE void read_erased<std::int64_t>(JsonReader&, void*);
template DURASIM_EXPORT_TEMPLATE void write_erased<double>(JsonWriter&, const void*);
template DURASIM_EXPORT_TEMPLATE void read_erased<double>(JsonReader&, void*);
template DURASIM_EXPORT_TEMPLATE void write_erased<std::string>(JsonWriter&, const void*);
template DURASIM_EXPORT_TEMPLATE void read_erased<std::string>(JsonReader&, void*);

void write_struct(JsonWriter& writer, const void* object, Rows<MemberConversion> members) {
  writer.begin_object();
  for (const MemberConversion& member : members) {
    writer.key(member.name);
    member.write(writer, member.place(object));
  }
  writer.end_object();
}

void read_struct(JsonReader& reader, void* object, Rows<MemberConversion> members) {
  std::vector<bool> seen(members.size());
  std::size_t next = 0;  // members mostly come in the order in which they were written
  for (reader.begin_object(); reader.next_member();) {
    const auto is_named = [&](const MemberConversion& member) {
      return member.name == reader.key();
    };
    if (next >= members.size() || !is_named(members[next])) {
      next = static_cast<std::size_t>(std::ranges::find_if(members, is_named) - members.begin());
    }
    if (next == members.size()) {
      reader.skip();
      continue;
    }
    if (seen[next]) fail_duplicate_key(reader);
    seen[next] = true;
    // The object is not const: it is being read.
    members[next].read(reader, const_cast<void*>(members[next].place(object)));
    ++next;
  }
}

void write_enum(JsonWriter& writer, std::int64_t value, Rows<EnumeratorName> names) {
  const auto found = std::ranges::find(names, value, &EnumeratorName::value);
  if (found == names.end()) {
    writer.fail(fmt::format("{} is none of the enumerators {}", value, list_of_names(names)));
  }
  writer.string(found->name);
}

std::int64_t read_enum(JsonReader& reader, Rows<EnumeratorName> names) {
  const std::string name = reader.peek() == JsonKind::String ? reader.string() : std::string();
  const auto found = std::ranges::find_if(
      names, [&](const EnumeratorName& enumerator) { return enumerator.name == name; });
  if (found == names.end()) reader.mismatch(fmt::format("one of {}", list_of_names(names)));
  return found->value;
}

void write_variant(JsonWriter& writer, std::size_t index, const void* value, WriteValue write) {
  writer.begin_object();
  writer.key("index");
  writer.unsigned_integer(index);
  writer.key("value");
  write(writer, value);
  writer.end_object();
}

namespace {

// Reads ahead on a copy of the reader, because the value may stand before its index.
std::size_t variant_index(JsonReader reader, std::size_t alternatives) {
  for (reader.begin_object(); reader.next_member();) {
    if (reader.key() == "index") return reader.unsigned_integer(alternatives - 1);
    reader.skip();
  }
  reader.fail("the object of a variant has no \"index\"");
}

}  // namespace

void read_variant(JsonReader& reader, void* variant, Rows<ReadValue> alternatives) {
  const std::size_t index = variant_index(reader, alternatives.size());
  bool has_value = false;
  for (reader.begin_object(); reader.next_member();) {
    if (reader.key() != "value") {
      reader.skip();
      continue;
    }
    if (std::exchange(has_value, true)) fail_duplicate_key(reader);
    alternatives[index](reader, variant);
  }
  if (!has_value) reader.fail("the object of a variant has no \"value\"");
}

void write_elements(JsonWriter& writer, const void* first, std::size_t count,
                    std::size_t element_size, WriteValue write) {
  const auto* element = static_cast<const std::byte*>(first);
  writer.begin_array();
  for (std::size_t i = 0; i < count; ++i, element += element_size) write(writer, element);
  writer.end_array();
}

void read_elements(JsonReader& reader, void* vector, void* (*append)(void*), ReadValue read) {
  if (reader.peek() == JsonKind::Null) return reader.null();
  for (reader.begin_array(); reader.next_element();) read(reader, append(vector));
}

void require_element(JsonReader& reader, std::size_t index, std::size_t size) {
  if (!reader.next_element()) {
    reader.fail(fmt::format("expected an array of {} elements, found {}", size, index));
  }
}

void require_end(JsonReader& reader, std::size_t size) {
  if (reader.next_element()) {
    reader.fail(fmt::format("expected an array of {} elements, found more", size));
  }
}

void fail_duplicate_key(JsonReader& reader) {
  reader.fail("comes twice");
}

// ---- payloads -----------------------------------------------------------------------------------

void append_null(PayloadList& list) {
  list.push_back(make_payload(kBinaryNull, {}));
}

void append_plain(PayloadList& list, const void* bytes, std::size_t size) {
  list.push_back(
      make_payload(kBinaryPlain,
                   size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size)));
}

void append_payload(PayloadList& list, const Payload& payload) {
  list.push_back(payload);
}

void append_json(PayloadList& list, const void* value, WriteValue write) {
  std::string text;
  JsonWriter writer(text);
  try {
    write(writer, value);
  } catch (const JsonError& error) {
    throw_conversion_failure(error.what());
  }
  list.push_back(make_payload(kJsonPlain, std::move(text)));
}

bool is_null(const Payload& payload) {
  const std::string_view encoding = encoding_of(payload);
  return encoding == kBinaryNull || (encoding == kJsonPlain && payload.data == "null");
}

const std::string* plain_bytes(const Payload& payload) {
  return encoding_of(payload) == kBinaryPlain ? &payload.data : nullptr;
}

void read_payload(const Payload& payload, void* value, ReadValue read) {
  const std::string_view encoding = encoding_of(payload);
  if (encoding != kJsonPlain && encoding != kBinaryNull) {
    throw_conversion_failure(
        fmt::format("expected a payload in encoding json/plain, found \"{}\"; a value that a codec "
                    "has encoded needs the same codec to be read",
                    printable(encoding, kMaxShownEncoding)));
  }
  JsonReader reader(encoding == kBinaryNull ? std::string_view("null") : payload.data);
  try {
    read(reader, value);
    reader.end();
  } catch (const JsonError& error) {
    throw_conversion_failure(error.what());
  }
}

const Payload* argument(const PayloadList& payloads, std::size_t index, bool may_be_missing) {
  if (index < payloads.size()) return &payloads[index];
  if (may_be_missing) return nullptr;
  throw_conversion_failure(fmt::format("is missing; there are {}", payloads.size()));
}

void read_argument(const PayloadList& payloads, std::size_t index, void* value, ReadValue read) {
  try {
    read_payload(*argument(payloads, index, false), value, read);
  } catch (...) {
    rethrow_for_argument(index);
  }
}

void rethrow_for_argument(std::size_t index) {
  try {
    throw;
  } catch (const ApplicationFailure& failure) {
    if (failure.type() != kPayloadConversion) throw;
    throw_conversion_failure(fmt::format("argument {}: {}", index + 1, failure.what()));
  }
}

}  // namespace durasim::inline v0::detail
