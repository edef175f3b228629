// --store, as every verb takes it, and what goes into a store.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace durasim::cli {

CLI::Option* add_store_option(CLI::App& verb, std::string& store, const std::string& help);

// Histories and traces hold UTF-8. Throws InvalidArgument that names `what` the text is, and says
// what to do about it.
void require_utf8(const char* what, const std::string& text);

}  // namespace durasim::cli
