// Damages files the way broken disks, editors, exporters and people who want harm do. The same seed
// damages alike.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>

namespace durasim_test {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  // Everything from `from` on may change, so that the file may stay what it says it is.
  std::string damage(std::string text, std::size_t from = 0) {
    for (std::uint64_t n = 1 + random_() % 3; n > 0 && from < text.size(); --n)
      damage_once(text, from);
    return text;
  }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

 private:
  void damage_once(std::string& text, std::size_t from) {
    static constexpr std::array kNumbers{"-1.", "1.E308",  "0.", "2147483647", "1.E-300",
                                         "nan", "-1e-320", "-2", "99999999999"};
    const std::size_t at = from + below(text.size() - from);
    const auto number = [&] { return std::string(kNumbers.at(below(kNumbers.size()))); };
    switch (below(9)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << below(7)));
        return;
      case 1:
        text.erase(at, 1 + below(10));
        return;
      case 2:
      case 3:
      case 4:
        return replace_number(text, text.find_first_of("0123456789", at), number());
      case 5:  // once more: names that repeat, elements within themselves
        text.insert(at, text, from + below(text.size() - from), 1 + below(200));
        return;
      default:  // a reference to another entity, mostly of the wrong type
        return replace_number(text, text.find('#', at) + 1, std::to_string(1 + below(300)));
    }
  }
  static void replace_number(std::string& text, std::size_t from, const std::string& by) {
    if (from == std::string::npos || from == 0) return;
    const std::size_t end = text.find_first_not_of("0123456789.E+-", from);
    if (end != std::string::npos) text.replace(from, end - from, by);
  }

  std::mt19937_64 random_;
};

}  // namespace durasim_test
