#include "app/located_data.hpp"

#include <fmt/format.h>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

/// Standard input and /dev/fd/N mean something else in every process.
bool is_lasting(const std::string& path) {
  return !path.empty() && path != "-" && !path.starts_with("/dev/") && !path.starts_with("/proc/");
}

template <class Change>
void for_each_path(DataOptions& data, Change&& change) {
  for (std::string* path : {&data.data, &data.train_file, &data.test_file})
    if (is_lasting(*path)) change(*path);
}

}  // namespace

DataOptions with_absolute_paths(DataOptions data) {
  for_each_path(data, [](std::string& path) { path = fs::absolute(path).lexically_normal().string(); });
  return data;
}

DataOptions locate_data(DataOptions data, const fs::path& run_folder) {
  constexpr int kLevels = 4;
  for_each_path(data, [&](std::string& path) {
    std::error_code absent;
    if (fs::exists(path, absent)) return;
    fs::path folder = fs::absolute(run_folder).lexically_normal();
    for (int level = 0; level < kLevels && folder.has_relative_path();
         ++level, folder = folder.parent_path()) {
      const fs::path beside = folder / fs::path(path).filename();
      if (!fs::exists(beside, absent)) continue;
      path = beside.string();
      return;
    }
    throw Error(ErrorKind::data,
                fmt::format("{}: the ratings it was trained on are not there", shown(run_folder.string())),
                fmt::format("it remembers {}, and no folder around it holds a {}", shown(path, kMostOfPath),
                            shown(fs::path(path).filename().string())),
                "‹data› PATH");
  });
  return data;
}

}  // namespace movrec
