// The exceptions that durasim throws. The class tells what the caller can do about it; the text
// names the element and the remedy. Everything derives from Error, which is a std::exception.
#pragma once

#include "durasim/core/config.hpp"

#include <stdexcept>
#include <string>

namespace durasim::inline v0 {

// Base of all exceptions thrown by durasim.
class DURASIM_EXPORT Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message);
  ~Error() override;
};

// An argument or option of the caller is wrong; calling again unchanged fails again.
class DURASIM_EXPORT InvalidArgument : public Error {
 public:
  using Error::Error;
  ~InvalidArgument() override;
};

// A file or stream could not be read or written. The message holds the path and the system's
// reason.
class DURASIM_EXPORT IoError : public Error {
 public:
  using Error::Error;
  ~IoError() override;
};

// Foreign bytes do not have the form that they claim to have.
class DURASIM_EXPORT FormatError : public Error {
 public:
  using Error::Error;
  ~FormatError() override;
};

// An input is larger than the limit that the caller set (or the default limit).
class DURASIM_EXPORT LimitError : public Error {
 public:
  using Error::Error;
  ~LimitError() override;
};

// Something that this machine does not have: a helper program, an OpenGL driver, an encoder.
class DURASIM_EXPORT UnavailableError : public Error {
 public:
  using Error::Error;
  ~UnavailableError() override;
};

// The work was stopped because the caller asked for it.
class DURASIM_EXPORT CancelledError : public Error {
 public:
  using Error::Error;
  ~CancelledError() override;
};

// A rule of durasim's own was broken: a bug, of the caller (call order) or of durasim.
class DURASIM_EXPORT LogicError : public Error {
 public:
  using Error::Error;
  ~LogicError() override;
};

// Workflow code does something else than its history says: the code has changed since, or it is not
// deterministic. It fails the workflow task, never the run.
class DURASIM_EXPORT NonDeterminismError : public LogicError {
 public:
  using LogicError::LogicError;
  ~NonDeterminismError() override;
};

}  // namespace durasim::inline v0
