// The codec hook, and AES-256-GCM as its proof: nothing readable is left, every changed bit is
// found, keys rotate, a payload is bound to its context, and the form is that of Temporal's
// samples.
#include "durasim/core/codec.hpp"

#include "durasim/core/convert.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace {

using namespace durasim;

class CountingRandom final : public RandomSource {
 public:
  std::uint64_t next() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

AesGcmOptions::Key key_of(unsigned char fill) {
  AesGcmOptions::Key key{};
  key.fill(static_cast<std::byte>(fill));
  return key;
}

// Puts a letter in front of the data, so that the order of codecs shows.
class Prefix final : public PayloadCodec {
 public:
  explicit Prefix(char letter) : letter_(letter) {}
  [[nodiscard]] PayloadList encode(const PayloadList& payloads, const std::string&) const override {
    PayloadList result = payloads;
    for (Payload& payload : result) payload.data.insert(0, 1, letter_);
    return result;
  }
  [[nodiscard]] PayloadList decode(const PayloadList& payloads, const std::string&) const override {
    PayloadList result = payloads;
    for (Payload& payload : result) {
      REQUIRE(payload.data.front() == letter_);
      payload.data.erase(0, 1);
    }
    return result;
  }

 private:
  char letter_;
};

const std::string kSecret = "a rather secret sentence";
const std::string kRun = "default/order-1";

TEST_CASE("encrypted payloads come back and show nothing") {
  const AesGcmCodec codec({.active_key_id = "k1", .keys = {{"k1", key_of(1)}}});
  const PayloadList plain = to_payloads(kSecret, std::vector<std::byte>(1000), nullptr);
  const PayloadList encoded = codec.encode(plain, kRun);
  REQUIRE(encoded.size() == 3);
  for (const Payload& payload : encoded) {
    CHECK(payload.metadata == std::map<std::string, std::string>{{"encoding", "binary/encrypted"},
                                                                 {"encryption-key-id", "k1"}});
    CHECK(payload.data.find(kSecret) == std::string::npos);
    CHECK(payload.data.find("json/plain") == std::string::npos);
  }
  CHECK(codec.decode(encoded, kRun) == plain);
  CHECK(codec.decode(plain, kRun) == plain);  // from before encryption was switched on
  CHECK(codec.encode({}, kRun).empty());
}

TEST_CASE("the nonce is new for every payload and comes from the random source") {
  CountingRandom random;
  const AesGcmCodec codec({.active_key_id = "k", .keys = {{"k", key_of(1)}}}, random);
  std::set<std::string> nonces;
  for (const Payload& payload : codec.encode(PayloadList(50, to_payload(1)), kRun)) {
    nonces.insert(payload.data.substr(0, 12));
  }
  CHECK(nonces.size() == 50);
  CountingRandom again;
  const AesGcmCodec same({.active_key_id = "k", .keys = {{"k", key_of(1)}}}, again);
  CHECK(nonces.contains(same.encode(to_payloads(1), kRun)[0].data.substr(0, 12)));
}

TEST_CASE("every changed bit is found and nothing of the text is shown") {
  const AesGcmCodec codec({.active_key_id = "k", .keys = {{"k", key_of(1)}}});
  const Payload encoded = codec.encode(to_payloads(kSecret), kRun)[0];
  for (std::size_t bit = 0; bit < encoded.data.size() * 8; ++bit) {
    Payload changed = encoded;
    changed.data[bit / 8] = static_cast<char>(changed.data[bit / 8] ^ (1 << bit % 8));
    try {
      (void)codec.decode({changed}, kRun);
      FAIL("bit " << bit << " may be changed");
    } catch (const CodecError& error) {
      CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{27}, encoded.data.size() - 1}) {
    Payload cut = encoded;
    cut.data.resize(size);
    CHECK_THROWS_AS((void)codec.decode({cut}, kRun), CodecError);
  }
}

TEST_CASE("a payload belongs to its context") {
  const AesGcmCodec bound({.active_key_id = "k", .keys = {{"k", key_of(1)}}});
  const PayloadList encoded = bound.encode(to_payloads(kSecret), kRun);
  CHECK_THROWS_AS((void)bound.decode(encoded, "default/order-2"), CodecError);
  const AesGcmCodec free(
      {.active_key_id = "k", .keys = {{"k", key_of(1)}}, .bind_to_context = false});
  CHECK(free.decode(free.encode(to_payloads(1), kRun), "default/order-2") == to_payloads(1));
}

TEST_CASE("keys rotate: new payloads use the active key, old ones their own") {
  const AesGcmCodec before({.active_key_id = "2025", .keys = {{"2025", key_of(1)}}});
  const AesGcmCodec after(
      {.active_key_id = "2026", .keys = {{"2025", key_of(1)}, {"2026", key_of(2)}}});
  const PayloadList old = before.encode(to_payloads(kSecret), kRun);
  CHECK(after.decode(old, kRun) == to_payloads(kSecret));
  const PayloadList fresh = after.encode(to_payloads(kSecret), kRun);
  CHECK(fresh[0].metadata.at("encryption-key-id") == "2026");
  CHECK_THROWS_WITH_AS(
      (void)before.decode(fresh, kRun),
      "the payload is encrypted with the key \"2026\", which is not among the codec's keys",
      CodecError);
  Payload renamed = fresh[0];
  renamed.metadata["encryption-key-id"] = "2025";
  CHECK_THROWS_AS((void)after.decode({renamed}, kRun), CodecError);
  CHECK_THROWS_AS(AesGcmCodec({.active_key_id = "2027", .keys = {}}), InvalidArgument);
}

TEST_CASE("a payload that another program has encrypted is read") {
  // By Python's `cryptography`: AESGCM(bytes(range(32))).encrypt(bytes(range(12)), wire, None),
  // where wire is the payload {encoding: json/plain, data: "hi"} in protobuf's format.
  const std::string hex =
      "4d14dc13a08ba174e928f9eca3e3121eecb8a8449c1a36122a63c7ed744ba139b190aa32b58b5dfa0587718c042"
      "d";
  AesGcmOptions::Key key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
  Payload payload{.metadata = {{"encoding", "binary/encrypted"}, {"encryption-key-id", "test"}},
                  .data = {}};
  for (char i = 0; i < 12; ++i) payload.data += i;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    payload.data += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  const AesGcmCodec codec(
      {.active_key_id = "test", .keys = {{"test", key}}, .bind_to_context = false});
  CHECK(codec.decode({payload}, kRun) == to_payloads("hi"));
}

TEST_CASE("a chain encodes in its order and decodes in reverse") {
  const CodecChain chain({std::make_shared<Prefix>('a'), std::make_shared<Prefix>('b')});
  const PayloadList encoded = chain.encode({Payload{.metadata = {}, .data = "x"}}, "");
  CHECK(encoded[0].data == "bax");
  CHECK(chain.decode(encoded, "")[0].data == "x");
}

}  // namespace
