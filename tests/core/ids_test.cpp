// UUIDs from an injected source of random bits, and the kernel's source.
#include "durasim/core/ids.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <cstdint>
#include <set>
#include <string>

namespace {

// Gives two words in turn, as a replayed source would.
class FixedRandom final : public durasim::RandomSource {
 public:
  FixedRandom(std::uint64_t first, std::uint64_t second) : words_{first, second} {}
  std::uint64_t next() override { return words_[calls_++ % 2]; }
  [[nodiscard]] std::size_t calls() const { return calls_; }

 private:
  std::uint64_t words_[2];
  std::size_t calls_ = 0;
};

}  // namespace

TEST_CASE("a UUID takes its bits from the injected source") {
  FixedRandom random(0x0123456789ABCDEF, 0xFEDCBA9876543210);
  CHECK(durasim::make_uuid(random) == "01234567-89ab-4def-bedc-ba9876543210");
  CHECK(random.calls() == 2);
  CHECK(durasim::make_uuid(random) == "01234567-89ab-4def-bedc-ba9876543210");
}

TEST_CASE("version and variant are those of RFC 9562 whatever the bits are") {
  for (const std::uint64_t word : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    FixedRandom random(word, word);
    const std::string uuid = durasim::make_uuid(random);
    REQUIRE(uuid.size() == 36);
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
  }
}

TEST_CASE("ids of the system's source are well-formed and differ") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = durasim::make_uuid(durasim::system_random());
    REQUIRE(uuid.size() == 36);
    for (std::size_t at = 0; at < uuid.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      CHECK((dash ? uuid[at] == '-' : std::isxdigit(static_cast<unsigned char>(uuid[at])) != 0));
    }
    seen.insert(uuid);
  }
  CHECK(seen.size() == 1000);
}
