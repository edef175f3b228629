// What the codec's templates share: strings, limits, and the path that an error names.
#include "core/message_codec.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>

#include <exception>

namespace durasim::inline v0::codec {

Problem::~Problem() = default;

void Problem::prepend(std::string_view step) {
  if (step.empty()) return;
  // An index belongs to the name before it; names are set apart by dots.
  const bool dot = !path_.empty() && path_.front() != '[';
  path_.insert(0, dot ? std::string(step) + '.' : std::string(step));
}

std::string Problem::text() const {
  return path_.empty() ? reason_ : path_ + ": " + reason_;
}

void rethrow_behind(std::string_view step) {
  try {
    throw;
  } catch (Problem& problem) {
    problem.prepend(step);
    throw;
  } catch (const protozero::exception& error) {
    Problem problem(error.what());
    problem.prepend(step);
    throw problem;
  }
}

std::string name_of_field(std::span<const FieldLabel> labels, std::uint32_t number) {
  if (number == 0) return "";
  for (const FieldLabel& label : labels) {
    if (label.number == number) return std::string(label.proto_name);
  }
  return fmt::format("field {}", number);
}

void fail_depth() {
  throw Problem(fmt::format("messages are nested deeper than {}", kMaxMessageDepth));
}

void fail_elements() {
  throw LimitError("a message has more elements than the limit allows");
}

void fail_not_described() {
  throw Problem("this exists only in memory and in JSON; it has no wire format");
}

void fail_utf8() {
  throw Problem("the text is not UTF-8");
}

void decode_text(protozero::pbf_reader& in, std::string& value) {
  const protozero::data_view view = in.get_view();
  require_utf8({view.data(), view.size()});
  value.assign(view.data(), view.size());
}

void decode_bytes(protozero::pbf_reader& in, std::string& value) {
  const protozero::data_view view = in.get_view();
  value.assign(view.data(), view.size());
}

void require_size(std::string_view message, std::size_t size, const DecodeLimits& limits) {
  if (size <= limits.max_bytes) return;
  throw LimitError(
      fmt::format("{}: {} bytes, more than the limit of {}", message, size, limits.max_bytes));
}

void fail_encoding(std::string_view message, const Problem& problem) {
  throw InvalidArgument(fmt::format("{} cannot be encoded: {}", message, problem.text()));
}

void fail_decoding(std::string_view message, const Problem& problem) {
  throw FormatError(fmt::format("not a {}: {}", message, problem.text()));
}

}  // namespace durasim::inline v0::codec
