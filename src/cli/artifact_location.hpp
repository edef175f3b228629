// Where durable simulations keep their artifacts, as `--artifacts` says it.
#pragma once

#ifdef DURASIM_HAVE_SQLITE
#include "durasim/pipeline/artifact_store.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <stop_token>
#include <string>

namespace durasim::cli {

struct ArtifactLocation {
  std::string text;  // s3://BUCKET/PREFIX, file:///PATH, PATH; empty: beside the store

  void add_to(CLI::App& verb);
  // `store`: of --store. Throws InvalidArgument, IoError, UnavailableError where S3 is left out.
  [[nodiscard]] std::unique_ptr<pipeline::ArtifactStore> open(const std::string& store,
                                                              const std::stop_token& stop) const;
};

}  // namespace durasim::cli
#endif
