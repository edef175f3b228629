// Reads MJCF text before MuJoCo does: finds every file that it names and refuses what is too large,
// leaves the folder, or is not a finite number. Understands includes, sub-models, replicate and
// attach.
#pragma once

#include "durasim/sim/mjcf_bundle.hpp"

#include <tinyxml2.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace durasim::inline v0::sim {

// Where a scan finds files, by names relative to the main file's folder: a folder on the disk, or
// memory.
class MjcfFiles {
 public:
  virtual ~MjcfFiles() = default;
  // The bytes of `name`, or null when there is no such file. Throws when it must not be read.
  virtual const Bytes* find(const std::string& name) = 0;
};

class MjcfScan {
 public:
  MjcfScan(MjcfFiles& files, const MjcfLimits& limits);
  // Throws FormatError or LimitError that name file, line and element; IoError for a file that is
  // missing.
  void scan(std::string_view xml, const std::string& shown_name);

 private:
  using Element = tinyxml2::XMLElement;
  struct Document {
    tinyxml2::XMLDocument xml;
    std::string name;  // relative to the main file's folder; for messages and for relative includes
    std::string folder;  // "" or ending in '/'
  };
  struct Weight {  // what compilation will make of an element; doubles saturate instead of
                   // overflowing
    double expanded = 0;
    double flex_points = 0;
  };
  struct Scope {  // one model: the main file or a <model>, with its includes
    std::string folder;
    std::string meshdir, texturedir;
    bool strippath = false;
    std::vector<const Element*> references;             // elements that name files, except includes
    std::map<std::string, const Element*> named;        // bodies and frames that attach may name
    std::map<const Element*, const Element*> included;  // include -> root of the included document
    std::set<std::string> include_names;
    std::map<const Element*, Weight> weights;
    Weight heaviest_model;
  };

  Weight scan_model(std::string_view xml, const std::string& name);
  const Element* parse(std::string_view xml, const std::string& name);
  void walk(Scope& scope, const Element& element, std::size_t depth);
  void follow_include(Scope& scope, const Element& element, std::size_t depth);
  void read_compiler(Scope& scope, const Element& element) const;
  void resolve_references(Scope& scope);
  void resolve(Scope& scope, const Element& element, const tinyxml2::XMLAttribute& attribute);
  const Bytes* find_first(const std::vector<std::string>& names, std::string& found);
  Weight weigh(Scope& scope, const Element& element);
  Weight weigh_attached(Scope& scope, const Element& element);
  void check_numbers(const Element& element) const;
  void check_sizes(const Element& element) const;
  void check_size_element(const Element& element) const;
  void check_picture(const Element& element, const std::string& name, const Bytes& bytes) const;
  [[nodiscard]] std::string safe_path(const Element& element, std::string_view text) const;
  [[nodiscard]] const Document& document_of(const Element& element) const;
  [[nodiscard]] std::string place_of(const Element& element) const;
  [[noreturn]] void refuse(const Element& element, const std::string& why) const;
  [[noreturn]] void exceed(const Element& element, const std::string& what, double value,
                           double limit) const;

  MjcfFiles& files_;
  MjcfLimits limits_;
  std::size_t elements_ = 0;
  std::deque<Document> documents_;  // stable addresses; elements point into them
  std::vector<std::string> open_models_;
  std::map<std::string, Weight> models_;
};

// The numbers at the beginning of a text, up to the first word that is none.
std::vector<double> numbers_of(std::string_view text);

// Throws FormatError for an asset that could not lie under its name in the model's folder.
void check_asset_names(const MjcfSource& source);

// Every name in the text must be in `assets`, and their names as check_asset_names wants them; no
// limits on size. Throws ModelError.
void require_names_in_memory(const MjcfSource& source);

}  // namespace durasim::inline v0::sim
