#pragma once

#include <cstddef>
#include <vector>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// Does with a parsed data set what the options say, and says on the log what it did: `ratings`, ids, titles and
/// user features of what is left, and what Dataset says of repeats and overlap. The checksum stays that of the file.
/// Error{usage} for options that leave nothing or contradict each other, and for test ratings of training's pairs;
/// Error{data} for repeats with --duplicates error.
void prepare(Dataset&, const PrepareOptions&);

/// A pair that stands more than once keeps one row of each part (training, predefined test).
void settle_duplicates(Dataset&, const PrepareOptions&);

/// Leaves the rows that are marked, in their order.
void keep_rows(Dataset&, const std::vector<bool>& kept);

}  // namespace movrec
