// Out-of-line destructors: one vtable and typeinfo for all libraries.
#include "durasim/core/frame_sink.hpp"

#include "durasim/core/error.hpp"

namespace durasim::inline v0 {

FrameSink::~FrameSink() = default;
FrameSinkFactory::~FrameSinkFactory() = default;

std::int64_t FrameSinkFactory::join(std::span<const std::string> /*segments*/,
                                    const std::string& path, const VideoFormat& /*format*/) {
  throw UnavailableError("this encoder cannot join videos to " + path);
}

}  // namespace durasim::inline v0
