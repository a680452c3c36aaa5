#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace movrec {

/// The titles over options in help.
namespace option_group {
inline constexpr std::string_view kModel = "Model", kTraining = "Training", kData = "Data", kSplit = "Split",
                                  kRanking = "Ranking";
}  // namespace option_group

/// One option as every reader of it sees it: flag `--name`, TOML key `name`, key in a checkpoint's JSON, line
/// of help. An options struct names its fields once, and the structs that it is made of (its parts, which are
/// its bases or members):
///
///     static constexpr std::string_view kGroup = option_group::kModel;  // without it: as what it is part of
///     template <class Self, class Visit>
///     static void fields(Self& self, Visit&& visit) {
///       visit(Field{"l2", "penalty on squared weights", 0, 1e9}, self.l2);
///       visit_parts<EpochOptions, BiasOptions>(self, visit);
///       visit(Reworded{"epochs", "times that all users and then all items are solved for"});
///     }
struct Field {
  std::string_view name;  ///< kebab-case
  std::string_view help;
  double min =
      -std::numeric_limits<double>::infinity();  ///< smallest allowed number (of each element of a list)
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string_view> choices{};  ///< the allowed words of a string; empty: any
  bool takes_others = false;                ///< words beside the choices are names that the data gives
  std::string_view value_name{};            ///< shown in help instead of INT, FLOAT, TEXT
  char separator = ',';  ///< between a list's elements in one text; '\n' where they may hold commas
  std::vector<std::pair<std::string_view, std::string_view>>
      old_names{};  ///< of choices, and what they are now
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
  std::string_view group{};  ///< title in help; empty: that of the others around it
};
using OptionRefs = std::vector<OptionRef>;

/// What an option of a part is in the struct's own words.
struct Reworded {
  std::string_view name, help;
};

/// Visits those of the struct's bases as its parts.
template <class... Bases, class Self, class Visit>
void visit_parts(Self& self, Visit&& visit) {
  (visit(static_cast<std::conditional_t<std::is_const_v<Self>, const Bases, Bases>&>(self)), ...);
}

/// Visits all fields of a struct and of its parts.
struct OptionCollector {
  OptionRefs& refs;
  std::string_view group{};

  template <class Member>
  void operator()(Field field, Member& member) const {
    refs.push_back({std::move(field), &member, group});
  }
  template <class Part>
  void operator()(Part& part) const {
    if constexpr (requires { Part::kGroup; })
      Part::fields(part, OptionCollector{refs, Part::kGroup});
    else
      Part::fields(part, *this);
  }
  void operator()(const Reworded&) const;
};

/// `group`: of the options of no group.
template <class Options>
OptionRefs option_refs(Options& options, std::string_view group = {}) {
  OptionRefs refs;
  OptionCollector{refs, group}(options);
  return refs;
}

/// The option of that name, or null.
const OptionRef* find_option(const OptionRefs&, std::string_view name);

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
