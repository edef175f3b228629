// Out-of-line destructors: one vtable and typeinfo for all libraries.
#include "durasim/core/frame_sink.hpp"

namespace durasim::inline v0 {

FrameSink::~FrameSink() = default;
FrameSinkFactory::~FrameSinkFactory() = default;

}  // namespace durasim::inline v0
