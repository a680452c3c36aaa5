#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// What a copy of data says before its arrays: the data set without them, and how many there are.
struct DataCopyMeta {
  Dataset dataset;
  std::size_t n_ratings = 0;
  std::int32_t n_users = 0, n_items = 0;
};

nlohmann::json to_meta(const Dataset&);
/// Error{model}, or JSON's own error, where it is not as to_meta writes it.
DataCopyMeta data_copy_meta(const nlohmann::json&);

}  // namespace movrec
