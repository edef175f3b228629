// The two forms of CRC32C agree with each other and with the published values.
#include "durasim/core/crc32c.hpp"

#include "durasim/core/time.hpp"

#include "core/crc32c.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <string_view>

using namespace durasim;

namespace {

std::string random_text(std::mt19937_64& random, std::size_t longest) {
  std::string text(random() % (longest + 1), '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("CRC32C has its published values, by instruction and by table, whole and in pieces") {
  using namespace std::string_view_literals;
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  CHECK(crc32c("") == 0);
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_text(random, 100);
    const std::size_t cut = random() % (text.size() + 1);
    const std::string_view view = text;
    REQUIRE(crc32c(text) == crc32c_by_table(text));
    REQUIRE(crc32c(view.substr(cut), crc32c(view.substr(0, cut))) == crc32c(text));
    REQUIRE(crc32c_by_table(view.substr(cut), crc32c(view.substr(0, cut))) == crc32c(text));
  }
}

TEST_CASE("CRC32C is fast enough to check every read") {
  const std::string megabytes(std::size_t{16} << 20, 'x');
  const auto rate = [&](auto&& checksum) {
    const auto begin = system_clock().steady_now();
    const std::uint32_t crc = checksum(std::string_view(megabytes));
    const auto end = system_clock().steady_now();
    CHECK(crc != 0);
    return double(megabytes.size()) / std::chrono::duration<double>(end - begin).count() / 1e9;
  };
  MESSAGE("crc32c: " << rate([](std::string_view b) { return crc32c(b); }) << " GB/s, by table: "
                     << rate([](std::string_view b) { return crc32c_by_table(b); }) << " GB/s");
}
