// A Unix socket between a client and the engine: whole messages, each with its size before it.
#pragma once

#include "durasim/core/bytes.hpp"

#include <optional>
#include <string>

namespace durasim::inline v0::engine::control {

// Owns a socket. One thread at a time, but for shut_down().
class DURASIM_EXPORT Channel {
 public:
  Channel() = default;
  explicit Channel(int descriptor) : descriptor_(descriptor) {}
  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&& other) noexcept;
  ~Channel();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  // False: the other side is gone.
  [[nodiscard]] bool send(ByteView message) const;
  // Nothing: the other side is gone. Throws FormatError for a message that is too long.
  [[nodiscard]] std::optional<Bytes> receive() const;
  // Wakes whoever sends or receives. Any thread.
  void shut_down() const;
  // Whether the other side has closed it, or said something that nobody asked for.
  [[nodiscard]] bool stale() const;

 private:
  int descriptor_ = -1;
};

// The name of the engine's socket: beside the store.
[[nodiscard]] DURASIM_EXPORT std::string socket_path_of(const std::string& store_path);
// Listens there, for processes of this user alone; what was there before is gone. Throws
// UnavailableError.
[[nodiscard]] Channel listen_at(const std::string& path);
// Connects; throws UnavailableError when nobody listens.
[[nodiscard]] DURASIM_EXPORT Channel connect_to(const std::string& path);
// Whether the other side is a process of this user, or of root.
[[nodiscard]] bool is_same_user(const Channel& channel);

}  // namespace durasim::inline v0::engine::control
