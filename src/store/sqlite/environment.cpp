// The system's store environment: POSIX files, flock, inotify. Durable waiting needs no thread: the
// kernel reports the closing of the lock file, which is what the death of its owner does.
#include "durasim/core/error.hpp"
#include "durasim/store/sqlite_environment.hpp"

#include "store/sqlite/file_system.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace durasim::inline v0::store {

OwnerLock::~OwnerLock() = default;
StoreEnvironment::~StoreEnvironment() = default;

namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;
// The lock is freed a moment after its closing is reported, and on an unknown kernel perhaps
// without a report: nobody waits longer than this for the next attempt.
constexpr std::chrono::milliseconds kLongestWait{50};

[[noreturn]] void fail(const std::string& path, const char* doing) {
  throw IoError(
      fmt::format("{} could not be {}: {}", path, doing, std::generic_category().message(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// With its links followed; it must be there.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  if (real == nullptr) fail(path, "found");
  return real.get();
}

void sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) fail(folder, "synced");
}

std::int64_t pid_in(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  std::int64_t pid = 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, pid);
  return pid;
}

class FileLock final : public OwnerLock {
 public:
  // Closing ends the lock, unless a forked child still has the descriptor.
  explicit FileLock(Descriptor fd) : fd_(std::move(fd)) {}

 private:
  Descriptor fd_;
};

class SystemStoreEnvironment final : public StoreEnvironment {
 public:
  std::string vfs() const override { return {}; }

  // Two names of one database would be two locks, two logs, and the end of it.
  std::string resolve(const std::string& path) const override {
    struct stat info{};
    const bool exists = ::stat(path.c_str(), &info) == 0;
    const std::size_t slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const std::string resolved = exists ? real_path(path) : real_path(folder_of(path)) + "/" + name;
    if (name.empty() || (exists && !S_ISREG(info.st_mode))) {
      throw IoError(fmt::format("{} is no file; a store needs the path of one", path));
    }
    if (exists && info.st_nlink > 1) {
      throw UnavailableError(fmt::format(
          "{} has {} names (hard links): a store needs a file with one", resolved, info.st_nlink));
    }
    struct statfs system{};
    if (::statfs(folder_of(resolved).c_str(), &system) != 0) fail(folder_of(resolved), "examined");
    const std::string_view unsuitable =
        sqlite::unsuitable_file_system(static_cast<std::int64_t>(system.f_type));
    if (!unsuitable.empty()) {
      throw UnavailableError(
          fmt::format("{} lies on {}: locks and syncs do not hold there what a store needs; put it "
                      "on a local disk",
                      resolved, unsuitable));
    }
    return resolved;
  }

  void create_private(const std::string& path) override {
    const Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly));
    if (!fd) fail(path, "created");
  }

  LockResult try_lock(const std::string& lock_path) override {
    for (;;) {
      Descriptor fd(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly));
      if (!fd) fail(lock_path, "opened");
      if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) fail(lock_path, "locked");
        return {nullptr, pid_in(fd.get())};
      }
      // Somebody may have removed the file between the two calls: a lock on it would bind nobody.
      struct stat locked{};
      struct stat named{};
      if (::fstat(fd.get(), &locked) != 0) fail(lock_path, "examined");
      if (::stat(lock_path.c_str(), &named) != 0 || named.st_ino != locked.st_ino) continue;
      const std::string pid = fmt::format("{}\n", ::getpid());
      if (::ftruncate(fd.get(), 0) != 0 ||
          ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        // With a full disk nobody is told the owner's pid; the lock holds all the same.
        static_cast<void>(::ftruncate(fd.get(), 0));
      }
      return {std::make_unique<FileLock>(std::move(fd)), ::getpid()};
    }
  }

  void wait_for_owner(const std::string& lock_path, const std::stop_token& stop,
                      SteadyTime until) override {
    const Descriptor stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stopped) fail(lock_path, "waited for");
    const std::stop_callback on_stop(stop, [&] {
      const std::uint64_t one = 1;
      static_cast<void>(::write(stopped.get(), &one, sizeof one));
    });
    const Descriptor closing(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (closing) ::inotify_add_watch(closing.get(), lock_path.c_str(), IN_CLOSE_WRITE);
    // It may have been freed before the watch began.
    if (try_lock(lock_path).lock != nullptr) return;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock().steady_now());
    const auto wait = std::clamp(left, std::chrono::milliseconds(0), kLongestWait);
    std::array<pollfd, 2> events{{{stopped.get(), POLLIN, 0}, {closing.get(), POLLIN, 0}}};
    ::poll(events.data(), events.size(), static_cast<int>(wait.count()));
  }

  void rename(const std::string& from, const std::string& to) override {
    if (std::rename(from.c_str(), to.c_str()) != 0) fail(to, "renamed to");
    sync_folder_of(to);
  }

  std::int64_t process_id() const override { return ::getpid(); }

  std::string boot_id() const override {
    const Descriptor fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    std::array<char, 36> text{};
    if (!fd || ::read(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      return {};
    }
    return {text.data(), text.size()};
  }

  const Clock& clock() const override { return system_clock(); }
};

}  // namespace

StoreEnvironment& system_store_environment() {
  static SystemStoreEnvironment environment;
  return environment;
}

}  // namespace durasim::inline v0::store
