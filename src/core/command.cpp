// The one-of of commands, compiled here once for all.
#include "durasim/core/command.hpp"

#include "core/one_of.hpp"

namespace durasim::inline v0::proto {

template class DURASIM_EXPORT_TEMPLATE OneOf<CommandAttributesVariant>;

}  // namespace durasim::inline v0::proto
