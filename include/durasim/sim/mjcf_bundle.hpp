// MJCF from outside: reads a file and what it names, checks limits before MuJoCo sees anything, and
// packs it into one message for the child process that compiles it first. Never follows a name out
// of the file's folder.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/sim/model.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace durasim::inline v0::sim {

// Bounds on foreign MJCF; the error names the element, its line and the limit.
struct MjcfLimits {
  std::size_t max_file_bytes = std::size_t{256} << 20;  // one file
  std::size_t max_total_bytes = std::size_t{1} << 30;   // all files
  std::size_t max_files = 2000;
  std::size_t max_elements = 200'000;           // XML elements as written, includes counted
  std::size_t max_depth = 100;                  // nesting of elements, at most 100
  std::uint64_t max_expanded = 10'000;          // bodies and geoms after replicate
  std::uint64_t max_flex_points = 20'000;       // product of a flexcomp's count
  std::uint64_t max_hfield_cells = 16'000'000;  // nrow x ncol
  std::uint64_t max_texture_pixels = 100'000'000;
  std::uint64_t max_memory_bytes = std::uint64_t{2} << 30;  // <size memory>
  std::uint64_t max_size_value = 1'000'000;                 // nuserdata, nkey, ... of <size>
};

// Reads an MJCF file with its includes and assets. Every file, include, meshdir, texturedir and
// assetdir must stay inside the folder of `path`: absolute names, "..", provider prefixes
// ("x:..."), symbolic links out of it, plugins and non-finite numbers are refused. Throws
// FormatError or LimitError that name element, line and file, IoError when a file is not there.
// Thread-safe.
DURASIM_EXPORT MjcfSource load_mjcf_file(const std::string& path, const MjcfLimits& limits = {});

// The same checks on a source in memory, whose files must all be in `assets`; none of their names
// may lead out of a folder either, also where the text does not use it. Thread-safe.
DURASIM_EXPORT void check_mjcf_source(const MjcfSource& source, const MjcfLimits& limits = {});

// Writes the text and the assets beside it, into a folder that is made if it is not there. Returns
// the text's path in it: scene.xml, or scene-2.xml, ... where an asset has that name. Throws
// IoError, and FormatError for an asset whose name leads out of the folder. Thread-safe.
DURASIM_EXPORT std::string save_mjcf(const MjcfSource& source, const std::string& folder);

// One message with text and assets, and back. decode throws FormatError for bytes that are not such
// a message, and for names of assets that check_mjcf_source would refuse.
DURASIM_EXPORT Bytes encode_mjcf_bundle(const MjcfSource& source);
DURASIM_EXPORT MjcfSource decode_mjcf_bundle(ByteView bundle);

// What the geometry helper does with foreign MJCF in its child process: checks, compiles, makes
// data and runs one mj_forward. 0 when all of it worked, else 1 with the reason in `error`. Never
// throws.
DURASIM_EXPORT int check_mjcf_bundle(ByteView bundle, std::string& error);

}  // namespace durasim::inline v0::sim
