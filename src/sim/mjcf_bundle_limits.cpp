// Limits on single elements: numbers that must be finite, and products that decide how much memory
// MuJoCo takes.
#include "sim/mjcf_bundle_scan.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace durasim::inline v0::sim {
namespace {

struct ProductLimit {
  std::string_view element;
  std::array<const char*, 2> attributes;  // the product of all their numbers
  std::uint64_t MjcfLimits::* limit;
};

constexpr std::array kProductLimits{
    ProductLimit{"hfield", {"nrow", "ncol"}, &MjcfLimits::max_hfield_cells},
    ProductLimit{"texture", {"width", "height"}, &MjcfLimits::max_texture_pixels},
    ProductLimit{"global", {"offwidth", "offheight"}, &MjcfLimits::max_texture_pixels},
    ProductLimit{"quality", {"shadowsize", "shadowsize"}, &MjcfLimits::max_texture_pixels},
    ProductLimit{"camera", {"resolution", nullptr}, &MjcfLimits::max_texture_pixels},
    ProductLimit{"flexcomp", {"count", nullptr}, &MjcfLimits::max_flex_points},
    ProductLimit{"numeric", {"size", nullptr}, &MjcfLimits::max_size_value},
    ProductLimit{"mesh", {"params", nullptr}, &MjcfLimits::max_size_value},
    ProductLimit{"user", {"dim", nullptr}, &MjcfLimits::max_size_value},
    ProductLimit{"contact", {"num", nullptr}, &MjcfLimits::max_size_value},
};

// Attributes whose values are names, where "nan" or "inf" would be a strange but harmless one.
bool holds_text(std::string_view attribute) {
  return attribute == "name" || attribute == "class" || attribute == "childclass" ||
         attribute == "prefix" || attribute == "model" || attribute == "data" ||
         attribute.starts_with("file");
}

// Bytes of a size with MJCF's suffixes K, M, G, T, P, E (powers of 1024); negative means "default".
double memory_bytes(const char* text) {
  char* end = nullptr;
  double value = std::strtod(text, &end);
  const std::string_view suffixes = "KMGTPE";
  const std::size_t power =
      suffixes.find(static_cast<char>(std::toupper(static_cast<unsigned char>(*end))));
  if (*end != '\0' && power != std::string_view::npos)
    value *= std::pow(1024.0, static_cast<double>(power + 1));
  return value;
}

std::uint32_t big_endian(const std::byte* p) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8U | std::to_integer<std::uint32_t>(p[i]);
  return value;
}

}  // namespace

std::vector<double> numbers_of(std::string_view text) {
  const std::string copy(text);  // strtod needs the terminating zero
  std::vector<double> numbers;
  const char* p = copy.c_str();
  for (char* end = nullptr;; p = end) {
    const double value = std::strtod(p, &end);
    if (end == p) return numbers;
    numbers.push_back(value);
  }
}

void MjcfScan::check_numbers(const Element& element) const {
  for (const auto* a = element.FirstAttribute(); a != nullptr; a = a->Next()) {
    if (holds_text(a->Name())) continue;
    for (const double value : numbers_of(a->Value())) {
      if (!std::isfinite(value))
        refuse(element, fmt::format("attribute {} holds a number that is not finite", a->Name()));
    }
  }
}

void MjcfScan::check_sizes(const Element& element) const {
  const std::string_view tag = element.Name();
  for (const ProductLimit& rule : kProductLimits) {
    if (rule.element != tag) continue;
    double product = 1;
    std::string names;
    for (const char* attribute : rule.attributes) {
      const char* text = attribute != nullptr ? element.Attribute(attribute) : nullptr;
      if (text == nullptr) continue;
      names.append(names.empty() ? "" : " x ").append(attribute);
      for (const double value : numbers_of(text)) product *= std::max(1.0, std::abs(value));
    }
    const auto limit = static_cast<double>(limits_.*rule.limit);
    if (product > limit) exceed(element, names, product, limit);
  }
  const char* samples = element.Attribute("nsample");
  for (const double value : numbers_of(samples != nullptr ? samples : "")) {
    const auto limit = static_cast<double>(limits_.max_size_value);
    if (value > limit) exceed(element, "nsample", value, limit);
  }
  if (tag == "size") check_size_element(element);
}

void MjcfScan::check_size_element(const Element& element) const {
  for (const auto* a = element.FirstAttribute(); a != nullptr; a = a->Next()) {
    const bool memory = std::strcmp(a->Name(), "memory") == 0;
    const double value = memory_bytes(a->Value());
    const auto limit =
        static_cast<double>(memory ? limits_.max_memory_bytes : limits_.max_size_value);
    if (value > limit) exceed(element, a->Name(), value, limit);
  }
}

void MjcfScan::check_picture(const Element& element, const std::string& name,
                             const Bytes& bytes) const {
  // A PNG of a few kilobytes can unpack to gigabytes: width and height stand in its first chunk
  // (PNG, section 11.2.2).
  constexpr std::array<unsigned char, 8> kPng{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  if (bytes.size() < 24 || std::memcmp(bytes.data(), kPng.data(), kPng.size()) != 0) return;
  const double pixels =
      static_cast<double>(big_endian(bytes.data() + 16)) * big_endian(bytes.data() + 20);
  const auto limit = static_cast<double>(limits_.max_texture_pixels);
  if (pixels > limit) exceed(element, fmt::format("width x height of '{}'", name), pixels, limit);
}

}  // namespace durasim::inline v0::sim
