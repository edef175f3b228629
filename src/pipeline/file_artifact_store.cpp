// Contents under their hash in a folder. A content is written beside its place and synced before it
// gets its name, so that whatever has its name is whole.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/ids.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/pipeline/artifact_store.hpp"

#include "core/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace durasim::inline v0::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{1} << 20;

void make_private_folder(const std::string& path) {
  std::error_code error;
  if (fs::create_directory(path, error))
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::replace, error);
  if (error) throw IoError(fmt::format("cannot make the folder {}: {}", path, error.message()));
}

// Calls `use` with the file's bytes, piece by piece.
template <class Use>
void read_pieces(const std::string& path, const Use& use) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError(fmt::format("cannot read {}", path));
  std::vector<char> piece(kPiece);
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    use(as_bytes(std::string_view(piece.data(), static_cast<std::size_t>(file.gcount()))));
  }
  if (file.bad()) throw IoError(fmt::format("cannot read {}", path));
}

// A content on its way into the store: a file without its name yet, locked as long as somebody
// writes it, so that what a death leaves is known as such.
class Draft {
 public:
  explicit Draft(const std::string& folder) {
    struct stat info{};
    while (info.st_nlink == 0) {  // swept between its making and its locking: once more
      path_ = folder + "/" + make_uuid(system_random());
      file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      if (!file_.open() || ::flock(file_.get(), LOCK_EX) != 0 || ::fstat(file_.get(), &info) != 0)
        fail();
    }
  }
  ~Draft() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void write(ByteView bytes) {
    hash_.update(bytes);
    size_ += bytes.size();
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  [[nodiscard]] Artifact artifact(const std::string& name) {
    return {.name = name, .sha256 = hash_.finish(), .size = size_};
  }
  void rename_to(const std::string& path) {
    if (::fsync(file_.get()) != 0 || std::rename(path_.c_str(), path.c_str()) != 0) fail();
    path_.clear();
  }

  // Removes those that nobody writes any more.
  static void sweep(const std::string& folder) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      const Descriptor file(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC));
      if (file.open() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0)
        ::unlink(entry.path().c_str());
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw IoError(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
  }

  std::string path_;
  Descriptor file_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

// The name's ending, if it is a plain one: ".mp4".
std::string ending(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || name.size() - dot > 12) return {};
  const std::string text = name.substr(dot);
  const bool plain = std::all_of(text.begin() + 1, text.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0; });
  return plain ? text : std::string();
}

// Whether the content is there, and undamaged.
bool is_kept(const Artifact& artifact, const std::string& path) {
  std::error_code error;
  if (fs::file_size(path, error) != artifact.size || error) return false;
  try {
    Sha256 hash;
    read_pieces(path, [&hash](ByteView piece) { hash.update(piece); });
    return hash.finish() == artifact.sha256;
  } catch (const IoError&) {  // a place that the disk has lost
    return false;
  }
}

void require_hash(const Artifact& artifact, const std::string& sha256, const std::string& path) {
  if (sha256 == artifact.sha256) return;
  throw FormatError(
      fmt::format("artifact \"{}\" is damaged: {} does not have the hash that is its name",
                  artifact.name, path));
}

}  // namespace

ArtifactNotFound::~ArtifactNotFound() = default;
ArtifactStore::~ArtifactStore() = default;

FileArtifactStore::FileArtifactStore(const std::string& root) : root_(root) {
  make_private_folder(root_);
  make_private_folder(root_ + "/tmp");
  Draft::sweep(root_ + "/tmp");
}

std::string place_of(const Artifact& artifact) {
  const bool is_hash = artifact.sha256.size() == 64 &&
                       artifact.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hash) {
    throw InvalidArgument(
        fmt::format("artifact \"{}\": its sha256 is not 64 hexadecimal digits", artifact.name));
  }
  return fmt::format("{}/{}{}", artifact.sha256.substr(0, 2), artifact.sha256,
                     ending(artifact.name));
}

std::string FileArtifactStore::path_of(const Artifact& artifact) const {
  return root_ + "/" + place_of(artifact);
}

// Gives a content its place, also in place of a damaged one; durable when it returns. Whoever gave
// it its name before may have died before that name was durable, so the folders are always synced.
Artifact FileArtifactStore::keep(const std::string& name,
                                 const std::function<void(const Write&)>& content) {
  Draft draft(root_ + "/tmp");
  content([&draft](ByteView bytes) { draft.write(bytes); });
  Artifact artifact = draft.artifact(name);
  const std::string path = path_of(artifact);
  const std::string folder = path.substr(0, path.rfind('/'));
  if (!is_kept(artifact, path)) {
    make_private_folder(folder);
    draft.rename_to(path);
  }
  sync_folder(folder);
  sync_folder(root_);
  return artifact;
}

Artifact FileArtifactStore::put(const std::string& name, ByteView bytes) {
  return keep(name, [bytes](const Write& write) { write(bytes); });
}

Artifact FileArtifactStore::put_file(const std::string& name, const std::string& path) {
  return keep(name, [&path](const Write& write) { read_pieces(path, write); });
}

std::string FileArtifactStore::find(const Artifact& artifact) const {
  std::string path = path_of(artifact);
  if (fs::exists(path)) return path;
  throw ArtifactNotFound(
      fmt::format("artifact \"{}\" is not in the store: {} is missing", artifact.name, path));
}

Bytes FileArtifactStore::get(const Artifact& artifact, std::size_t max_bytes) const {
  const std::string path = find(artifact);
  Bytes bytes = read_file(path, max_bytes);
  require_hash(artifact, sha256_hex(bytes), path);
  return bytes;
}

void FileArtifactStore::get_file(const Artifact& artifact, const std::string& path) const {
  const std::string kept = find(artifact);
  PendingFile pending(path);
  std::ofstream file(pending.path(), std::ios::binary);  // for whom the umask allows
  Sha256 hash;
  read_pieces(kept, [&](ByteView piece) {
    hash.update(piece);
    file << as_text(piece);
  });
  file.close();
  if (!file) throw IoError(fmt::format("cannot write {}", path));
  require_hash(artifact, hash.finish(), kept);
  pending.commit();
}

std::string FileArtifactStore::url(const Artifact& artifact) const {
  return file_url(path_of(artifact));
}

std::optional<std::string> FileArtifactStore::whole_file(const Artifact& artifact) const {
  std::string path = path_of(artifact);
  if (!is_kept(artifact, path)) return std::nullopt;
  return path;
}

}  // namespace durasim::inline v0::pipeline
