// What the last bit of a simulation depends on in this process: libraries, CPU features,
// floating-point mode.
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/sim/checkpoint.hpp"

#include "sim/floating_point_mode.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <mujoco/mujoco.h>

#include <array>
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstring>

namespace durasim::inline v0::sim {
namespace {

std::string hex(ByteView bytes) {
  std::string text;
  for (const std::byte b : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return text;
}

// The GNU build id in one note segment; empty when there is none.
std::string build_id_of(ByteView notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes.data(), sizeof header);
    const auto padded = [](std::size_t n) { return (n + 3) / 4 * 4; };
    const std::size_t name_at = sizeof header;
    const std::size_t text_at = name_at + padded(header.n_namesz);
    if (text_at + header.n_descsz > notes.size()) break;
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
        std::memcmp(notes.data() + name_at, "GNU", 4) == 0) {
      return hex(notes.subspan(text_at, header.n_descsz));
    }
    const std::size_t next = text_at + padded(header.n_descsz);
    if (next >= notes.size()) break;
    notes = notes.subspan(next);
  }
  return {};
}

struct LoadedObject {
  std::uintptr_t address;  // in: any address inside the object
  std::string path;
  std::string build_id;
};

int match_object(dl_phdr_info* info, std::size_t, void* argument) {
  LoadedObject& object = *static_cast<LoadedObject*>(argument);
  bool inside = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    inside = inside || (segment.p_type == PT_LOAD && object.address >= begin &&
                        object.address - begin < segment.p_memsz);
  }
  if (!inside) return 0;
  object.path = info->dlpi_name;
  for (int i = 0; i < info->dlpi_phnum && object.build_id.empty(); ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    // The loader gives addresses as integers; the segment is mapped for as long as the object.
    const auto* notes = std::bit_cast<const std::byte*>(info->dlpi_addr + segment.p_vaddr);
    object.build_id = build_id_of({notes, segment.p_memsz});
  }
  return 1;
}

// The build id of the object that holds `symbol` as the process resolves it, else the hash of its
// file.
std::string build_of(const char* symbol) {
  LoadedObject object{std::bit_cast<std::uintptr_t>(dlsym(RTLD_DEFAULT, symbol)), {}, {}};
  if (dl_iterate_phdr(match_object, &object) == 0) return "unknown";
  if (!object.build_id.empty()) return object.build_id;
  return "sha256:" + sha256_hex(read_file(object.path.empty() ? "/proc/self/exe" : object.path));
}

std::string cpu_features() {
#if defined(__x86_64__)
  std::string text = "x86_64";
  if (__builtin_cpu_supports("sse4.1")) text += " sse4.1";
  if (__builtin_cpu_supports("avx")) text += " avx";
  if (__builtin_cpu_supports("avx2")) text += " avx2";
  if (__builtin_cpu_supports("fma")) text += " fma";
  if (__builtin_cpu_supports("fma4")) text += " fma4";
  return text;
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "unknown";
#endif
}

// Each probe sums up the bits of a function at many arguments: code paths of libm differ in the
// last bit of about one result in a thousand. Through volatile pointers, so that the compiler
// neither folds nor replaces a call.
std::uint64_t probe(int index) {
  using Function = double (*)(double);
  const std::array<Function volatile, 10> functions{std::sin,  std::cos,  std::tan,  std::exp,
                                                    std::log,  std::asin, std::acos, std::atan,
                                                    std::sinh, std::cbrt};
  double (*volatile power)(double, double) = std::pow;
  double (*volatile angle)(double, double) = std::atan2;
  constexpr int kArguments = 1000;
  constexpr int kFunctions = 12;
  const auto function = static_cast<std::size_t>(index % kFunctions);
  std::uint64_t sum = 0;
  for (int i = 0; i < kArguments; ++i) {
    // Inside (0, 1), the domain of all of them; other arguments for each probe.
    const double x = (i + (index + 0.5) / 65) / kArguments;
    const double y = function == 10   ? power(x, 2.718 - x)
                     : function == 11 ? angle(x, 0.618 - x)
                                      : functions[function](x);
    sum = std::rotl(sum, 1) ^ std::bit_cast<std::uint64_t>(y);
  }
  return sum;
}

std::string libm_probe() {
  constexpr int kProbes = 64;
  std::fenv_t
      callers{};  // the probe must not depend on the rounding mode of the thread that asks first
  std::fegetenv(&callers);
  std::fesetenv(FE_DFL_ENV);
  ByteWriter values;
  for (int i = 0; i < kProbes; ++i) values.u64(probe(i));
  std::fesetenv(&callers);
  return sha256_hex(values.bytes());
}

Identity identity_of_process() {
  return {mj_versionString(), build_of("mj_step"), fmt::format("glibc {}", gnu_get_libc_version()),
          build_of("sin"),    cpu_features(),      "",
          libm_probe()};
}

}  // namespace

Identity current_identity() {
  static const Identity process = identity_of_process();
  Identity identity = process;
  identity.floating_point = fmt::format("{:08x}", floating_point_mode());
  return identity;
}

std::string fingerprint(const Identity& identity) {
  ByteWriter text;
  for (const std::string* member :
       {&identity.mujoco, &identity.mujoco_build, &identity.libc, &identity.libm_build,
        &identity.cpu_features, &identity.floating_point, &identity.libm_probe}) {
    text.text(*member);
  }
  return sha256_hex(text.bytes());
}

}  // namespace durasim::inline v0::sim
