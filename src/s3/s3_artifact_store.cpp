// Artifacts as objects under their hash. Whether one is there is asked first; only what is not, or
// is not what it should be, is sent.
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"

#include "core/descriptor.hpp"
#include "s3/client.hpp"
#include "s3/content.hpp"
#include "s3/multipart.hpp"
#include "s3/signature.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace durasim::inline v0::s3 {
namespace {

[[noreturn]] void throw_unreadable(const std::string& path) {
  throw IoError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
}

// A file, read at offsets into one buffer.
class InputFile {
 public:
  explicit InputFile(const std::string& path)
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info{};
    if (!file_.open() || ::fstat(file_.get(), &info) != 0) throw_unreadable(path_);
    if (!S_ISREG(info.st_mode)) throw IoError(fmt::format("cannot read {}: not a file", path_));
    size_ = static_cast<std::uint64_t>(info.st_size);
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  ByteView read(std::uint64_t offset, std::size_t size) {
    buffer_.resize(size);
    for (std::size_t done = 0; done < size;) {
      const ssize_t n = ::pread(file_.get(), buffer_.data() + done, size - done,
                                static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw_unreadable(path_);
      if (n == 0) throw IoError(fmt::format("cannot read {}: it became shorter", path_));
      done += static_cast<std::size_t>(n);
    }
    return buffer_;
  }

 private:
  std::string path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  Bytes buffer_;
};

// The first of them that is set.
std::string environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

}  // namespace

S3Options options_from_environment() {
  S3Credentials credentials{.access_key_id = environment({"AWS_ACCESS_KEY_ID"}),
                            .secret_access_key = environment({"AWS_SECRET_ACCESS_KEY"}),
                            .session_token = environment({"AWS_SESSION_TOKEN"})};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    throw InvalidArgument(
        "S3 needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or "
        "S3Options::credentials");
  }
  S3Options options{.credentials = [credentials] { return credentials; }};
  if (const std::string region = environment({"AWS_REGION", "AWS_DEFAULT_REGION"}); !region.empty())
    options.region = region;
  options.endpoint = environment({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  options.ca_file = environment({"AWS_CA_BUNDLE"});
  return options;
}

struct S3ArtifactStore::State {
  Client client;
  std::size_t part_bytes;

  [[nodiscard]] std::string key_of(const pipeline::Artifact& artifact) const {
    return client.address().prefix + pipeline::place_of(artifact);
  }

  // Whether the object is what it should be, as far as the server knows: it may have been made in
  // parts of another size, or by software that gave it no checksum.
  [[nodiscard]] bool is_there(const std::string& key, const Content& content) const {
    const Answer answer = client.call({.name = "HeadObject",
                                       .method = "HEAD",
                                       .key = key,
                                       .headers = {{"x-amz-checksum-mode", "ENABLED"}}});
    if (!answer.ok() || answer.http.header("content-length") != std::to_string(content.size()))
      return false;
    const std::string checksum = answer.http.header("x-amz-checksum-sha256");
    const std::size_t dash = checksum.find('-');  // in front of the number of parts
    if (checksum.empty() || checksum == base64(content.digest())) return true;
    if (dash != std::string::npos &&
        checksum.substr(dash + 1) != std::to_string(content.part_count()))
      return true;
    return checksum.substr(0, dash) == base64(content.composite_digest());
  }

  pipeline::Artifact keep(const std::string& name, const Content& content) const {
    const pipeline::Artifact artifact{
        .name = name, .sha256 = hex(content.digest()), .size = content.size()};
    const std::string key = key_of(artifact);
    const bool known = is_there(key, content);
    if (content.part_count() > 1) {
      const MultipartUpload upload(client, key, content);
      if (known) {
        upload.sweep();
      } else {
        upload.run([&] { return is_there(key, content); });
      }
    } else if (!known) {
      (void)client.call({.name = "PutObject",
                         .method = "PUT",
                         .key = key,
                         .headers = checksum_headers(content.digest()),
                         .body = content.part(0),
                         .body_sha256 = artifact.sha256});
    }
    return artifact;
  }

  // Gives the object's bytes to `use` as they come, and ends well only when they had the hash.
  void receive(const pipeline::Artifact& artifact, const std::function<void(ByteView)>& use) const {
    const std::string key = key_of(artifact);
    const auto damaged = [&](const char* how) {
      return FormatError(fmt::format("artifact \"{}\" is damaged: {} {}", artifact.name,
                                     client.name_of(key), how));
    };
    Sha256 hash;
    std::uint64_t size = 0;
    const Answer answer =
        client.call({.name = "GetObject", .method = "GET", .key = key, .sink = [&](ByteView piece) {
                       size += piece.size();
                       if (size > artifact.size) throw damaged("is larger than its reference says");
                       hash.update(piece);
                       use(piece);
                     }});
    if (answer.http.status == 404) {
      throw pipeline::ArtifactNotFound(
          fmt::format("artifact \"{}\" is not in the store: {} is missing", artifact.name,
                      client.name_of(key)));
    }
    if (hash.finish() != artifact.sha256) throw damaged("does not have the hash that is its name");
  }
};

S3ArtifactStore::S3ArtifactStore(const std::string& url, const S3Options& options)
    : state_(new State{.client = Client(url, options), .part_bytes = options.part_bytes}) {}

S3ArtifactStore::~S3ArtifactStore() = default;

pipeline::Artifact S3ArtifactStore::put(const std::string& name, ByteView bytes) {
  const auto read = [bytes](std::uint64_t offset, std::size_t size) {
    return bytes.subspan(offset, size);
  };
  return state_->keep(name, Content(read, bytes.size(), state_->part_bytes));
}

pipeline::Artifact S3ArtifactStore::put_file(const std::string& name, const std::string& path) {
  InputFile file(path);
  const auto read = [&file](std::uint64_t offset, std::size_t size) {
    return file.read(offset, size);
  };
  return state_->keep(name, Content(read, file.size(), state_->part_bytes));
}

Bytes S3ArtifactStore::get(const pipeline::Artifact& artifact, std::size_t max_bytes) const {
  if (artifact.size > max_bytes) {
    throw LimitError(fmt::format("artifact \"{}\" has {} bytes, more than the limit of {}",
                                 artifact.name, artifact.size, max_bytes));
  }
  Bytes bytes;
  state_->receive(artifact, [&bytes](ByteView piece) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  });
  return bytes;
}

void S3ArtifactStore::get_file(const pipeline::Artifact& artifact, const std::string& path) const {
  PendingFile pending(path);
  std::ofstream file(pending.path(), std::ios::binary);
  const auto check = [&] {
    if (!file) throw IoError(fmt::format("cannot write {}", path));
  };
  state_->receive(artifact, [&](ByteView piece) {
    file << as_text(piece);
    check();  // a full disk ends the download
  });
  file.close();
  check();
  sync_file(pending.path());
  pending.commit();
}

std::string S3ArtifactStore::url(const pipeline::Artifact& artifact) const {
  return state_->client.link(state_->key_of(artifact));
}

}  // namespace durasim::inline v0::s3
