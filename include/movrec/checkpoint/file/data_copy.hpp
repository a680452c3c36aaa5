#pragma once

#include <cstdint>
#include <filesystem>

#include "movrec/data/dataset.hpp"

namespace movrec {

struct CheckpointFile;

/// The name of a run's own copy of its data, in its folder.
inline constexpr const char* kDataCopy = "data.pt";

/// Writes all of the data set, ratings as narrow as they go: nine bytes each for ml-1m. Atomic. Error{failure}.
void save_data_copy(const std::filesystem::path&, const Dataset&);
/// What was saved, to the bit. Error{model} for a missing, cut, damaged or foreign file; what it makes this allocate stays
/// within a small multiple of its size.
Dataset load_data_copy(const std::filesystem::path&);
/// The same of a file's content; its errors name no file.
Dataset data_copy_from(const CheckpointFile&);

}  // namespace movrec
