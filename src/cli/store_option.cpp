// Declaring the option, and refusing bytes that are no text.
#include "cli/store_option.hpp"

#include "durasim/core/error.hpp"

#include "cli/commands.hpp"
#include "core/ascii_text.hpp"
#include "core/utf8.hpp"

#include <fmt/format.h>

namespace durasim::cli {

CLI::Option* add_store_option(CLI::App& verb, std::string& store, const std::string& help) {
  return verb.add_option("--store", store, help)->envname("DURASIM_STORE")->check(refuse_empty);
}

void require_utf8(const char* what, const std::string& text) {
  if (is_utf8(text)) return;
  throw InvalidArgument(
      fmt::format("{} \"{}\" is not UTF-8; durable work is recorded as UTF-8 text: rename it", what,
                  ascii_text(text)));
}

}  // namespace durasim::cli
