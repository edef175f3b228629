// The one-of of events, compiled here once for all.
#include "durasim/core/history.hpp"

#include "core/one_of.hpp"

namespace durasim::inline v0::proto {

template class DURASIM_EXPORT_TEMPLATE OneOf<EventAttributesVariant>;

}  // namespace durasim::inline v0::proto
