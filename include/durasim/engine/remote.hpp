// An engine that another process of this machine runs, reached through the socket beside its store.
//   durasim::RemoteEngine engine("digest.db");
//   engine.client().handle(research_digest, "digest-1").signal(hurry, {});
#pragma once

#include "durasim/engine/client.hpp"

#include <memory>
#include <string>

namespace durasim::inline v0 {

// Thread-safe: calls of several threads go through connections of their own. Calls throw what the
// engine's own throw, and StoreUnknown when the connection is lost before the answer: repeat them
// with the same request id.
class DURASIM_EXPORT RemoteEngine {
 public:
  // Connects to the engine that owns the store at that path. Throws UnavailableError when none
  // answers, FormatError when something else does.
  explicit RemoteEngine(const std::string& store);
  ~RemoteEngine();
  RemoteEngine(const RemoteEngine&) = delete;
  RemoteEngine& operator=(const RemoteEngine&) = delete;

  [[nodiscard]] Client client() { return Client(frontend()); }
  [[nodiscard]] Frontend& frontend();

 private:
  class Remote;
  std::unique_ptr<Remote> remote_;
};

}  // namespace durasim::inline v0
