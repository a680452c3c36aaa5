#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace movrec {

/// One option as every reader of it sees it: flag `--name`, TOML key `name`, key in a checkpoint's JSON, line
/// of help. An options struct names its fields once:
///
///     template <class Self, class Visit>
///     static void fields(Self& self, Visit&& visit) {
///       visit(Field{"epochs", "passes over the training rows", 1, 1e6}, self.epochs);
///     }
struct Field {
  std::string_view name;  ///< kebab-case
  std::string_view help;
  double min =
      -std::numeric_limits<double>::infinity();  ///< smallest allowed number (of each element of a list)
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string_view> choices{};  ///< the allowed words of a string; empty: any
  std::string_view value_name{};            ///< shown in help instead of INT, FLOAT, TEXT
  char separator = ',';  ///< between a list's elements in one text; '\n' where they may hold commas
};

using OptionTarget = std::variant<bool*,
                                  int*,
                                  std::int64_t*,
                                  std::uint64_t*,
                                  double*,
                                  std::string*,
                                  std::vector<std::int64_t>*,
                                  std::vector<std::string>*>;

/// A field together with the member that holds its value.
struct OptionRef {
  Field field;
  OptionTarget target;
};
using OptionRefs = std::vector<OptionRef>;

template <class Options>
OptionRefs option_refs(Options& options) {
  OptionRefs refs;
  Options::fields(options, [&](Field field, auto& member) { refs.push_back({std::move(field), &member}); });
  return refs;
}

/// Sets the option from a flag's or variable's text. Error{usage} names the option, the text and what is
/// allowed; lists are comma-separated and every element must be present (`128,,64` is an error). NaN is never
/// allowed.
void set_from_text(const OptionRef&, std::string_view text);
/// The value as the text that set_from_text reads back exactly.
std::string to_text(const OptionRef&);

/// As set_from_text, for a JSON value (a list may also be given as the string "256,128").
void set_from_json(const OptionRef&, const nlohmann::json& value);
nlohmann::json to_json(const OptionRef&);

/// All options as one flat JSON object, and back: missing keys keep their value, unknown ones are left alone.
nlohmann::json to_json(const OptionRefs&);
void set_from_json(const OptionRefs&, const nlohmann::json& object);

template <class Options>
auto options_to_json(const Options& options) {  // nlohmann::json, complete where this is called
  Options copy = options;
  return to_json(option_refs(copy));
}
template <class Options>
void options_from_json(Options& options, const nlohmann::json& object) {
  set_from_json(option_refs(options), object);
}

/// "INT in [1, 100]", "one of adam, sgd", "TEXT": what `--help` and errors say is allowed.
std::string describe_allowed(const OptionRef&);

}  // namespace movrec
