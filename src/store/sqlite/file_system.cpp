// Magic numbers of file systems, from statfs(2) and linux/magic.h.
#include "store/sqlite/file_system.hpp"

#include <algorithm>
#include <array>

namespace durasim::inline v0::store::sqlite {

namespace {

struct KnownFileSystem {
  std::uint32_t magic;
  std::string_view name;
};
constexpr std::array<KnownFileSystem, 14> kUnsuitable{{
    {0x6969, "NFS"},
    {0x517b, "SMB"},
    {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB2"},
    {0x564c, "NCP"},
    {0x5346414f, "AFS"},
    {0x6b414653, "AFS"},
    {0x73757245, "Coda"},
    {0x01021997, "9P"},
    {0x00c36400, "Ceph"},
    {0x0bd00bd0, "Lustre"},
    {0x19830326, "BeeGFS"},
    {0x47504653, "GPFS"},
    {0x65735546, "FUSE, a file system in user space"},
}};

}  // namespace

std::string_view unsuitable_file_system(std::int64_t magic) {
  const auto number = static_cast<std::uint32_t>(magic);  // some systems extend the sign
  const auto* known = std::ranges::find(kUnsuitable, number, &KnownFileSystem::magic);
  return known == kUnsuitable.end() ? std::string_view() : known->name;
}

}  // namespace durasim::inline v0::store::sqlite
