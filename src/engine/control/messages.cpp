// Errors on their way between processes.
#include "engine/control/messages.hpp"

#include "durasim/core/failure.hpp"
#include "durasim/store/store.hpp"

#include <exception>

namespace durasim::inline v0::engine::control {

namespace {

Bytes error_bytes(ErrorKind kind, std::string text, std::string more = {}) {
  Writer writer;
  writer.put(kind);
  writer(text, more);
  return writer.take();
}

}  // namespace

Bytes error_answer() {
  try {
    throw;
  } catch (const Failure& error) {
    return error_bytes(ErrorKind::Failure, encode(error.proto()));
  } catch (const WorkflowAlreadyStarted& error) {
    return error_bytes(ErrorKind::WorkflowAlreadyStarted, error.what(), error.run_id());
  } catch (const WorkflowNotFound& error) {
    return error_bytes(ErrorKind::WorkflowNotFound, error.what());
  } catch (const WorkflowNotReady& error) {
    return error_bytes(ErrorKind::WorkflowNotReady, error.what());
  } catch (const QueryFailed& error) {
    return error_bytes(ErrorKind::QueryFailed, error.what());
  } catch (const StoreRejected& error) {
    return error_bytes(ErrorKind::StoreRejected, error.what());
  } catch (const StoreUnknown& error) {
    return error_bytes(ErrorKind::StoreUnknown, error.what());
  } catch (const StoreDamaged& error) {
    return error_bytes(ErrorKind::StoreDamaged, error.what());
  } catch (const CancelledError& error) {
    return error_bytes(ErrorKind::Cancelled, error.what());
  } catch (const LimitError& error) {
    return error_bytes(ErrorKind::Limit, error.what());
  } catch (const InvalidArgument& error) {
    return error_bytes(ErrorKind::InvalidArgument, error.what());
  } catch (const std::exception& error) {
    return error_bytes(ErrorKind::Other, error.what());
  }
}

void rethrow(ErrorKind kind, Reader& reader) {
  if (kind == ErrorKind::None) return;
  std::string text;
  std::string more;
  reader(text, more);
  switch (kind) {
    case ErrorKind::Failure:
      throw_failure(decode_failure(text));
    case ErrorKind::WorkflowAlreadyStarted:
      throw WorkflowAlreadyStarted(text, more);
    case ErrorKind::WorkflowNotFound:
      throw WorkflowNotFound(text);
    case ErrorKind::WorkflowNotReady:
      throw WorkflowNotReady(text);
    case ErrorKind::QueryFailed:
      throw QueryFailed(text);
    case ErrorKind::StoreRejected:
      throw StoreRejected(text);
    case ErrorKind::StoreUnknown:
      throw StoreUnknown(text);
    case ErrorKind::StoreDamaged:
      throw StoreDamaged(text);
    case ErrorKind::Cancelled:
      throw CancelledError(text);
    case ErrorKind::Limit:
      throw LimitError(text);
    case ErrorKind::InvalidArgument:
      throw InvalidArgument(text);
    case ErrorKind::None:
    case ErrorKind::Other:
      break;
  }
  throw Error(text);
}

}  // namespace durasim::inline v0::engine::control
