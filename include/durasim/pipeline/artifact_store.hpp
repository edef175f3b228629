// Where large things lie: geometry, scenes, trajectories, pictures, videos. Payloads and histories
// hold references to them, never their bytes.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/describe.hpp"
#include "durasim/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace durasim::inline v0::pipeline {

// A reference: what the thing is called and what it holds.
struct Artifact {
  std::string name;        // e.g. "video.mp4"; its ending goes along into the store
  std::string sha256;      // of the bytes, lower-case hex
  std::uint64_t size = 0;  // bytes
  friend bool operator==(const Artifact&, const Artifact&) = default;
};
BOOST_DESCRIBE_STRUCT(Artifact, (), (name, sha256, size))

// A store does not have what a reference names. It does not come by itself: it was put into another
// store, or somebody has removed it. The message holds the place where it would be.
class DURASIM_EXPORT ArtifactNotFound : public UnavailableError {
 public:
  using UnavailableError::UnavailableError;
  ~ArtifactNotFound() override;
};

// Where a store has it, below its root: "ab/abcdef....mp4". Throws InvalidArgument when its sha256
// is none. Thread-safe.
DURASIM_EXPORT std::string place_of(const Artifact& artifact);

// Keeps contents under their hash, so that every attempt of an activity writes to the same place
// and leaves nothing behind that another attempt does not use. Thread-safe, also between processes.
// In a bucket: durasim/s3/artifact_store.hpp.
class DURASIM_EXPORT ArtifactStore {
 public:
  virtual ~ArtifactStore();
  // Durable when they return. What is there already is not written again; in a folder, what is
  // damaged is. Throw IoError.
  virtual Artifact put(const std::string& name, ByteView bytes) = 0;
  virtual Artifact put_file(const std::string& name, const std::string& path) = 0;
  // The content, whose hash has been checked. Throw ArtifactNotFound, FormatError when it is
  // damaged, LimitError beyond `max_bytes`, IoError. get_file writes to `path` whole or not at all.
  [[nodiscard]] virtual Bytes get(const Artifact& artifact, std::size_t max_bytes) const = 0;
  [[nodiscard]] Bytes get(const Artifact& artifact) const {
    return get(artifact, std::size_t{1} << 30);
  }
  virtual void get_file(const Artifact& artifact, const std::string& path) const = 0;
  // Where people find it.
  [[nodiscard]] virtual std::string url(const Artifact& artifact) const = 0;
};

// In a folder: ROOT/ab/abcdef....mp4. Only its owner may read it (0700, files 0600).
class DURASIM_EXPORT FileArtifactStore final : public ArtifactStore {
 public:
  // Makes the folder if it is not there; the one that holds it must be. Throws IoError.
  explicit FileArtifactStore(const std::string& root);

  Artifact put(const std::string& name, ByteView bytes) override;
  Artifact put_file(const std::string& name, const std::string& path) override;
  using ArtifactStore::get;
  [[nodiscard]] Bytes get(const Artifact& artifact, std::size_t max_bytes) const override;
  void get_file(const Artifact& artifact, const std::string& path) const override;
  [[nodiscard]] std::string url(const Artifact& artifact) const override;
  // The path of the content, which has been read and has its hash; nothing: it is not there, or it
  // is damaged.
  [[nodiscard]] std::optional<std::string> whole_file(const Artifact& artifact) const;

 private:
  [[nodiscard]] std::string path_of(const Artifact& artifact) const;
  // The same of one that is there.
  [[nodiscard]] std::string find(const Artifact& artifact) const;
  using Write = std::function<void(ByteView)>;
  Artifact keep(const std::string& name, const std::function<void(const Write&)>& content);

  std::string root_;
};

}  // namespace durasim::inline v0::pipeline
