// Files to assemblies. STEP is read by OpenCASCADE in a child process, because it crashes on
// damaged files; meshes are read here, under limits. What is wrong with a file becomes problems of
// the assembly.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/units.hpp"
#include "durasim/geometry/message.hpp"
#include "durasim/sim/assembly.hpp"
#include "durasim/sim/mjcf_bundle.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace durasim::inline v0::sim {

// Json: primitives with materials and poses (sim/part_parameters.hpp).
enum class FileFormat { Step, Stl, Obj, Msh, Mjcf, Json };

// By the bytes where they tell (STEP, ASCII STL, XML, JSON), else by the name's ending. Nothing
// when neither does.
DURASIM_EXPORT std::optional<FileFormat> detect_format(ByteView bytes, const std::string& path);

// Reads STEP bytes into a scene in this process. durasim::cad provides one (cad::import_step);
// without it the helper process does the work.
using InProcessImporter = std::function<geometry::ImportedScene(ByteView)>;

struct ImportOptions {
  std::optional<LengthUnit>
      unit;  // of a mesh: required; of STEP and JSON: must be absent, they say it
  std::string material = "aluminium";  // of parts for which the file states none
  std::string helper_path;  // durasim-geometry; empty: beside the library, then $DURASIM_LIBEXEC
  std::chrono::milliseconds deadline{20'000};  // of the import process
  // Of the import process. Meshes are read in this one, with some 300 bytes a triangle.
  std::uint64_t memory_limit_bytes = std::uint64_t{4} << 30;
  std::size_t max_file_bytes = std::size_t{1} << 30;
  geometry::SceneLimits limits;
  InProcessImporter
      in_process;  // on request only: a crash of the importer is then a crash of the host
  std::stop_token stop;
};

// What a file holds, before an Assembly names its parts and gives them materials.
struct SceneInput {
  geometry::ImportedScene scene;            // empty when there are errors
  std::vector<geometry::Problem> problems;  // of the file as a whole
};

// The first half of import_bytes, which encode_scene can keep. Throws as import_file does.
// Thread-safe.
DURASIM_EXPORT SceneInput import_scene(ByteView bytes, FileFormat format, const std::string& name,
                                       const ImportOptions& options = {});

// Reads a STEP, STL, OBJ, MSH or JSON file. Bad geometry, a crash, a hang or a memory blow-up of
// the import process are problems of the assembly. Throws IoError when the file cannot be read,
// UnavailableError when the helper is missing (never a silent import in this process),
// InvalidArgument for an MJCF file (load_mjcf_file reads those) or an unknown material,
// CancelledError. Thread-safe.
DURASIM_EXPORT Assembly import_file(const std::string& path, const ImportOptions& options = {});

// The same from memory. `name` replaces placeholder names of the file.
DURASIM_EXPORT Assembly import_bytes(ByteView bytes, FileFormat format, const std::string& name,
                                     const ImportOptions& options = {});

// A model that is MJCF already. With errors among the problems its source is empty.
struct MjcfInput {
  MjcfSource source;
  std::string name;
  std::string input_sha256;  // of the main file; empty for a model from code
  std::vector<geometry::Problem> problems;
};

// Reads a foreign MJCF file with what lies beside it (load_mjcf_file) and compiles it in the helper
// process, with one forward step, so that a model that crashes or eats memory does it far from the
// host. Whatever is wrong with it becomes a problem. Throws as import_file does. Thread-safe.
DURASIM_EXPORT MjcfInput import_mjcf_file(const std::string& path,
                                          const ImportOptions& options = {});

// The same for a model in memory, whose files are all among its assets.
DURASIM_EXPORT MjcfInput import_mjcf(MjcfSource source, const std::string& name,
                                     const ImportOptions& options = {});

// "OpenCASCADE 7.6.3": what the geometry helper says that it is linked with. Throws as import_file
// does.
DURASIM_EXPORT std::string geometry_helper_version(const ImportOptions& options = {});

// Where the geometry helper is, by the rules of ImportOptions::helper_path. Throws UnavailableError
// that lists the places where it was looked for.
DURASIM_EXPORT std::string find_geometry_helper(const std::string& helper_path = "");

}  // namespace durasim::inline v0::sim
