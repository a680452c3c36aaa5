#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace movrec {

/// The folds of a cross-validation.
struct CvReport {
  std::string algorithm, dataset;
  std::filesystem::path folder;
  std::vector<std::string> names;               ///< of the folds
  std::vector<nlohmann::ordered_json> results;  ///< documents movrec.train/1
};

/// The document of schema movrec.cv/1: mean and standard deviation (of the sample) of every figure that all folds
/// have.
nlohmann::ordered_json cv_json(const CvReport&);
/// The same for people.
std::string cv_text(const CvReport&);

}  // namespace movrec
