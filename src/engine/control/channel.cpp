// Unix sockets: names of any length, permissions, credentials, whole messages.
#include "engine/control/channel.hpp"

#include "durasim/core/error.hpp"

#include "engine/control/messages.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace durasim::inline v0::engine::control {

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16;

// An address whose name may be longer than the 107 bytes that it has room for: the folder is named
// by a descriptor. It must stay alive as long as the address is used.
class Address {
 public:
  explicit Address(const std::string& path) : path_(path) {
    const std::filesystem::path whole = std::filesystem::absolute(path);
    folder_ = open(whole.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0) fail("its folder cannot be opened");
    const std::string name = fmt::format("/proc/self/fd/{}/{}", folder_, whole.filename().string());
    if (name.size() >= sizeof address_.sun_path) {
      close(folder_);
      throw UnavailableError(path + ": the name of a socket may have about 80 characters");
    }
    address_.sun_family = AF_UNIX;
    name.copy(address_.sun_path, name.size());
  }
  ~Address() { close(folder_); }
  Address(const Address&) = delete;
  Address& operator=(const Address&) = delete;
  [[nodiscard]] const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&address_);  // NOLINT: that is how sockets are used
  }
  static constexpr socklen_t kSize = sizeof(sockaddr_un);
  [[noreturn]] void fail(const char* what) const {
    throw UnavailableError(fmt::format("{}: {}: {}", path_, what, std::strerror(errno)));
  }

 private:
  std::string path_;
  int folder_ = -1;
  sockaddr_un address_{};
};

Channel make_socket() {
  Channel channel(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (channel.descriptor() < 0)
    throw UnavailableError(std::string("no socket: ") + std::strerror(errno));
  return channel;
}

bool read_whole(int descriptor, std::byte* to, std::size_t size) {
  while (size > 0) {
    const ssize_t n = recv(descriptor, to, size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

Channel::Channel(Channel&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Channel& Channel::operator=(Channel&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
Channel::~Channel() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool Channel::send(ByteView message) const {
  const auto size = static_cast<std::uint32_t>(message.size());
  Bytes all(sizeof size);
  std::memcpy(all.data(), &size, sizeof size);
  all.insert(all.end(), message.begin(), message.end());
  for (std::size_t at = 0; at < all.size();) {
    const ssize_t n = ::send(descriptor_, all.data() + at, all.size() - at, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

std::optional<Bytes> Channel::receive() const {
  std::uint32_t size = 0;
  if (!read_whole(descriptor_, reinterpret_cast<std::byte*>(&size), sizeof size))
    return std::nullopt;
  if (size > kMaxMessageBytes)
    throw FormatError(fmt::format("a message of {} bytes; at most {}", size, kMaxMessageBytes));
  // Memory is taken as it fills: a size alone allocates nothing.
  Bytes message;
  while (message.size() < size) {
    const std::size_t at = message.size();
    message.resize(std::min<std::size_t>(size, at + kBlock));
    if (!read_whole(descriptor_, message.data() + at, message.size() - at)) return std::nullopt;
  }
  return message;
}

void Channel::shut_down() const {
  shutdown(descriptor_, SHUT_RDWR);
}

bool Channel::stale() const {
  pollfd state{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return poll(&state, 1, 0) != 0;
}

std::string socket_path_of(const std::string& store_path) {
  return store_path + ".sock";
}

Channel listen_at(const std::string& path) {
  const Address address(path);
  Channel listener = make_socket();
  unlink(path.c_str());  // of an owner that died: there is only one owner
  // Before the name is there, so that nobody else can ever connect.
  fchmod(listener.descriptor(), S_IRUSR | S_IWUSR);
  if (bind(listener.descriptor(), address.get(), Address::kSize) != 0) address.fail("no socket");
  if (chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) address.fail("its mode cannot be set");
  if (listen(listener.descriptor(), 64) != 0) address.fail("nobody can connect");
  return listener;
}

Channel connect_to(const std::string& path) {
  const Address address(path);
  Channel channel = make_socket();
  if (connect(channel.descriptor(), address.get(), Address::kSize) != 0)
    address.fail("no engine answers");
  return channel;
}

bool is_same_user(const Channel& channel) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(channel.descriptor(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == geteuid() || peer.uid == 0;
}

}  // namespace durasim::inline v0::engine::control
