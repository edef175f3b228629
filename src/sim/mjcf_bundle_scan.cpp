// The walk over MJCF text: includes, references to files, and what replicate and attach multiply.
#include "sim/mjcf_bundle_scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace durasim::inline v0::sim {
namespace {

constexpr std::array<std::string_view, 7> kFileAttributes{
    "file", "fileright", "fileleft", "fileup", "filedown", "filefront", "fileback"};
constexpr std::size_t kMaxModelNesting = 8;

bool names_file(std::string_view attribute) {
  return std::find(kFileAttributes.begin(), kFileAttributes.end(), attribute) !=
         kFileAttributes.end();
}

std::string_view text_of(const char* text) {
  return text != nullptr ? text : "";
}

std::string folder_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash + 1);
}

std::string base_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

bool ends_with_xml(const std::string& name) {
  std::string end = name.size() < 4 ? "" : name.substr(name.size() - 4);
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return end == ".xml";
}

// Why no file may have that name; empty when one may.
std::string_view why_unsafe(std::string_view name) {
  if (name.find(':') != std::string_view::npos) return "a prefix with ':' is not allowed";
  if (name.find('\\') != std::string_view::npos) return "separate folders by '/'";
  if (name.starts_with('/')) return "absolute names are not allowed";
  if (name.find('\0') != std::string_view::npos) return "a zero byte ends it for the system";
  if (name == ".." || name.starts_with("../") || name.ends_with("/..") ||
      name.find("/../") != std::string_view::npos) {
    return "'..' would leave the model's folder";
  }
  return {};
}

// Without empty components and ".".
std::string normal_path(std::string_view name) {
  std::string path;
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (!part.empty() && part != ".") path.append(path.empty() ? "" : "/").append(part);
    begin = end + 1;
  }
  return path;
}

}  // namespace

void check_asset_names(const MjcfSource& source) {
  for (const auto& [name, bytes] : source.assets) {
    std::string_view why = why_unsafe(name);
    // Under another spelling the model would not find it, and it might replace another file.
    if (why.empty() && (name.empty() || normal_path(name) != name))
      why = "leave empty components and '.' away";
    if (!why.empty()) throw FormatError(fmt::format("the model has the file '{}': {}", name, why));
  }
}

MjcfScan::MjcfScan(MjcfFiles& files, const MjcfLimits& limits) : files_(files), limits_(limits) {}

void MjcfScan::scan(std::string_view xml, const std::string& shown_name) {
  scan_model(xml, shown_name);
}

const MjcfScan::Document& MjcfScan::document_of(const Element& element) const {
  const auto* xml = element.GetDocument();
  return *std::find_if(documents_.begin(), documents_.end(),
                       [xml](const Document& d) { return &d.xml == xml; });
}

std::string MjcfScan::place_of(const Element& element) const {
  return fmt::format("{}:{}: <{}>", document_of(element).name, element.GetLineNum(),
                     element.Name());
}

void MjcfScan::refuse(const Element& element, const std::string& why) const {
  throw FormatError(place_of(element) + " " + why);
}

void MjcfScan::exceed(const Element& element, const std::string& what, double value,
                      double limit) const {
  throw LimitError(
      fmt::format("{} {} is {:.6g}; the limit is {:.6g}", place_of(element), what, value, limit));
}

std::string MjcfScan::safe_path(const Element& element, std::string_view text) const {
  if (const std::string_view why = why_unsafe(text); !why.empty())
    refuse(element, fmt::format("names '{}': {}", text, why));
  return normal_path(text);
}

const MjcfScan::Element* MjcfScan::parse(std::string_view xml, const std::string& name) {
  Document& document = documents_.emplace_back();
  document.name = name;
  document.folder = folder_of(name);
  if (document.xml.Parse(xml.data(), xml.size()) != tinyxml2::XML_SUCCESS) {
    throw FormatError(fmt::format("{}:{}: not XML: {}", name, document.xml.ErrorLineNum(),
                                  document.xml.ErrorName()));
  }
  const Element* root = document.xml.RootElement();
  if (root == nullptr) throw FormatError(fmt::format("{}: there is no element in it", name));
  return root;
}

