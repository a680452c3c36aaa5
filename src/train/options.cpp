#include "movrec/train/options.hpp"

#include "movrec/core/table.hpp"
#include "movrec/ops/update_rules.hpp"

namespace movrec {

std::vector<std::string_view> optimizer_names() {
  return names_of(update_rules());
}

}  // namespace movrec
