#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "movrec/model/common/model_options.hpp"

namespace movrec::test {

/// Sets those of the options that the algorithm has.
inline void set_known(ModelOptions& options,
                      std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  for (const auto& [name, text] : values) options.set(name, text);
}

}  // namespace movrec::test
