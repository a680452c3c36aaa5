#include "movrec/model/common/model_options.hpp"

#include <nlohmann/json.hpp>

namespace movrec {

bool ModelOptions::has(std::string_view name) const {
  return values_ && find_option(values_->refs(), name) != nullptr;
}

std::string ModelOptions::text(std::string_view name) const {
  if (!values_) return {};
  const OptionRefs all = values_->refs();
  const OptionRef* option = find_option(all, name);
  return option == nullptr ? std::string() : to_text(*option);
}

bool ModelOptions::set(std::string_view name, std::string_view text) {
  const OptionRefs all = refs();
  const OptionRef* option = find_option(all, name);
  if (option != nullptr) set_from_text(*option, text);
  return option != nullptr;
}

nlohmann::json ModelOptions::to_json() const {
  return movrec::to_json(values_ ? values_->refs() : OptionRefs());
}

}  // namespace movrec
