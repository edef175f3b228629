// Bounded reading and write-then-rename.
#include "durasim/core/files.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/ids.hpp"

#include "core/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

namespace durasim::inline v0 {
namespace {

[[noreturn]] void throw_errno(std::string_view verb, const std::string& path) {
  throw IoError(fmt::format("cannot {} {}: {}", verb, path, std::strerror(errno)));
}

// `name`: what to call the file in an error.
void write_all(const std::string& path, const std::string& name, ByteView bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file.open()) throw_errno("write", name);
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t n = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("write", name);
    written += static_cast<std::size_t>(n);
  }
}

void sync(const std::string& path, int flags) {
  const Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file.open() || ::fsync(file.get()) != 0) throw_errno("sync", path);
}

}  // namespace

Bytes read_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!file.open() || fstat(file.get(), &info) != 0) throw_errno("read", path);
  if (S_ISDIR(info.st_mode)) throw IoError(fmt::format("cannot read {}: it is a folder", path));
  if (std::cmp_greater(info.st_size, max_bytes)) {
    throw LimitError(
        fmt::format("{} has {} bytes, more than the limit of {}", path, info.st_size, max_bytes));
  }
  // Pipes and /proc files report size 0, so the end is found by reading, not by trusting st_size.
  Bytes bytes(std::max<std::size_t>(static_cast<std::size_t>(info.st_size) + 1, 65536));
  std::size_t size = 0;
  for (;;) {
    const ssize_t n = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("read", path);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    if (size > max_bytes)
      throw LimitError(fmt::format("{} is larger than the limit of {} bytes", path, max_bytes));
    if (size == bytes.size()) bytes.resize(2 * size);
  }
  bytes.resize(size);
  return bytes;
}

void write_file(const std::string& path, ByteView bytes) {
  PendingFile pending(path);
  write_all(pending.path(), path, bytes);
  pending.commit();
}

void write_file_durably(const std::string& path, ByteView bytes) {
  PendingFile pending(path);
  write_all(pending.path(), path, bytes);
  sync_file(pending.path());
  pending.commit();
  const std::size_t slash = path.rfind('/');
  sync_folder(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

void sync_file(const std::string& path) {
  sync(path, O_RDONLY);
}

void sync_folder(const std::string& path) {
  sync(path, O_RDONLY | O_DIRECTORY);
}

void make_folders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw IoError(fmt::format("cannot make the folder {}: {}", path, error.message()));
}

std::string file_url(const std::string& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error) throw IoError(fmt::format("cannot resolve {}: {}", path, error.message()));
  std::string url = "file://";
  for (const char c : absolute) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        std::isalnum(byte) != 0 || std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain)
      url += c;
    else
      url += fmt::format("%{:02X}", byte);
  }
  return url;
}

std::string path_of_file_url(std::string_view url) {
  std::string_view rest = url;
  const auto take = [&](std::string_view prefix) {
    if (!rest.starts_with(prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
  };
  const bool is_local = take("file://") && (take("localhost/") || take("/"));
  if (!is_local)
    throw InvalidArgument(fmt::format("\"{}\" is not file:///PATH on this machine", url));
  std::string path = "/";
  while (!rest.empty()) {
    char c = rest.front();
    std::size_t length = 1;
    if (c == '%') {
      unsigned value = 0;
      const std::string_view digits = rest.substr(1, 2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      if (error != std::errc{} || end != digits.data() + 2 || value == 0)
        throw InvalidArgument(fmt::format("\"{}\" has a '%' without two digits", url));
      c = static_cast<char>(value);
      length = 3;
    }
    path += c;
    rest.remove_prefix(length);
  }
  return path;
}

PendingFile::PendingFile(std::string final_path) : final_path_(std::move(final_path)) {
  const std::size_t slash = final_path_.rfind('/') + 1;  // npos + 1 is 0: no folder in the name
  temporary_path_ = final_path_.substr(0, slash) + "." + make_uuid(system_random()).substr(0, 8) +
                    "." + final_path_.substr(slash);
}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : final_path_(std::move(other.final_path_)),
      temporary_path_(std::exchange(other.temporary_path_, "")) {}

PendingFile::~PendingFile() {
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

void PendingFile::commit() {
  if (std::rename(temporary_path_.c_str(), final_path_.c_str()) != 0)
    throw_errno("write", final_path_);
  temporary_path_.clear();
}

}  // namespace durasim::inline v0
