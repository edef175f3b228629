// Out-of-line destructors give each exception class one typeinfo, so that it can be caught across
// libraries.
#include "durasim/core/error.hpp"

namespace durasim::inline v0 {

Error::Error(const std::string& message) : std::runtime_error(message) {}
Error::~Error() = default;
InvalidArgument::~InvalidArgument() = default;
IoError::~IoError() = default;
FormatError::~FormatError() = default;
LimitError::~LimitError() = default;
UnavailableError::~UnavailableError() = default;
CancelledError::~CancelledError() = default;
LogicError::~LogicError() = default;
NonDeterminismError::~NonDeterminismError() = default;

}  // namespace durasim::inline v0
