// Its key function, so that the vtable has one home.
#include "durasim/core/metrics.hpp"

namespace durasim::inline v0 {

MetricsSink::~MetricsSink() = default;

}  // namespace durasim::inline v0
