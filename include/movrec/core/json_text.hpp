#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace movrec {

/// A document as text, on one line or by `indent`. Paths and titles may be any bytes: what is no UTF-8 in them becomes
/// U+FFFD, not an exception.
template <class Json>
std::string json_text(const Json& document, int indent = -1) {
  return document.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace movrec
