// Bytes from the artifact store, from an address, from numbers, from a script.
#include "durasim/pipeline/geometry_source.hpp"

#include "durasim/core/convert_json.hpp"
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/core/json.hpp"
#include "durasim/core/sha256.hpp"
#include "durasim/sim/mjcf_bundle.hpp"

#include "pipeline/obtain_geometry.hpp"

#include <fmt/format.h>

#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

class Obtaining {
 public:
  Obtaining(const ActivityContext& ctx, const SimulationRequest& request,
            const SimulationServices& services)
      : ctx_(ctx), request_(request), services_(services) {}

  ObtainedGeometry operator()(const GeometryFile& file) const {
    return {.bytes = services_.artifacts->get(file.file, services_.import.max_file_bytes),
            .stored = file.file,
            .format = file.format,
            .unit = file.unit};
  }

  ObtainedGeometry operator()(const GeometryUri& from) const {
    Bytes bytes = services_.fetch(from.uri, services_.import.max_file_bytes, ctx_.stop_token());
    if (const std::string found = from.sha256.empty() ? "" : sha256_hex(bytes);
        found != from.sha256) {
      throw FormatError(fmt::format("{} holds other bytes than those that are meant: SHA-256 {}",
                                    from.uri, found));
    }
    ObtainedGeometry obtained{.format = format_of(from.format, bytes, from.uri), .unit = from.unit};
    obtained.bytes =
        obtained.format == sim::FileFormat::Mjcf ? bundle_of(from.uri, bytes) : std::move(bytes);
    return obtained;
  }

  ObtainedGeometry operator()(const sim::AssemblyParameters& parameters) const {
    std::string json;
    JsonWriter writer(json);
    write_json(writer, parameters);
    const ByteView bytes = as_bytes(json);
    return {.bytes = Bytes(bytes.begin(), bytes.end()), .format = sim::FileFormat::Json};
  }

  ObtainedGeometry operator()(const GeometryScript& script) const {
    ScriptMade made = run_geometry_script(ctx_, request_.name, script, services_);
    ObtainedGeometry obtained{.unit = script.unit, .problems = std::move(made.problems)};
    if (!obtained.problems.empty()) return obtained;
    obtained.format = format_of(script.format, made.bytes, script.output);
    obtained.bytes = obtained.format == sim::FileFormat::Mjcf
                         ? sim::encode_mjcf_bundle({.xml = std::string(as_text(made.bytes))})
                         : std::move(made.bytes);
    return obtained;
  }

 private:
  static sim::FileFormat format_of(const std::optional<sim::FileFormat>& stated, ByteView bytes,
                                   const std::string& name) {
    if (const auto format = stated ? stated : sim::detect_format(bytes, name)) return *format;
    throw InvalidArgument(
        fmt::format("{}: neither its bytes nor its name say what it is; state its format", name));
  }

  // Of a model on this machine with the files beside it, of another one alone.
  static Bytes bundle_of(const std::string& uri, ByteView bytes) {
    if (!uri.starts_with("file:"))
      return sim::encode_mjcf_bundle({.xml = std::string(as_text(bytes))});
    const sim::MjcfSource source = sim::load_mjcf_file(path_of_file_url(uri));
    if (source.xml != as_text(bytes))
      throw UnavailableError(fmt::format("{} was changed while it was read", uri));
    return sim::encode_mjcf_bundle(source);
  }

  const ActivityContext& ctx_;
  const SimulationRequest& request_;
  const SimulationServices& services_;
};

}  // namespace

ObtainedGeometry obtain_geometry(const ActivityContext& ctx, const SimulationRequest& request,
                                 const SimulationServices& services) {
  return std::visit(Obtaining(ctx, request, services), request.geometry);
}

std::string material_of(const Geometry& geometry) {
  return std::visit(
      []<class Form>(const Form& form) -> std::string {
        if constexpr (std::is_same_v<Form, sim::AssemblyParameters>)
          return GeometryFile{}.material;
        else
          return form.material;
      },
      geometry);
}

Bytes fetch_file(const std::string& uri, std::size_t max_bytes, const std::stop_token& /*stop*/) {
  return read_file(path_of_file_url(uri), max_bytes);
}

}  // namespace durasim::inline v0::pipeline
