#include "movrec/core/field.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

[[noreturn]] void reject(const OptionRef& option, std::string_view text) {
  std::string_view near;
  if (!option.field.choices.empty()) near = closest_of(text, option.field.choices);
  throw Error(ErrorKind::usage, fmt::format("‹{}›: '{}' is not allowed", option.field.name, shown(text)),
              fmt::format("expected {}", describe_allowed(option)),
              near.empty() ? std::string{} : fmt::format("‹{}› {}", option.field.name, near));
}

template <class Number>
Number parse_number(const OptionRef& option, std::string_view text, std::string_view whole) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) reject(option, whole);
  const auto number = static_cast<double>(value);
  if (std::isnan(number) || number < option.field.min || number > option.field.max) reject(option, whole);
  return value;
}

std::vector<std::string_view> split_list(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    std::string_view part = text.substr(0, end);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view separator_of(const OptionRef& option) {
  return {&option.field.separator, 1};
}

/// The choice that the text means.
std::string_view today(const OptionRef& option, std::string_view text) {
  for (const auto& [old_name, name] : option.field.old_names)
    if (text == old_name) return name;
  return text;
}

void check_choice(const OptionRef& option, std::string_view text) {
  const auto& choices = option.field.choices;
  if (!choices.empty() && !option.field.takes_others &&
      std::find(choices.begin(), choices.end(), text) == choices.end())
    reject(option, text);
}

}  // namespace

void OptionCollector::operator()(const Reworded& words) const {
  for (OptionRef& option : refs)
    if (option.field.name == words.name) option.field.help = words.help;
}

const OptionRef* find_option(const OptionRefs& options, std::string_view name) {
  for (const OptionRef& option : options)
    if (option.field.name == name) return &option;
  return nullptr;
}

void set_from_text(const OptionRef& option, std::string_view text) {
  std::visit(
      [&](auto* target) {
        using T = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<T, bool>) {
          if (text == "true" || text == "1" || text == "yes" || text == "on") {
            *target = true;
          } else if (text == "false" || text == "0" || text == "no" || text == "off") {
            *target = false;
          } else {
            reject(option, text);
          }
        } else if constexpr (std::is_arithmetic_v<T>) {
          *target = parse_number<T>(option, text, text);
        } else if constexpr (std::is_same_v<T, std::string>) {
          check_choice(option, today(option, text));
          *target = today(option, text);
        } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
          T values;
          if (!text.empty())
            for (std::string_view part : split_list(text, option.field.separator))
              values.push_back(parse_number<std::int64_t>(option, part, text));
          *target = std::move(values);
        } else {
          T values;
          if (!text.empty())
            for (std::string_view part : split_list(text, option.field.separator)) {
              if (part.empty()) reject(option, text);
              check_choice(option, part);
              values.emplace_back(part);
            }
          *target = std::move(values);
        }
      },
      option.target);
}

std::string to_text(const OptionRef& option) {
  return std::visit(
      [&](const auto* target) -> std::string {
        using T = std::remove_cv_t<std::remove_pointer_t<decltype(target)>>;
        if constexpr (std::is_same_v<T, std::vector<std::int64_t>> ||
                      std::is_same_v<T, std::vector<std::string>>) {
          return fmt::format("{}", fmt::join(*target, separator_of(option)));
        } else {
          return fmt::format("{}", *target);
        }
      },
      option.target);
}

void set_from_json(const OptionRef& option, const nlohmann::json& value) {
  if (value.is_string()) return set_from_text(option, value.get<std::string>());
  if (value.is_array()) {
    std::string text;
    for (const auto& element : value) {
      if (!text.empty()) text += option.field.separator;
      text += element.is_string() ? element.get<std::string>() : element.dump();
    }
    if (!std::holds_alternative<std::vector<std::int64_t>*>(option.target) &&
        !std::holds_alternative<std::vector<std::string>*>(option.target))
      reject(option, value.dump());
    return set_from_text(option, text);
  }
  if (std::holds_alternative<std::string*>(option.target) || value.is_object() || value.is_null() ||
      (value.is_boolean() && !std::holds_alternative<bool*>(option.target)))
    reject(option, value.dump());
  set_from_text(option, value.dump());
}

nlohmann::json to_json(const OptionRef& option) {
  return std::visit([](const auto* target) { return nlohmann::json(*target); }, option.target);
}

nlohmann::json to_json(const OptionRefs& options) {
  nlohmann::json object = nlohmann::json::object();
  for (const OptionRef& option : options) object[std::string(option.field.name)] = to_json(option);
  return object;
}

void set_from_json(const OptionRefs& options, const nlohmann::json& object) {
  for (const OptionRef& option : options) {
    const auto found = object.find(std::string(option.field.name));
    if (found != object.end()) set_from_json(option, *found);
  }
}

std::string describe_allowed(const OptionRef& option) {
  const Field& field = option.field;
  if (!field.choices.empty()) {
    std::vector<std::string_view> words = field.choices;
    std::erase(words, "");  // stands for "not given"
    return fmt::format("one of {}{}", fmt::join(words, ", "), field.takes_others ? ", …" : "");
  }
  std::string type = std::visit(
      [](const auto* target) -> std::string {
        using T = std::remove_cv_t<std::remove_pointer_t<decltype(target)>>;
        if constexpr (std::is_same_v<T, bool>) return "true or false";
        if constexpr (std::is_same_v<T, double>) return "a number";
        if constexpr (std::is_integral_v<T>) return "a whole number";
        if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
          return "whole numbers separated by commas";
        if constexpr (std::is_same_v<T, std::vector<std::string>>) return "words separated by commas";
        return "text";
      },
      option.target);
  const bool low = std::isfinite(field.min), high = std::isfinite(field.max);
  if (low && high) return fmt::format("{} from {} to {}", type, field.min, field.max);
  if (low) return fmt::format("{} of at least {}", type, field.min);
  if (high) return fmt::format("{} of at most {}", type, field.max);
  return type;
}

}  // namespace movrec
