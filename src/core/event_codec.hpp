// The codec of events and failures, compiled once in libdurasim_core, for records of others that
// contain them. An overload is chosen before the templates of message_codec.hpp.
#pragma once

#include "durasim/core/history.hpp"

#include "core/message_codec.hpp"

namespace durasim::inline v0::codec {

DURASIM_EXPORT void encode_fields(Encoder& out, const proto::HistoryEvent& event);
DURASIM_EXPORT void encode_fields(Encoder& out, const proto::Failure& failure);
DURASIM_EXPORT void decode_fields(protozero::data_view bytes, proto::HistoryEvent& event,
                                  DecodeBudget& budget);
DURASIM_EXPORT void decode_fields(protozero::data_view bytes, proto::Failure& failure,
                                  DecodeBudget& budget);

}  // namespace durasim::inline v0::codec
