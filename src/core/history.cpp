// The members of EventAttributes that would be compiled into every source that holds events.
#include "durasim/core/history.hpp"

namespace durasim::inline v0::proto {

EventAttributes::EventAttributes(const EventAttributes& other) = default;
EventAttributes::EventAttributes(EventAttributes&& other) noexcept = default;
EventAttributes& EventAttributes::operator=(const EventAttributes& other) = default;
EventAttributes& EventAttributes::operator=(EventAttributes&& other) noexcept = default;
EventAttributes::~EventAttributes() = default;

bool EventAttributes::operator==(const EventAttributes& other) const {
  return static_cast<const EventAttributesVariant&>(*this) ==
         static_cast<const EventAttributesVariant&>(other);
}

}  // namespace durasim::inline v0::proto
