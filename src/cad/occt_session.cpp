// The process-wide lock on OpenCASCADE's STEP reader and the silence of its printers.
#include "cad/occt_session.hpp"

#include "durasim/cad/shape.hpp"

#include <Message_Printer.hxx>
#include <Standard_Version.hxx>

namespace durasim::inline v0::cad {
namespace {

// OpenCASCADE's global state is one per process, so its lock is too.
std::mutex& reader_mutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

ExclusiveSession::ExclusiveSession() : lock_(reader_mutex()) {
  printers_ = Message::DefaultMessenger()->Printers();
  Message::DefaultMessenger()->RemovePrinters(STANDARD_TYPE(Message_Printer));
}

ExclusiveSession::~ExclusiveSession() {
  for (Message_SequenceOfPrinters::Iterator it(printers_); it.More(); it.Next())
    Message::DefaultMessenger()->AddPrinter(it.Value());
}

std::string reason_of(const Standard_Failure& failure) {
  const char* text = failure.GetMessageString();
  if (text != nullptr && *text != '\0') return text;
  const char* type = failure.DynamicType()->Name();
  return type != nullptr ? type : "unknown reason";
}

std::string occt_version() {
  return OCC_VERSION_COMPLETE;
}

}  // namespace durasim::inline v0::cad
