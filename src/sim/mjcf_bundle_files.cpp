// Reads a model and its files from one folder, and never anything outside of it: names are opened
// relative to the folder's descriptor with RESOLVE_BENEATH, so that no symbolic link leads out, not
// even one changed meanwhile.
#include "durasim/core/files.hpp"

#include "sim/mjcf_bundle_scan.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// Without openat2 (kernels before 5.6, some sandboxes): each component by itself, no symbolic links
// at all.
int open_without_links(int folder, const std::string& name) {
  FileDescriptor at(::dup(folder));
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const bool last = end == name.size();
    const std::string part = name.substr(begin, end - begin);
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (last ? O_NONBLOCK : O_DIRECTORY);
    const int next = ::openat(at.get(), part.c_str(), flags);
    if (next < 0 || last) return next;
    at = FileDescriptor(next);
    begin = end + 1;
  }
  errno = EINVAL;
  return -1;
}

int open_beneath(int folder, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;  // a pipe must not block
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const auto fd = static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) return open_without_links(folder, name);
  return fd;
}

class FolderFiles : public MjcfFiles {
 public:
  FolderFiles(const std::string& folder, const MjcfLimits& limits,
              std::map<std::string, Bytes>& assets)
      : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        limits_(limits),
        assets_(assets) {
    if (folder_.get() < 0)
      throw IoError(fmt::format("cannot open the folder '{}': {}", folder, std::strerror(errno)));
  }

  const Bytes* find(const std::string& name) override {
    if (const auto known = assets_.find(name); known != assets_.end()) return &known->second;
    const FileDescriptor fd(open_beneath(folder_.get(), name));
    if (fd.get() < 0) {
      if (errno == EXDEV || errno == ELOOP) {
        throw FormatError(
            fmt::format("'{}' leads out of the model's folder by a symbolic link", name));
      }
      if (errno == ENOENT || errno == ENOTDIR) return nullptr;
      throw IoError(fmt::format("cannot open '{}': {}", name, std::strerror(errno)));
    }
    if (assets_.size() >= limits_.max_files) {
      throw LimitError(
          fmt::format("'{}' is one file too many: the limit is {}", name, limits_.max_files));
    }
    return &assets_.emplace(name, read(fd.get(), name)).first->second;
  }

 private:
  Bytes read(int fd, const std::string& name) {
    struct stat info{};
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
      throw FormatError(fmt::format("'{}' is not a regular file", name));
    const std::size_t allowed =
        std::min(limits_.max_file_bytes, limits_.max_total_bytes - total_bytes_);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > allowed)
      throw LimitError(fmt::format("'{}' has {} bytes; the limit leaves {}", name, size, allowed));
    Bytes bytes(size);
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::read(fd, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw IoError(fmt::format("cannot read '{}': {}", name, std::strerror(errno)));
      if (n == 0) break;  // it became shorter; what there is is what was read
      done += static_cast<std::size_t>(n);
    }
    bytes.resize(done);
    total_bytes_ += done;
    return bytes;
  }

  FileDescriptor folder_;
  MjcfLimits limits_;
  std::map<std::string, Bytes>& assets_;
  std::size_t total_bytes_ = 0;
};

// Of the main text: "scene.xml", or with a number where that is an asset or a folder of assets.
std::string free_name(const MjcfSource& source) {
  const auto is_taken = [&](const std::string& name) {
    return std::ranges::any_of(source.assets, [&](const auto& asset) {
      return asset.first == name || asset.first.starts_with(name + "/");
    });
  };
  std::string name = "scene.xml";
  for (int n = 2; is_taken(name); ++n) name = fmt::format("scene-{}.xml", n);
  return name;
}

}  // namespace

MjcfSource load_mjcf_file(const std::string& path, const MjcfLimits& limits) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  MjcfSource source;
  source.xml = as_text(read_file(path, limits.max_file_bytes));
  FolderFiles files(folder, limits, source.assets);
  MjcfScan(files, limits).scan(source.xml, name);
  return source;
}

std::string save_mjcf(const MjcfSource& source, const std::string& folder) {
  check_asset_names(source);
  make_folders(folder);
  for (const auto& [name, bytes] : source.assets) {
    std::string file = folder;
    file.append("/").append(name);
    make_folders(file.substr(0, file.rfind('/')));
    write_file(file, bytes);
  }
  std::string main = folder + "/" + free_name(source);
  write_file(main, as_bytes(source.xml));
  return main;
}

}  // namespace durasim::inline v0::sim
