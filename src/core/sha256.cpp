// SHA-256 through OpenSSL's EVP interface.
#include "durasim/core/sha256.hpp"

#include "durasim/core/error.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace durasim::inline v0 {

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  if (context_->evp == nullptr || EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) != 1) {
    throw Error("libcrypto could not start a SHA-256 hash");
  }
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(ByteView bytes) {
  if (EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) != 1) {
    throw Error("libcrypto could not continue a SHA-256 hash");
  }
  return *this;
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context_->evp, digest.data(), &size) != 1 || size != digest.size()) {
    throw Error("libcrypto could not finish a SHA-256 hash");
  }
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256_hex(ByteView bytes) {
  return Sha256().update(bytes).finish();
}

}  // namespace durasim::inline v0
