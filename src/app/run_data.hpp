#pragma once

#include <filesystem>
#include <string>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/data/dataset.hpp"

namespace movrec {

/// With the paths of files as they are from everywhere.
DataOptions with_absolute_paths(DataOptions);

/// The options that read ratings at `path` as those of a run are read, without its tables of items and users.
DataOptions ratings_alone(DataOptions, const std::string& path);

/// Leaves a copy of the data in a run's folder, so that the run answers wherever it goes; where the folder around it (of
/// a cross-validation, of a recipe) has one, that is it, and what is generated needs none.
void keep_data(const std::filesystem::path& run_folder, const Dataset&);

/// The data that a checkpoint was trained on: the copy in its folder or in the one around it; else the files at the
/// paths that it remembers, or, where it has moved together with them, under the same name in a folder around it.
/// With `elsewhere`, the ratings at that path, which may have grown: the rows that were trained on count, and a warning
/// tells of the others. Error{model} for other ratings, Error{data} with the remedy where none are found.
Dataset data_of_run(const Checkpoint&,
                    const std::filesystem::path& file,
                    const std::string& elsewhere,
                    const CacheOptions&);

}  // namespace movrec
