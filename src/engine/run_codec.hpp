// The stored form of the engine's records (run_record.hpp): protobuf wire format, described once;
// large payloads are taken out of it (core/payload_blobs.hpp). Field numbers are persistent: never
// reuse one.
#pragma once

#include "core/payload_blobs.hpp"
#include "engine/run_record.hpp"

#include <string>
#include <string_view>

namespace durasim::inline v0::engine {

DURASIM_EXPORT std::string encode_record(const RunRecord& record, codec::PayloadBlobs& blobs);
DURASIM_EXPORT std::string encode_record(const ActivityRecord& record, codec::PayloadBlobs& blobs);
DURASIM_EXPORT std::string encode_record(const TimerRecord& record);
DURASIM_EXPORT std::string encode_record(const ExternalRecord& record, codec::PayloadBlobs& blobs);

// Throw FormatError for bytes that are not such a record, and what `blobs` throws.
DURASIM_EXPORT RunRecord decode_run(std::string_view bytes, const codec::BlobReader& blobs);
DURASIM_EXPORT ActivityRecord decode_activity(std::string_view bytes,
                                              const codec::BlobReader& blobs);
DURASIM_EXPORT TimerRecord decode_timer(std::string_view bytes);
DURASIM_EXPORT ExternalRecord decode_external(std::string_view bytes,
                                              const codec::BlobReader& blobs);
// For a look at anything but payloads, of which references are left as they are: reads no blob.
DURASIM_EXPORT RunRecord decode_run_without_payloads(std::string_view bytes);

}  // namespace durasim::inline v0::engine
