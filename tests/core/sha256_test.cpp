// SHA-256 against the vectors of FIPS 180-4 and NIST's CAVP. Speed is not tested here.
#include "durasim/core/sha256.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>

using durasim::as_bytes;
using durasim::Sha256;
using durasim::sha256_hex;

TEST_CASE("the published vectors give their published digests") {
  CHECK(sha256_hex(as_bytes("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex(as_bytes("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(as_bytes("\xd3")) ==
        "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
  CHECK(sha256_hex(as_bytes(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a hash over pieces equals the hash over the whole, however it is cut") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += std::to_string(i);
  const std::string whole = sha256_hex(as_bytes(text));
  for (const std::size_t piece : {1U, 55U, 56U, 63U, 64U, 65U, 128U, 400U}) {
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      hash.update(as_bytes(std::string_view(text).substr(at, piece)));
    }
    CHECK(hash.finish() == whole);
  }
}

TEST_CASE("a moved hash goes on where it was") {
  Sha256 first;
  first.update(as_bytes("a"));
  Sha256 second = std::move(first);
  second.update(as_bytes("bc"));
  CHECK(second.finish() == sha256_hex(as_bytes("abc")));
}
