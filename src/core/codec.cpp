// CodecChain and AesGcmCodec. The plaintext is the payload in protobuf's wire format, as in
// Temporal's encryption samples. libcrypto's contexts live for one payload: they are not
// thread-safe.
#include "durasim/core/codec.hpp"

#include "durasim/core/encoding.hpp"

#include "core/json_text.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <ranges>
#include <utility>

namespace durasim::inline v0 {
namespace {

constexpr std::string_view kEncoding = "encoding";
constexpr std::string_view kEncrypted = "binary/encrypted";
constexpr std::string_view kKeyId = "encryption-key-id";
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kMaxShownKeyId = 64;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
const unsigned char* bytes_of(const AesGcmOptions::Key& key) {
  return reinterpret_cast<const unsigned char*>(key.data());
}

// libcrypto counts in int.
int int_size(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw LimitError(
        fmt::format("a payload of {} bytes is too large to be encrypted", text.size()));
  }
  return static_cast<int>(text.size());
}

void require(int success, const char* what) {
  if (success != 1) throw CodecError(fmt::format("libcrypto: {} failed", what));
}

Context make_context() {
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (!context) throw std::bad_alloc();
  return context;
}

std::string make_nonce(RandomSource& random) {
  const std::uint64_t words[] = {random.next(), random.next()};
  std::string nonce(kNonceSize, '\0');
  std::memcpy(nonce.data(), words, kNonceSize);
  return nonce;
}

std::string metadata_of(const Payload& payload, std::string_view name) {
  const auto found = payload.metadata.find(std::string(name));
  return found == payload.metadata.end() ? std::string() : found->second;
}

}  // namespace

CodecError::~CodecError() = default;
PayloadCodec::~PayloadCodec() = default;

// ---- chain --------------------------------------------------------------------------------------

CodecChain::CodecChain(std::vector<std::shared_ptr<const PayloadCodec>> codecs)
    : codecs_(std::move(codecs)) {}
CodecChain::~CodecChain() = default;

PayloadList CodecChain::encode(const PayloadList& payloads, const std::string& context) const {
  PayloadList result = payloads;
  for (const auto& codec : codecs_) result = codec->encode(result, context);
  return result;
}

PayloadList CodecChain::decode(const PayloadList& payloads, const std::string& context) const {
  PayloadList result = payloads;
  for (const auto& codec : std::views::reverse(codecs_)) result = codec->decode(result, context);
  return result;
}

// ---- AES-256-GCM --------------------------------------------------------------------------------

AesGcmCodec::AesGcmCodec(AesGcmOptions options, RandomSource& random)
    : options_(std::move(options)), random_(random) {
  if (!options_.keys.contains(options_.active_key_id)) {
    throw InvalidArgument(fmt::format("AesGcmOptions::active_key_id \"{}\" is none of its keys",
                                      options_.active_key_id));
  }
}

AesGcmCodec::~AesGcmCodec() {
  for (auto& [id, key] : options_.keys) OPENSSL_cleanse(key.data(), key.size());
}

PayloadList AesGcmCodec::encode(const PayloadList& payloads, const std::string& context) const {
  PayloadList result;
  result.reserve(payloads.size());
  for (const Payload& payload : payloads) result.push_back(encrypt(payload, context));
  return result;
}

PayloadList AesGcmCodec::decode(const PayloadList& payloads, const std::string& context) const {
  PayloadList result;
  result.reserve(payloads.size());
  for (const Payload& payload : payloads) {
    const bool encrypted = metadata_of(payload, kEncoding) == kEncrypted;
    result.push_back(encrypted ? decrypt(payload, context) : payload);
  }
  return result;
}

Payload AesGcmCodec::encrypt(const Payload& payload, const std::string& bound_to) const {
  const std::string plain = v0::encode(payload);
  const std::string_view associated = options_.bind_to_context ? bound_to : std::string_view{};
  const std::string nonce = make_nonce(random_);
  std::string data = nonce;
  data.resize(kNonceSize + plain.size() + kTagSize);
  unsigned char* out = bytes_of(data) + kNonceSize;

  const Context context = make_context();
  int written = 0;
  require(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(),
                              bytes_of(options_.keys.at(options_.active_key_id)), bytes_of(nonce),
                              nullptr),
          "EVP_EncryptInit_ex2");
  require(EVP_EncryptUpdate(context.get(), nullptr, &written, bytes_of(associated),
                            int_size(associated)),
          "EVP_EncryptUpdate");
  require(EVP_EncryptUpdate(context.get(), out, &written, bytes_of(plain), int_size(plain)),
          "EVP_EncryptUpdate");
  require(EVP_EncryptFinal_ex(context.get(), out + plain.size(), &written), "EVP_EncryptFinal_ex");
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTagSize),
                              out + plain.size()),
          "EVP_CTRL_AEAD_GET_TAG");
  return {.metadata = {{std::string(kEncoding), std::string(kEncrypted)},
                       {std::string(kKeyId), options_.active_key_id}},
          .data = std::move(data)};
}

Payload AesGcmCodec::decrypt(const Payload& payload, const std::string& bound_to) const {
  const std::string key_id = metadata_of(payload, kKeyId);
  const auto key = options_.keys.find(key_id);
  if (key == options_.keys.end()) {
    throw CodecError(
        fmt::format("the payload is encrypted with the key \"{}\", which is not among "
                    "the codec's keys",
                    detail::printable(key_id, kMaxShownKeyId)));
  }
  if (payload.data.size() < kNonceSize + kTagSize) {
    throw CodecError("the encrypted payload is too short to be one");
  }
  const std::string_view data = payload.data;
  const std::string_view cipher = data.substr(kNonceSize, data.size() - kNonceSize - kTagSize);
  std::string tag(data.substr(data.size() - kTagSize));
  const std::string_view associated = options_.bind_to_context ? bound_to : std::string_view{};
  std::string plain(cipher.size(), '\0');

  const Context context = make_context();
  int written = 0;
  require(EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), bytes_of(key->second),
                              bytes_of(data), nullptr),
          "EVP_DecryptInit_ex2");
  require(EVP_DecryptUpdate(context.get(), nullptr, &written, bytes_of(associated),
                            int_size(associated)),
          "EVP_DecryptUpdate");
  require(EVP_DecryptUpdate(context.get(), bytes_of(plain), &written, bytes_of(cipher),
                            int_size(cipher)),
          "EVP_DecryptUpdate");
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTagSize),
                              tag.data()),
          "EVP_CTRL_AEAD_SET_TAG");
  unsigned char nothing[kTagSize];
  if (EVP_DecryptFinal_ex(context.get(), nothing, &written) != 1) {
    OPENSSL_cleanse(plain.data(), plain.size());
    throw CodecError(
        "the encrypted payload was changed, belongs to another context, or its key id now stands "
        "for another key");
  }
  return decode_payload(plain);
}

}  // namespace durasim::inline v0
