// Where the geometry of a durable simulation comes from: one of four forms, all of them values that
// a history can hold.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"
#include "durasim/core/describe.hpp"
#include "durasim/core/time.hpp"
#include "durasim/pipeline/artifact_store.hpp"
#include "durasim/pipeline/describe_simulation.hpp"
#include "durasim/sim/import.hpp"
#include "durasim/sim/part_parameters.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

namespace durasim::inline v0::pipeline {

// A file that the artifact store holds.
struct GeometryFile {
  Artifact file;  // of an MJCF model: what sim::encode_mjcf_bundle makes of it and its assets
  sim::FileFormat format = sim::FileFormat::Step;
  std::string unit;                    // of a mesh: "mm", ...; of all others empty
  std::string material = "aluminium";  // of parts for which the file states none
};
BOOST_DESCRIBE_STRUCT(GeometryFile, (), (file, format, unit, material))

// A file that is read when the simulation is run. The simulation is known by its request: where the
// content behind the address may change, `sha256` says which one is meant.
struct GeometryUri {
  std::string uri;     // "file:///home/me/arm.step", or what SimulationServices::fetch reads
  std::string sha256;  // of the bytes, lower-case hex; empty: whatever is there
  std::optional<sim::FileFormat> format;  // empty: by the bytes and the name
  std::string unit;                       // as GeometryFile
  std::string material = "aluminium";
};
BOOST_DESCRIBE_STRUCT(GeometryUri, (), (uri, sha256, format, unit, material))

// A file that a program makes. It runs in a process of its own with limits, in a folder that is
// removed afterwards, at most `timeout` long; with it everything ends that is in its process group,
// also when durasim is killed. That limits accidents; it is no sandbox for hostile programs.
struct GeometryScript {
  std::map<std::string, Artifact> files;  // in the folder at the start, by relative path
  std::vector<std::string> argv;  // a name without '/' is searched in PATH; there is no shell
  std::map<std::string, std::string> environment;  // beside PATH, HOME and TMPDIR
  std::string output;                              // the relative path of what it makes
  Seconds timeout{60};
  std::optional<sim::FileFormat> format;  // as GeometryUri
  std::string unit;
  std::string material = "aluminium";
};
BOOST_DESCRIBE_STRUCT(GeometryScript, (),
                      (files, argv, environment, output, timeout, format, unit, material))

// Alternatives may be appended.
using Geometry = std::variant<GeometryFile, GeometryUri, sim::AssemblyParameters, GeometryScript>;

// Reads what lies at a URI. Throws InvalidArgument for one that it does not know, IoError or
// UnavailableError when it is not to be had now, LimitError beyond `max_bytes`. Thread-safe.
using FetchUri = std::function<Bytes(const std::string& uri, std::size_t max_bytes,
                                     const std::stop_token& stop)>;

// "file:///path" and "file://localhost/path" of this machine.
DURASIM_EXPORT Bytes fetch_file(const std::string& uri, std::size_t max_bytes,
                                const std::stop_token& stop);

}  // namespace durasim::inline v0::pipeline
