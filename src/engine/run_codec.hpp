// The stored form of the engine's records (run_record.hpp): protobuf wire format, described once.
// Field numbers are persistent: never reuse one.
#pragma once

#include "engine/run_record.hpp"

#include <string>
#include <string_view>

namespace durasim::inline v0::engine {

DURASIM_EXPORT std::string encode_record(const RunRecord& record);
DURASIM_EXPORT std::string encode_record(const ActivityRecord& record);
DURASIM_EXPORT std::string encode_record(const TimerRecord& record);
DURASIM_EXPORT std::string encode_record(const ExternalRecord& record);

// Throw FormatError for bytes that are not such a record.
DURASIM_EXPORT RunRecord decode_run(std::string_view bytes);
DURASIM_EXPORT ActivityRecord decode_activity(std::string_view bytes);
DURASIM_EXPORT TimerRecord decode_timer(std::string_view bytes);
DURASIM_EXPORT ExternalRecord decode_external(std::string_view bytes);

}  // namespace durasim::inline v0::engine
