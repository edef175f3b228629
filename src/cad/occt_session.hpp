// The care that OpenCASCADE needs in somebody else's process: its STEP reader has global state, it
// prints to standard output, and its exceptions are no std::exception.
#pragma once

#include "durasim/core/error.hpp"

#include <Message.hxx>
#include <Message_Messenger.hxx>
#include <Message_SequenceOfPrinters.hxx>
#include <Standard_Failure.hxx>
#include <Standard_OutOfMemory.hxx>

#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace durasim::inline v0::cad {

// While it lives, no other thread reads STEP through durasim, and OpenCASCADE prints nothing. The
// host's printers come back at the end.
class ExclusiveSession {
 public:
  ExclusiveSession();
  ExclusiveSession(const ExclusiveSession&) = delete;
  ExclusiveSession& operator=(const ExclusiveSession&) = delete;
  ~ExclusiveSession();

 private:
  std::unique_lock<std::mutex> lock_;
  Message_SequenceOfPrinters printers_;
};

// What OpenCASCADE says about a failure, or "unknown reason".
std::string reason_of(const Standard_Failure& failure);

// Calls `work`. Lack of memory becomes std::bad_alloc, any other failure of OpenCASCADE becomes
// FormatError "`doing`: reason".
template <class Work>
auto translate_failures(const std::string& doing, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const Standard_OutOfMemory&) {
    throw std::bad_alloc();
  } catch (const Standard_Failure& failure) {
    throw FormatError(doing + ": " + reason_of(failure));
  }
}

}  // namespace durasim::inline v0::cad
