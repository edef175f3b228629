// Codecs: what may happen to payloads between conversion and history, such as encryption. Encoded
// payloads are what stores, histories and exports hold; workflow and activity code sees decoded
// ones.
#pragma once

#include "durasim/core/error.hpp"
#include "durasim/core/ids.hpp"
#include "durasim/core/payload.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace durasim::inline v0 {

// A payload that cannot be decoded: a key is missing, or the bytes are not those that were encoded.
// It fails the task that met it, not the run, because a key can be supplied later. Never quotes the
// payload.
class DURASIM_EXPORT CodecError : public Error {
 public:
  using Error::Error;
  ~CodecError() override;
};

// Encodes and decodes payloads one for one, in order. Thread-safe. decode(encode(p, c), c) == p.
// Payloads that it has not encoded pass through decode unchanged, so that histories from before it
// was switched on stay readable.
class DURASIM_EXPORT PayloadCodec {
 public:
  virtual ~PayloadCodec();
  // `context` names what the payloads belong to, by convention "<namespace>/<workflow id>". Codecs
  // may bind the payload to it; decode gets the same text.
  [[nodiscard]] virtual PayloadList encode(const PayloadList& payloads,
                                           const std::string& context) const = 0;
  [[nodiscard]] virtual PayloadList decode(const PayloadList& payloads,
                                           const std::string& context) const = 0;
};

// Several codecs as one: encode applies them in order, decode in reverse. {compress, encrypt}
// compresses first.
class DURASIM_EXPORT CodecChain final : public PayloadCodec {
 public:
  explicit CodecChain(std::vector<std::shared_ptr<const PayloadCodec>> codecs);
  ~CodecChain() override;
  [[nodiscard]] PayloadList encode(const PayloadList& payloads,
                                   const std::string& context) const override;
  [[nodiscard]] PayloadList decode(const PayloadList& payloads,
                                   const std::string& context) const override;

 private:
  std::vector<std::shared_ptr<const PayloadCodec>> codecs_;
};

struct AesGcmOptions {
  using Key = std::array<std::byte, 32>;
  // By which new payloads are encrypted; one of `keys`.
  std::string active_key_id{};
  // Every key that payloads may have been encrypted with. To rotate: add a key, make it the active
  // one, and drop the old one when no history needs it. A key is good for 2^32 payloads.
  std::map<std::string, Key> keys{};
  // Authenticate the context with each payload, so that it cannot be moved to another one. Off,
  // payloads can be exchanged with Temporal's encryption samples, which do not do so.
  bool bind_to_context = true;
};

// AES-256-GCM. The payload as a whole, metadata included, is encrypted; what is left to see is
//   metadata  encoding = "binary/encrypted", encryption-key-id = the key's id
//   data      nonce (12 random bytes), ciphertext, tag (16 bytes)
// decode throws CodecError for an unknown key, for a byte that was changed and for another context.
class DURASIM_EXPORT AesGcmCodec final : public PayloadCodec {
 public:
  // `random` gives the nonces; it must be thread-safe, must never repeat itself (a nonce that is
  // used twice gives the plaintext away), and must outlive the codec. Throws InvalidArgument when
  // the active key is not there.
  explicit AesGcmCodec(AesGcmOptions options, RandomSource& random = system_random());
  ~AesGcmCodec() override;
  AesGcmCodec(const AesGcmCodec&) = delete;
  AesGcmCodec& operator=(const AesGcmCodec&) = delete;
  [[nodiscard]] PayloadList encode(const PayloadList& payloads,
                                   const std::string& context) const override;
  [[nodiscard]] PayloadList decode(const PayloadList& payloads,
                                   const std::string& context) const override;

 private:
  [[nodiscard]] Payload encrypt(const Payload& payload, const std::string& context) const;
  [[nodiscard]] Payload decrypt(const Payload& payload, const std::string& context) const;
  AesGcmOptions options_;
  RandomSource& random_;
};

}  // namespace durasim::inline v0
