// Versions as the loaded libraries themselves report them, where they can.
#include "durasim/core/versions.hpp"

#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <openssl/crypto.h>

namespace durasim::inline v0 {

std::vector<std::string> linked_versions() {
  return {
      fmt::format("glibc {}", gnu_get_libc_version()),
      fmt::format("fmt {}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100),
      fmt::format("OpenSSL {}.{}.{}", OPENSSL_version_major(), OPENSSL_version_minor(),
                  OPENSSL_version_patch())};
}

}  // namespace durasim::inline v0
