#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace movrec::test {

/// A fresh folder that is removed with everything in it at the end of the test.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }
  /// Names of all files below, relative to the folder: to show what is left there, and that nothing else is.
  std::set<std::string> files() const;

 private:
  std::filesystem::path path_;
};

}  // namespace movrec::test
