// Contents under their hash in a folder. A content is written beside its place and synced before it
// gets its name, so that whatever has a name is whole.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/ids.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/pipeline/artifact_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <vector>

namespace durasim::inline v0::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = std::size_t{1} << 20;

void make_private_folder(const std::string& path) {
  std::error_code error;
  if (fs::create_directory(path, error))
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::replace, error);
  if (error) throw IoError(fmt::format("cannot make the folder {}: {}", path, error.message()));
}

// The hash and the size of a file, read once.
Artifact measure(const std::string& name, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError(fmt::format("cannot read {}", path));
  Artifact artifact{.name = name};
  Sha256 hash;
  std::vector<char> chunk(kChunk);
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto size = static_cast<std::size_t>(file.gcount());
    hash.update(as_bytes(std::string_view(chunk.data(), size)));
    artifact.size += size;
  }
  if (file.bad()) throw IoError(fmt::format("cannot read {}", path));
  artifact.sha256 = hash.finish();
  return artifact;
}

void copy(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) throw IoError(fmt::format("cannot copy {} to {}: {}", from, to, error.message()));
}

// The name's ending, if it is a plain one: ".mp4".
std::string ending(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || name.size() - dot > 12) return {};
  const std::string text = name.substr(dot);
  const bool plain = std::all_of(text.begin() + 1, text.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0; });
  return plain ? text : std::string();
}

void require_hash(const Artifact& artifact, const std::string& sha256, const std::string& path) {
  if (sha256 == artifact.sha256) return;
  throw FormatError(
      fmt::format("artifact \"{}\" is damaged: {} does not have the hash that is its name",
                  artifact.name, path));
}

// Removes a temporary file that did not get its place.
struct Temporary {
  std::string path;
  ~Temporary() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

}  // namespace

ArtifactStore::~ArtifactStore() = default;

FileArtifactStore::FileArtifactStore(const std::string& root) : root_(root) {
  make_private_folder(root_);
  make_private_folder(root_ + "/tmp");
}

std::string FileArtifactStore::path_of(const Artifact& artifact) const {
  const bool is_hash = artifact.sha256.size() == 64 &&
                       artifact.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hash) {
    throw InvalidArgument(
        fmt::format("artifact \"{}\": its sha256 is not 64 hexadecimal digits", artifact.name));
  }
  return fmt::format("{}/{}/{}{}", root_, artifact.sha256.substr(0, 2), artifact.sha256,
                     ending(artifact.name));
}

void FileArtifactStore::keep(const std::string& temporary, const Artifact& artifact) {
  const std::string path = path_of(artifact);
  const std::string folder = path.substr(0, path.rfind('/'));
  if (fs::exists(path)) return;
  make_private_folder(folder);
  std::error_code error;
  fs::permissions(temporary, fs::perms::owner_read | fs::perms::owner_write,
                  fs::perm_options::replace, error);
  sync_file(temporary);
  fs::rename(temporary, path, error);
  if (error) throw IoError(fmt::format("cannot keep {}: {}", path, error.message()));
  sync_folder(folder);
  sync_folder(root_);
}

Artifact FileArtifactStore::put(const std::string& name, ByteView bytes) {
  const Artifact artifact{.name = name, .sha256 = sha256_hex(bytes), .size = bytes.size()};
  if (fs::exists(path_of(artifact))) return artifact;
  const Temporary temporary{root_ + "/tmp/" + make_uuid(system_random())};
  write_file(temporary.path, bytes);
  keep(temporary.path, artifact);
  return artifact;
}

Artifact FileArtifactStore::put_file(const std::string& name, const std::string& path) {
  const Temporary temporary{root_ + "/tmp/" + make_uuid(system_random())};
  copy(path, temporary.path);
  const Artifact artifact = measure(name, temporary.path);  // of what is kept, not of what was
  keep(temporary.path, artifact);
  return artifact;
}

std::string FileArtifactStore::find(const Artifact& artifact) const {
  std::string path = path_of(artifact);
  if (fs::exists(path)) return path;
  throw UnavailableError(
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
  copy(kept, pending.path());
  require_hash(artifact, measure(artifact.name, pending.path()).sha256, kept);
  pending.commit();
}

std::string FileArtifactStore::url(const Artifact& artifact) const {
  return file_url(path_of(artifact));
}

}  // namespace durasim::inline v0::pipeline
