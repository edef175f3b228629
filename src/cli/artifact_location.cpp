// A bucket or a folder.
#include "cli/artifact_location.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#ifdef DURASIM_HAVE_S3
#include "durasim/s3/artifact_store.hpp"
#endif

namespace durasim::cli {
namespace {

std::unique_ptr<pipeline::ArtifactStore> open_bucket(const std::string& url,
                                                     [[maybe_unused]] const std::stop_token& stop) {
#ifdef DURASIM_HAVE_S3
  s3::S3Options options = s3::options_from_environment();
  options.stop = stop;
  return std::make_unique<s3::S3ArtifactStore>(url, options);
#else
  throw UnavailableError("--artifacts " + url + ": this durasim was built without S3");
#endif
}

}  // namespace

void ArtifactLocation::add_to(CLI::App& verb) {
  verb.add_option("--artifacts", text,
                  "where large results are stored: s3://BUCKET/PREFIX, file:///PATH or a folder "
                  "(default: STORE.artifacts)")
      ->envname("DURASIM_ARTIFACTS");
}

std::unique_ptr<pipeline::ArtifactStore> ArtifactLocation::open(const std::string& store,
                                                                const std::stop_token& stop) const {
  if (text.starts_with("s3://")) return open_bucket(text, stop);
  std::string folder = text.empty() ? store + ".artifacts" : text;
  if (text.starts_with("file://")) folder = path_of_file_url(text);
  return std::make_unique<pipeline::FileArtifactStore>(folder);
}

}  // namespace durasim::cli
