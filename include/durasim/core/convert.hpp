// A typed value <-> one Payload; lists of them, encodings and errors: core/payload_values.hpp.
#pragma once

#include "durasim/core/payload.hpp"
#include "durasim/core/payload_values.hpp"

#include <utility>

namespace durasim::inline v0 {

// The value as a payload; a Payload stays what it is. Throws ApplicationFailure
// (kPayloadConversion). Thread-safe. The way back is from_payload<T>.
template <class T>
[[nodiscard]] Payload to_payload(const T& value) {
  PayloadList list;
  detail::append_value(list, value);
  return std::move(list.front());
}

}  // namespace durasim::inline v0
