#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// What a look at some ratings found, at length.
struct DataCheck {
  std::string name;
  DataNotes notes;
  std::int64_t users = 0, items = 0;
  std::size_t ratings = 0;
  /// Whether a model could be trained on them as they are read.
  bool is_usable() const;
};

/// Reads the ratings to their end, whatever is suspicious. Errors are those of load_dataset for what cannot be read at all.
DataCheck check_data(const DataOptions&, const CacheOptions&);

}  // namespace movrec
