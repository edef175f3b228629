// The whole mjData as one image: every scalar and the buffers, with pointers kept as offsets.
#include "sim/checkpoint_image.hpp"

#include "durasim/core/error.hpp"

#include <mujoco/mjxmacro.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace durasim::inline v0::sim {
namespace {

// The image is: head of mjData up to the solver statistics, tail after them, main buffer, arena up
// to parena.
constexpr std::size_t kHead = offsetof(mjData, solver);
constexpr std::size_t kTailAt = offsetof(mjData, solver_niter);
constexpr std::size_t kTail = sizeof(mjData) - kTailAt;

std::uintptr_t address_of(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

// Arena pointers are stored as offset + 1 from the arena's begin, 0 for none.
void store_offset(std::byte* image, std::size_t member_at, const void* pointer,
                  const mjData* data) {
  const std::uintptr_t offset = address_of(pointer) - address_of(data->arena);
  const std::uint64_t stored = pointer != nullptr && offset <= data->parena ? offset + 1 : 0;
  std::memcpy(image + kHead + (member_at - kTailAt), &stored, sizeof stored);
}

std::uint64_t stored_offset(const std::byte* image, std::size_t member_at) {
  std::uint64_t stored = 0;
  std::memcpy(&stored, image + kHead + (member_at - kTailAt), sizeof stored);
  return stored;
}

void copy_scalars(const std::byte* image, mjData* data) {
  auto* raw = reinterpret_cast<std::byte*>(data);
  std::memcpy(raw, image, kHead);
  std::memcpy(raw + kTailAt, image + kHead, kTail);
}

// The scalars of an image, in an mjData that is never given to MuJoCo.
std::unique_ptr<mjData> scalars_of(ByteView image) {
  auto scalars = std::make_unique<mjData>();
  copy_scalars(image.data(), scalars.get());
  return scalars;
}

void require(bool condition, const char* what) {
  if (!condition)
    throw FormatError(std::string("the checkpoint's image of mjData is damaged: ") + what);
}

}  // namespace

void append_image(const mjModel* model, const mjData* data, Bytes& bytes) {
  static_cast<void>(model);
  const std::size_t begin = bytes.size();
  bytes.resize(begin + kHead + kTail + static_cast<std::size_t>(data->nbuffer) + data->parena);
  std::byte* image = bytes.data() + begin;
  const auto* raw = reinterpret_cast<const std::byte*>(data);
  std::memcpy(image, raw, kHead);
  std::memcpy(image + kHead, raw + kTailAt, kTail);
  const auto clear = [image](std::size_t at, std::size_t size) {
    std::memset(image + (at < kTailAt ? at : kHead + (at - kTailAt)), 0, size);
  };
  clear(offsetof(mjData, threadpool), sizeof data->threadpool);
  clear(offsetof(mjData, timer), sizeof data->timer);
  clear(offsetof(mjData, buffer), sizeof data->buffer);
  clear(offsetof(mjData, arena), sizeof data->arena);
#define X(type, name, nr, nc) clear(offsetof(mjData, name), sizeof data->name);
  MJDATA_POINTERS
#undef X
#define X(type, name, nr, nc) store_offset(image, offsetof(mjData, name), data->name, data);
  MJDATA_ARENA_POINTERS
#undef X
  std::memcpy(image + kHead + kTail, data->buffer, static_cast<std::size_t>(data->nbuffer));
  std::memcpy(image + kHead + kTail + data->nbuffer, data->arena, data->parena);
}

void check_image(const mjModel* model, const mjData* data, ByteView image) {
  require(image.size() >= kHead + kTail, "it ends too early");
  const auto scalars = scalars_of(image);
  require(scalars->nbuffer == data->nbuffer && scalars->narena == data->narena &&
              scalars->nplugin == data->nplugin,
          "its buffers have other sizes");
  require(scalars->parena <= static_cast<std::size_t>(data->narena) && scalars->pstack == 0 &&
              scalars->pbase == 0,
          "its arena is impossible");
  require(image.size() == kHead + kTail + static_cast<std::size_t>(data->nbuffer) + scalars->parena,
          "its length is wrong");
#undef MJ_D
#define MJ_D(n) (scalars->n)
#undef MJ_M
#define MJ_M(n) (model->n)
#define X(type, name, nr, nc)                                                           \
  if (const std::uint64_t stored = stored_offset(image.data(), offsetof(mjData, name)); \
      stored != 0) {                                                                    \
    require(stored - 1 <= scalars->parena && (nr) >= 0 &&                               \
                static_cast<std::uint64_t>(nr) <=                                       \
                    (scalars->parena - (stored - 1)) / ((nc) * sizeof(type)),           \
            "array " #name " does not fit into its arena");                             \
  }
  MJDATA_ARENA_POINTERS
#undef X
}

void restore_image(const mjModel* model, mjData* data, ByteView image) {
  static_cast<void>(model);
  const auto own = std::make_unique<mjData>(*data);
  copy_scalars(image.data(), data);
  data->threadpool = own->threadpool;
  data->buffer = own->buffer;
  data->arena = own->arena;
#define X(type, name, nr, nc) data->name = own->name;
  MJDATA_POINTERS
#undef X
#define X(type, name, nr, nc)                                                         \
  {                                                                                   \
    const std::uint64_t stored = stored_offset(image.data(), offsetof(mjData, name)); \
    std::byte* place =                                                                \
        stored == 0 ? nullptr : static_cast<std::byte*>(data->arena) + (stored - 1);  \
    data->name = reinterpret_cast<decltype(data->name)>(place);                       \
  }
  MJDATA_ARENA_POINTERS
#undef X
  const std::byte* buffers = image.data() + kHead + kTail;
  std::memcpy(data->buffer, buffers, static_cast<std::size_t>(data->nbuffer));
  std::memcpy(data->arena, buffers + data->nbuffer, data->parena);
}

}  // namespace durasim::inline v0::sim
