#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace movrec {

/// One line of CSV, ending in "\n"; fields with commas, quotes or line ends are quoted as RFC 4180 says.
std::string csv_line(std::initializer_list<std::string_view> fields);

}  // namespace movrec
