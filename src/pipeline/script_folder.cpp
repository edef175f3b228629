// Files of a script's folder by openat, so that a folder that is moved stays the one it was.
#include "pipeline/script_folder.hpp"

#include "durasim/core/convert_json.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/ids.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace durasim::inline v0::pipeline {

namespace {

constexpr std::size_t kMaxOrderBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxExitBytes = std::size_t{1} << 20;

std::string temporary_name(const char* name) {
  return fmt::format(".{}.{}", name, make_uuid(system_random()).substr(0, 8));
}

template <class Record>
std::string text_of(const Record& record) {
  std::string text;
  JsonWriter writer(text);
  write_json(writer, record);
  return text;
}

template <class Record>
Record record_of(const std::string& text) {
  Record record;
  JsonReader reader(text);
  read_json(reader, record);
  reader.end();
  return record;
}

}  // namespace

std::string to_text(const ScriptOrder& order) {
  return text_of(order);
}
std::string to_text(const ScriptExit& exit) {
  return text_of(exit);
}

bool write_all(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return true;
}

std::optional<ScriptFolder> ScriptFolder::open(const std::string& path) {
  ScriptFolder folder(path, Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (folder.folder_.open()) return folder;
  if (errno == ENOENT) return std::nullopt;
  folder.fail("open", "");
}

void ScriptFolder::fail(const char* verb, std::string_view name) const {
  const int error = errno;
  throw IoError(fmt::format("cannot {} {}{}{}: {}", verb, path_, name.empty() ? "" : "/", name,
                            std::strerror(error)));
}

bool ScriptFolder::has(const char* name) const {
  if (::faccessat(folder_.get(), name, F_OK, 0) == 0) return true;
  if (errno != ENOENT) fail("look for", name);
  return false;
}

ScriptState ScriptFolder::state() const {
  if (has(kExitFile)) return ScriptState::Ended;
  const Descriptor claim(::openat(folder_.get(), kClaimFile, O_RDONLY | O_CLOEXEC));
  if (!claim.open()) {
    if (errno != ENOENT) fail("open", kClaimFile);
    // The order is what is removed first: where it still is, no claim has been removed.
    return has(kOrderFile) ? ScriptState::Prepared : ScriptState::Lost;
  }
  // A shared lock: it keeps nobody else from looking.
  if (::flock(claim.get(), LOCK_SH | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return ScriptState::Running;
    fail("lock", kClaimFile);
  }
  // It may have ended between the two looks.
  return has(kExitFile) ? ScriptState::Ended : ScriptState::Lost;
}

void ScriptFolder::remove_order() const {
  if (::unlinkat(folder_.get(), kOrderFile, 0) != 0 && errno != ENOENT) fail("remove", kOrderFile);
}

// Created under another name and locked before it becomes the claim: with O_EXCL alone there would
// be a moment in which the claim is there and not locked, which means lost.
std::optional<Descriptor> ScriptFolder::take_claim() const {
  const std::string name = temporary_name(kClaimFile);
  Descriptor file(
      ::openat(folder_.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.open()) fail("create", name);
  const bool locked = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 && ::fsync(file.get()) == 0;
  const bool linked =
      locked && ::linkat(folder_.get(), name.c_str(), folder_.get(), kClaimFile, 0) == 0;
  const int error = linked ? 0 : errno;
  ::unlinkat(folder_.get(), name.c_str(), 0);
  if (error == EEXIST) return std::nullopt;
  errno = error;
  if (!linked) fail("create", kClaimFile);
  sync();
  return file;
}

void ScriptFolder::ask_to_stop() const {
  // For reading too: writing to a FIFO whose reader has gone would be a SIGPIPE.
  const Descriptor control(
      ::openat(folder_.get(), kControlFile, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!control.open()) fail("open", kControlFile);
  if (::write(control.get(), "x", 1) != 1 && errno != EAGAIN) fail("write to", kControlFile);
}

std::string ScriptFolder::read(const char* name, std::size_t max_bytes) const {
  const Descriptor file(::openat(folder_.get(), name, O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!file.open() || ::fstat(file.get(), &info) != 0) fail("read", name);
  if (std::cmp_greater(info.st_size, max_bytes))
    throw LimitError(
        fmt::format("{}/{} has {} bytes, more than {}", path_, name, info.st_size, max_bytes));
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n =
        ::pread(file.get(), text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", name);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  return text;
}

ScriptOrder ScriptFolder::order() const {
  return record_of<ScriptOrder>(read(kOrderFile, kMaxOrderBytes));
}

ScriptExit ScriptFolder::exit() const {
  return record_of<ScriptExit>(read(kExitFile, kMaxExitBytes));
}

// More was written than is there: then the file is as large as it may be, and what comes next would
// have overwritten its oldest byte.
std::string ScriptFolder::output(const char* name, const OutputEnd& end) const {
  std::string text = read(name, kMaxOrderBytes);
  if (end.bytes <= text.size() || text.empty() || end.damaged) return text;
  const std::size_t oldest = end.bytes % text.size();
  return text.substr(oldest) + text.substr(0, oldest);
}

void ScriptFolder::write(const char* name, std::string_view text) const {
  const std::string temporary = temporary_name(name);
  const Descriptor file(
      ::openat(folder_.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.open() || !write_all(file.get(), text, 0) || ::fsync(file.get()) != 0 ||
      ::renameat(folder_.get(), temporary.c_str(), folder_.get(), name) != 0)
    fail("write", name);
  sync();
}

void ScriptFolder::sync() const {
  if (::fsync(folder_.get()) != 0) fail("sync", "");
}

}  // namespace durasim::inline v0::pipeline
