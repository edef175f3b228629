// SHA-256 through OpenSSL's EVP interface.
#include "durasim/core/sha256.hpp"

#include "durasim/core/error.hpp"

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <string_view>

namespace durasim::inline v0 {

namespace {

// Looked up once: the search among libcrypto's providers costs more than a short hash.
const EVP_MD* algorithm() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return sha256;
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  if (context_->evp == nullptr || EVP_DigestInit_ex(context_->evp, algorithm(), nullptr) != 1) {
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

std::array<std::byte, 32> Sha256::finish_bytes() {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context_->evp, digest.data(), &size) != 1 || size != digest.size()) {
    throw Error("libcrypto could not finish a SHA-256 hash");
  }
  return std::bit_cast<std::array<std::byte, 32>>(digest);
}

std::string Sha256::finish() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(64);
  for (const std::byte byte : finish_bytes()) {
    hex += digits[std::to_integer<std::size_t>(byte >> 4)];
    hex += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return hex;
}

std::string sha256_hex(ByteView bytes) {
  return Sha256().update(bytes).finish();
}

}  // namespace durasim::inline v0
