// Files to assemblies: which format it is, the child process for STEP, and how its ends become
// problems.
#include "durasim/sim/import.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/sim/part_parameters.hpp"

#include "core/utf8.hpp"
#include "sim/geometry_helper_client.hpp"
#include "sim/mesh_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace durasim::inline v0::sim {
namespace {

using geometry::ProblemCode;

// Messages may quote the file, which may hold any bytes.
geometry::Problem input_error(const std::string& name, ProblemCode code, std::string_view message) {
  return {geometry::Severity::Error, name, code, to_utf8(message)};
}

// Runs `f`. What is wrong with the input becomes a problem; faults of this machine pass through.
template <class F>
std::optional<geometry::Problem> problem_of(const std::string& name, F&& f) {
  try {
    f();
    return std::nullopt;
  } catch (const HelperFailure& failure) {
    return input_error(name, failure.code(), failure.what());
  } catch (const FormatError& error) {
    return input_error(name, ProblemCode::UnreadableFile, error.what());
  } catch (const LimitError& error) {
    return input_error(name, ProblemCode::LimitExceeded, error.what());
  }
}

Assembly failed(const std::string& name, geometry::Problem problem) {
  Assembly assembly(name);
  assembly.add_problem(std::move(problem));
  return assembly;
}

std::string stem(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  const std::size_t dot = file.rfind('.');
  return to_utf8(dot == std::string::npos || dot == 0 ? file : file.substr(0, dot));
}

std::string lower_extension(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || path.find('/', dot) != std::string::npos) return {};
  std::string extension = path.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

geometry::ImportedScene read_scene(ByteView bytes, FileFormat format, const std::string& name,
                                   const ImportOptions& options) {
  if (format == FileFormat::Json) return scene_of(parse_parameters(bytes), name, options.limits);
  if (format != FileFormat::Step) return read_mesh(bytes, format, name, options);
  if (options.in_process) return options.in_process(bytes);
  const HelperReply reply = run_geometry_helper("step", bytes, options);
  return geometry::decode_scene(reply.output, options.limits);
}

}  // namespace

std::optional<FileFormat> detect_format(ByteView bytes, const std::string& path) {
  const std::string_view head = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 4096)));
  const std::size_t start = std::min(head.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), head.size());
  const std::string_view text = head.substr(start);
  if (text.starts_with("ISO-10303-21")) return FileFormat::Step;
  if (text.starts_with('{')) return FileFormat::Json;
  const std::string extension = lower_extension(path);
  if (text.starts_with('<') && (extension == "xml" || extension == "mjcf" ||
                                text.find("<mujoco") != std::string_view::npos)) {
    return FileFormat::Mjcf;
  }
  if (extension == "step" || extension == "stp") return FileFormat::Step;
  if (extension == "stl") return FileFormat::Stl;
  if (extension == "obj") return FileFormat::Obj;
  if (extension == "msh") return FileFormat::Msh;
  if (extension == "xml" || extension == "mjcf") return FileFormat::Mjcf;
  if (extension == "json") return FileFormat::Json;
  if (text.starts_with("solid")) return FileFormat::Stl;
  return std::nullopt;
}

SceneInput import_scene(ByteView bytes, FileFormat format, const std::string& name,
                        const ImportOptions& options) {
  if (format == FileFormat::Mjcf) {
    throw InvalidArgument(
        fmt::format("{} is an MJCF model, not geometry; load it with load_mjcf_file", name));
  }
  if ((format == FileFormat::Step || format == FileFormat::Json) && options.unit) {
    throw InvalidArgument(
        fmt::format("{}: a {} file states its own unit; leave ImportOptions::unit (--unit) away",
                    name, format == FileFormat::Step ? "STEP" : "JSON"));
  }
  SceneInput input;
  const auto problem =
      problem_of(name, [&] { input.scene = read_scene(bytes, format, name, options); });
  if (problem) input.problems.push_back(*problem);
  return input;
}

Assembly import_bytes(ByteView bytes, FileFormat format, const std::string& name,
                      const ImportOptions& options) {
  const SceneInput input = import_scene(bytes, format, name, options);
  Assembly assembly(name);
  if (input.problems.empty()) assembly = Assembly::from_scene(input.scene, name, options.material);
  for (const geometry::Problem& problem : input.problems) assembly.add_problem(problem);
  assembly.set_input_sha256(sha256_hex(bytes));
  return assembly;
}

Assembly import_file(const std::string& path, const ImportOptions& options) {
  const std::string name = stem(path);
  Bytes bytes;
  if (const auto problem =
          problem_of(name, [&] { bytes = read_file(path, options.max_file_bytes); })) {
    return failed(name, *problem);
  }
  const std::optional<FileFormat> format = detect_format(bytes, path);
  if (!format) {
    return failed(
        name,
        input_error(name, ProblemCode::UnreadableFile,
                    "neither its bytes nor its name say STEP, STL, OBJ, MSH, JSON or MJCF; give it "
                    "the right ending"));
  }
  return import_bytes(bytes, *format, name, options);
}

MjcfInput import_mjcf_file(const std::string& path, const ImportOptions& options) {
  MjcfInput input{.name = stem(path)};
  const auto problem = problem_of(input.name, [&] {
    input.input_sha256 = sha256_hex(read_file(path, options.max_file_bytes));
    MjcfInput loaded = import_mjcf(load_mjcf_file(path), input.name, options);
    input.source = std::move(loaded.source);
    input.problems = std::move(loaded.problems);
  });
  if (problem) input.problems.push_back(*problem);
  return input;
}

MjcfInput import_mjcf(MjcfSource source, const std::string& name, const ImportOptions& options) {
  MjcfInput input{.name = name};
  const auto problem = problem_of(name, [&] {
    run_geometry_helper("mjcf", encode_mjcf_bundle(source), options);  // checks it, too
    input.source = std::move(source);
  });
  if (problem) input.problems.push_back(*problem);
  return input;
}

std::string geometry_helper_version(const ImportOptions& options) {
  const HelperReply reply = run_geometry_helper("version", {}, options);
  std::string text(as_text(reply.output));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace durasim::inline v0::sim
