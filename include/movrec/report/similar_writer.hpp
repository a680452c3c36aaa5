#pragma once

#include <iosfwd>
#include <span>

#include "movrec/report/list_writer.hpp"

namespace movrec {

/// An item and those most like it, as a table, CSV, or a document of schema movrec.similar/1.
void write_similar(const ListTitles&, ItemIdx, std::span<const ScoredItem> best, Format, std::ostream&);

}  // namespace movrec
