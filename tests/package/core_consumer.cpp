// What a program outside the project can do with durasim::core.
#include <durasim/core/sha256.hpp>
#include <durasim/core/units.hpp>

#include <cstdio>

int main() {
  const std::string digest = durasim::sha256_hex(durasim::as_bytes("abc"));
  const bool ok =
      digest.starts_with("ba7816bf") && durasim::metres_per(durasim::LengthUnit::Inch) == 0.0254;
  std::printf("%s: %s\n", digest.c_str(), ok ? "ok" : "wrong");
  return ok ? 0 : 1;
}
