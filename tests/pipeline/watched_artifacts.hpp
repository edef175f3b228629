// A store of artifacts, and what to do before something is put into it or read from it.
#pragma once

#include "durasim/pipeline/artifact_store.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace durasim_test {

class WatchedArtifacts final : public durasim::pipeline::ArtifactStore {
 public:
  using Artifact = durasim::pipeline::Artifact;
  using Meddle = std::function<void(const std::string& name)>;

  explicit WatchedArtifacts(ArtifactStore& kept) : kept_(kept) {}
  Meddle before_put = [](const std::string&) {};
  Meddle before_get = [](const std::string&) {};

  Artifact put(const std::string& name, durasim::ByteView bytes) override {
    before_put(name);
    return kept_.put(name, bytes);
  }
  Artifact put_file(const std::string& name, const std::string& path) override {
    before_put(name);
    return kept_.put_file(name, path);
  }
  using ArtifactStore::get;
  [[nodiscard]] durasim::Bytes get(const Artifact& artifact, std::size_t max_bytes) const override {
    before_get(artifact.name);
    return kept_.get(artifact, max_bytes);
  }
  void get_file(const Artifact& artifact, const std::string& path) const override {
    before_get(artifact.name);
    kept_.get_file(artifact, path);
  }
  [[nodiscard]] std::string url(const Artifact& artifact) const override {
    return kept_.url(artifact);
  }

 private:
  ArtifactStore& kept_;
};

}  // namespace durasim_test
