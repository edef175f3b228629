// The one-ofs of messages, compiled here once for all.
#include "durasim/core/messages.hpp"

#include "core/one_of.hpp"

namespace durasim::inline v0::proto {

template class DURASIM_EXPORT_TEMPLATE OneOf<Callback::Variant>;
template class DURASIM_EXPORT_TEMPLATE OneOf<EventGroupMarker::Variant>;
template class DURASIM_EXPORT_TEMPLATE OneOf<Link::Variant>;
template class DURASIM_EXPORT_TEMPLATE OneOf<VersioningOverride::Variant>;

}  // namespace durasim::inline v0::proto