MjcfScan::Weight MjcfScan::scan_model(std::string_view xml, const std::string& name) {
  open_models_.push_back(name);
  const Element* root = parse(xml, name);
  if (std::strcmp(root->Name(), "mujoco") != 0)
    refuse(*root, "is not MJCF: the root element must be <mujoco>");
  Scope scope;
  scope.folder = documents_.back().folder;
  walk(scope, *root, 1);
  resolve_references(scope);
  const Weight weight = weigh(scope, *root);
  const auto expanded = static_cast<double>(limits_.max_expanded);
  const auto points = static_cast<double>(limits_.max_flex_points);
  if (weight.expanded > expanded)
    exceed(*root, "number of bodies and geoms after replicate and attach", weight.expanded,
           expanded);
  if (weight.flex_points > points)
    exceed(*root, "number of flexcomp points", weight.flex_points, points);
  open_models_.pop_back();
  return weight;
}

void MjcfScan::walk(Scope& scope, const Element& element, std::size_t depth) {
  if (++elements_ > limits_.max_elements) {
    exceed(element, "number of elements", static_cast<double>(elements_),
           static_cast<double>(limits_.max_elements));
  }
  if (depth > limits_.max_depth)
    exceed(element, "nesting", static_cast<double>(depth), static_cast<double>(limits_.max_depth));
  const std::string_view tag = element.Name();
  if (tag == "plugin") refuse(element, "engine plugins are not allowed in foreign models");
  check_numbers(element);
  check_sizes(element);
  if (tag == "include") return follow_include(scope, element, depth);
  if (tag == "compiler") read_compiler(scope, element);
  const std::string_view name = text_of(element.Attribute("name"));
  if (!name.empty() && (tag == "body" || tag == "frame")) scope.named.emplace(name, &element);
  for (const auto* a = element.FirstAttribute(); a != nullptr; a = a->Next()) {
    if (names_file(a->Name())) {
      scope.references.push_back(&element);
      break;
    }
  }
  for (const auto* child = element.FirstChildElement(); child != nullptr;
       child = child->NextSiblingElement()) {
    walk(scope, *child, depth + 1);
  }
}

void MjcfScan::follow_include(Scope& scope, const Element& element, std::size_t depth) {
  const std::string file = safe_path(element, text_of(element.Attribute("file")));
  if (!ends_with_xml(file))
    refuse(element, fmt::format("names '{}': only .xml files can be included", file));
  std::string found;
  const Bytes* bytes = find_first({scope.folder + file, document_of(element).folder + file}, found);
  if (bytes == nullptr)
    throw IoError(fmt::format("{} names '{}', which does not exist in the model's folder",
                              place_of(element), file));
  if (found == open_models_.back() || !scope.include_names.insert(found).second) {
    refuse(element, fmt::format("includes '{}' a second time", found));
  }
  const Element* root = parse(as_text(*bytes), found);
  scope.included[&element] = root;
  walk(scope, *root, depth + 1);
}

void MjcfScan::read_compiler(Scope& scope, const Element& element) const {
  if (const char* dir = element.Attribute("assetdir"))
    scope.meshdir = scope.texturedir = safe_path(element, dir);
  if (const char* dir = element.Attribute("meshdir")) scope.meshdir = safe_path(element, dir);
  if (const char* dir = element.Attribute("texturedir")) scope.texturedir = safe_path(element, dir);
  if (const char* strip = element.Attribute("strippath"))
    scope.strippath = std::strcmp(strip, "true") == 0;
}

const Bytes* MjcfScan::find_first(const std::vector<std::string>& names, std::string& found) {
  for (const std::string& name : names) {
    if (const Bytes* bytes = files_.find(name)) {
      found = name;
      return bytes;
    }
  }
  return nullptr;
}

