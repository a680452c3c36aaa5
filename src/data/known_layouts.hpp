#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace movrec {

/// How the ratings of a published data set are laid out where their header does not say it, or what they stand for.
struct KnownLayout {
  std::string_view name;  ///< "Book-Crossing"
  std::vector<std::string_view>
      header{};  ///< names that the header or the keys hold; empty: there is no header
  bool (*fits)(std::span<const std::string> fields) = nullptr;  ///< a line without a header
  std::string_view columns{};          ///< as ‹columns› says; empty: by their names
  std::string_view feedback = "auto";  ///< as ‹feedback› says
  std::vector<float> missing{};        ///< values that stand for "not rated"
};

/// By the names of the columns; null if none is known.
const KnownLayout* layout_of_header(std::span<const std::string> header);
/// By the first lines of a file without a header; null if none fits most of them.
const KnownLayout* layout_of_rows(std::span<const std::vector<std::string>> rows);

}  // namespace movrec
