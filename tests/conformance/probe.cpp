// What durasim knows of Temporal's vocabulary, for the checks in this folder, which compare it with
// Temporal's own code.
//   probe vocabulary      every message with its fields and every enumeration, one a line
//   probe wire FILE       the history in a JSON file, in wire format
//   probe json FILE       the history in a JSON file, in canonical JSON
//   probe rewire FILE     the history in a file of wire format, decoded and encoded again
#include "durasim/core/encoding.hpp"

#include "core/describe_command.hpp"
#include "core/describe_history.hpp"
#include "core/enum_names.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace {

using namespace durasim;
using codec::Strings;

std::string read_file(const char* path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw IoError(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Prints each message once, and the messages and enumerations that it refers to.
class Vocabulary {
 public:
  template <class M>
  void message() {
    const std::string name(codec::Description<M>::name);
    if (!seen_.insert(name).second) return;
    fmt::print("message {}\n", name);
    codec::for_each_field<M>([&]<std::size_t I>() {
      constexpr const auto& field = codec::kField<M, I>;
      using F = std::remove_cvref_t<decltype(field)>;
      if constexpr (codec::kIsOneOf<F>) {
        codec::any_alternative<F>([&]<std::size_t A>() {
          using T = std::variant_alternative_t<A + 1, codec::VariantOf<typename F::Type>>;
          constexpr const auto& each = std::get<A>(field.alternatives);
          const std::string type = type_name<Strings::Text, typename codec::Held<T>::type>();
          print(name, each.number, each.name, "oneof " + type);
          return false;
        });
      } else {
        print(name, field.number, field.name, member_type<F::kStrings, typename F::Type>());
      }
    });
  }

 private:
  template <std::size_t N>
  void print(const std::string& message, std::uint32_t number, const codec::FieldName<N>& name,
             const std::string& type) {
    fmt::print("field {} {} {} {} {}\n", message, number, name.proto(), name.json(), type);
  }

  template <Strings S, class T>
  std::string member_type() {
    if constexpr (codec::kIsVector<T>) {
      return "repeated " + type_name<S, typename T::value_type>();
    } else if constexpr (codec::kIsMap<T>) {
      return "map " + type_name<Strings::Text, typename T::key_type>() + " " +
             type_name<S, typename T::mapped_type>();
    } else {
      return type_name<S, typename codec::Held<T>::type>();
    }
  }

  template <Strings S, class T>
  std::string type_name() {
    if constexpr (std::is_same_v<T, std::string>) {
      return S == Strings::Text ? "string" : "bytes";
    } else if constexpr (std::is_same_v<T, bool>) {
      return "bool";
    } else if constexpr (std::is_same_v<T, std::int32_t>) {
      return "int32";
    } else if constexpr (std::is_same_v<T, std::uint32_t>) {
      return "uint32";
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      return "int64";
    } else if constexpr (std::is_same_v<T, float>) {
      return "float";
    } else if constexpr (std::is_same_v<T, double>) {
      return "double";
    } else if constexpr (std::is_enum_v<T>) {
      enumeration(codec::enum_table(T{}));
      return std::string(codec::enum_table(T{}).type);
    } else {
      pending<T>();
      return std::string(codec::Description<T>::name);
    }
  }

  // Nested messages come after the line that refers to them, whatever the recursion.
  template <class M>
  void pending() {
    next_.emplace(std::string(codec::Description<M>::name),
                  [](Vocabulary& all) { all.message<M>(); });
  }

  void enumeration(const codec::EnumTable& table) {
    if (!seen_.insert(std::string(table.type)).second) return;
    for (const codec::EnumName& each : table.names) {
      lines_ += fmt::format("enum {} {} {}{}\n", table.type, each.number, table.prefix, each.name);
    }
  }

 public:
  void finish() {
    while (!next_.empty()) {
      const auto [name, print_it] = *next_.begin();
      next_.erase(next_.begin());
      print_it(*this);
    }
    fmt::print("{}", lines_);
  }

 private:
  std::set<std::string> seen_;
  std::map<std::string, void (*)(Vocabulary&)> next_;
  std::string lines_;
};

int run(std::string_view verb, const char* file) {
  if (verb == "vocabulary") {
    Vocabulary vocabulary;
    vocabulary.message<proto::History>();
    vocabulary.message<proto::Command>();
    vocabulary.finish();
    return 0;
  }
  if (file == nullptr) return 2;
  const std::string input = read_file(file);
  std::string output;
  if (verb == "wire") output = encode(history_from_json(input));
  if (verb == "json") output = to_json(history_from_json(input));
  if (verb == "rewire") output = encode(decode_history(input));
  return std::fwrite(output.data(), 1, output.size(), stdout) == output.size() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return argc < 2 ? 2 : run(argv[1], argc > 2 ? argv[2] : nullptr);
  } catch (const std::exception& error) {
    fmt::print(stderr, "probe: {}\n", error.what());
    return 1;
  }
}
