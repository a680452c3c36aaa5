#pragma once

#include <filesystem>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// With the paths of files as they are from everywhere.
DataOptions with_absolute_paths(DataOptions);

/// A run's data where they lie now: at the paths that the run remembers, or, where it has moved together with them, under
/// the same name in a folder around the run's; whoever loads them compares the checksum. Error{data} with the remedy
/// where they are not found.
DataOptions locate_data(DataOptions, const std::filesystem::path& run_folder);

}  // namespace movrec
