#pragma once

#include <filesystem>

#include "movrec/data/dataset.hpp"

namespace movrec::test {

/// Options of small_dataset: 60 users, 40 items, 900 ratings.
DataOptions small_data_options();

/// Synthetic data that loads in a few milliseconds and that biases and factors still learn something from.
Dataset small_dataset();

/// Writes the data set as FOLDER/ratings.dat, movies.dat and users.dat, as MovieLens 1M is laid out, and
/// returns the folder.
std::filesystem::path write_ml_folder(const std::filesystem::path& folder, const Dataset&);

}  // namespace movrec::test
