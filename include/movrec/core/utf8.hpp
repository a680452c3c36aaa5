#pragma once

#include <string>
#include <string_view>

namespace movrec {

/// Takes the first code point off `text`, which is not empty; a byte that starts none stands for itself.
char32_t take_code_point(std::string_view& text);
void append_code_point(std::string& text, char32_t);

}  // namespace movrec
