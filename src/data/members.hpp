#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/text_blocks.hpp"
#include "movrec/fetch/archive.hpp"

namespace movrec {

/// The files of one data set: the members of an archive, or those that lie beside a file.
class Members {
 public:
  static Members of_archive(const std::filesystem::path& archive);
  static Members beside(const std::filesystem::path& file);

  bool contains(std::string_view name) const;
  /// Error{data} if it is absent or damaged.
  std::string read(std::string_view name) const;
  /// The same as a text in blocks, which this must outlive.
  TextBlocks text(std::string_view name) const;
  /// For messages: where the member lies.
  std::string describe(std::string_view name) const;
  /// Names of all members of an archive; none of a folder.
  std::vector<std::string> names() const;

 private:
  std::unique_ptr<Archive> archive_;  ///< null: folder_
  std::filesystem::path folder_;
};

}  // namespace movrec
