// Large contents in parts. An upload that a death or somebody else has begun for the same key is
// gone on with: the content is the same, since the key is its hash. So those who put the same at
// the same time help each other instead of ending each other's uploads.
#pragma once

#include "s3/client.hpp"
#include "s3/content.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace durasim::inline v0::s3 {

class MultipartUpload {
 public:
  // Borrows all of them.
  MultipartUpload(const Client& client, std::string key, const Content& content)
      : client_(client), key_(std::move(key)), content_(content) {}

  // Returns when the object is there. What fails is aborted. `is_there` asks for the object: an
  // upload that is gone was completed by somebody, or aborted.
  void run(const std::function<bool()>& is_there) const;

  // Aborts whatever uploads of the key there are: the object is there.
  void sweep() const;

 private:
  struct Part {
    std::string etag, sha256;
    std::uint64_t size = 0;
  };
  using Parts = std::map<std::size_t, Part>;  // by number, from 1

  [[nodiscard]] std::vector<std::string> uploads() const;
  [[nodiscard]] std::string begin_or_join(Parts& parts) const;
  [[nodiscard]] std::optional<Parts> parts_of(const std::string& upload) const;
  [[nodiscard]] bool fits(const Parts& parts) const;
  [[nodiscard]] bool send_and_complete(const std::string& upload, Parts parts) const;
  [[nodiscard]] std::optional<Part> send(const std::string& upload, std::size_t number) const;
  [[nodiscard]] bool complete(const std::string& upload, const Parts& parts) const;
  void abort(const std::string& upload) const;

  const Client& client_;
  std::string key_;
  const Content& content_;
};

}  // namespace durasim::inline v0::s3
