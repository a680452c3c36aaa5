#include "movrec/report/config_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "core/toml_document.hpp"
#include "movrec/core/files.hpp"

namespace movrec {
namespace {

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

struct TomlValue {
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const int* value) const { return fmt::format("{}", *value); }
  std::string operator()(const std::int64_t* value) const { return fmt::format("{}", *value); }
  std::string operator()(const std::uint64_t* value) const {
    // TOML's whole numbers are signed.
    const bool fits = *value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return fits ? fmt::format("{}", *value) : fmt::format("\"{}\"", *value);
  }
  std::string operator()(const double* value) const { return fmt::format("{}", *value); }
  std::string operator()(const std::string* value) const { return toml_quoted(*value); }
  std::string operator()(const std::vector<std::int64_t>* value) const {
    return fmt::format("[{}]", fmt::join(*value, ", "));
  }
  std::string operator()(const std::vector<std::string>* value) const {
    std::vector<std::string> parts;
    for (const std::string& part : *value) parts.push_back(toml_quoted(part));
    return fmt::format("[{}]", fmt::join(parts, ", "));
  }
};

}  // namespace

std::string to_toml(std::string_view section, const OptionRefs& options) {
  std::string text = fmt::format("[{}]\n", section);
  for (const OptionRef& option : options)
    text += fmt::format("{} = {}\n", option.field.name, std::visit(TomlValue{}, option.target));
  return text;
}

void set_from_toml(const std::filesystem::path& file, std::string_view section, const OptionRefs& options) {
  const toml::table document = parse_toml(read_file(file, kMostOfConfig), file.string());
  const toml::table* const table = document[section].as_table();
  if (table == nullptr) return;
  for (const OptionRef& option : options)
    if (const toml::node* node = table->get(option.field.name)) set_from_json(option, to_json(*node));
}

}  // namespace movrec