void MjcfScan::resolve_references(Scope& scope) {
  for (const Element* element : scope.references) {
    for (const auto* a = element->FirstAttribute(); a != nullptr; a = a->Next()) {
      if (names_file(a->Name()) && a->Value()[0] != '\0') resolve(scope, *element, *a);
    }
  }
}

void MjcfScan::resolve(Scope& scope, const Element& element,
                       const tinyxml2::XMLAttribute& attribute) {
  const bool texture = std::strcmp(element.Name(), "texture") == 0;
  std::string file = safe_path(element, attribute.Value());
  if (scope.strippath) file = base_of(file);
  const std::string& dir = texture ? scope.texturedir : scope.meshdir;
  std::string found;
  const Bytes* bytes = find_first(
      {scope.folder + (dir.empty() ? "" : dir + "/") + file, scope.folder + file}, found);
  if (bytes == nullptr)
    throw IoError(fmt::format("{} names '{}', which does not exist in the model's folder",
                              place_of(element), file));
  check_picture(element, found, *bytes);
  if (std::strcmp(element.Name(), "model") != 0) return;
  if (!ends_with_xml(found))
    refuse(element, fmt::format("names '{}': a sub-model must be an .xml file", found));
  if (std::find(open_models_.begin(), open_models_.end(), found) != open_models_.end()) {
    refuse(element, fmt::format("loads '{}' inside itself", found));
  }
  if (open_models_.size() > kMaxModelNesting)
    refuse(element, fmt::format("nests more than {} models", kMaxModelNesting));
  auto known = models_.find(found);
  if (known == models_.end())
    known = models_.emplace(found, scan_model(as_text(*bytes), found)).first;
  scope.heaviest_model.expanded = std::max(scope.heaviest_model.expanded, known->second.expanded);
  scope.heaviest_model.flex_points =
      std::max(scope.heaviest_model.flex_points, known->second.flex_points);
}

MjcfScan::Weight MjcfScan::weigh_attached(Scope& scope, const Element& element) {
  if (element.Attribute("model") != nullptr) return scope.heaviest_model;
  for (const char* attribute : {"frame", "body"}) {
    const auto named = scope.named.find(std::string(text_of(element.Attribute(attribute))));
    if (named != scope.named.end()) return weigh(scope, *named->second);
  }
  return {};
}

MjcfScan::Weight MjcfScan::weigh(Scope& scope, const Element& element) {
  const auto [known, is_new] = scope.weights.try_emplace(&element, Weight{-1, 0});
  if (!is_new) {
    if (known->second.expanded < 0) refuse(element, "attaches itself");
    return known->second;
  }
  const std::string_view tag = element.Name();
  Weight weight{tag == "body" || tag == "geom" ? 1.0 : 0.0, 0};
  const auto add = [&weight](const Weight& part) {
    weight.expanded += part.expanded;
    weight.flex_points += part.flex_points;
  };
  if (tag == "flexcomp") {
    weight.flex_points = 1;
    for (const double count : numbers_of(text_of(element.Attribute("count"))))
      weight.flex_points *= std::max(1.0, count);
  }
  if (tag == "attach") add(weigh_attached(scope, element));
  const auto included = scope.included.find(&element);
  if (included != scope.included.end()) add(weigh(scope, *included->second));
  for (const auto* child = element.FirstChildElement(); child != nullptr;
       child = child->NextSiblingElement()) {
    add(weigh(scope, *child));
  }
  if (tag == "replicate") {
    const std::vector<double> count = numbers_of(text_of(element.Attribute("count")));
    const double times = count.empty() ? 1.0 : std::max(1.0, count[0]);
    weight = {weight.expanded * times, weight.flex_points * times};
    const auto limit = static_cast<double>(limits_.max_expanded);
    if (times > limit) exceed(element, "count", times, limit);
  }
  scope.weights[&element] = weight;
  return weight;
}

}  // namespace durasim::inline v0::sim
