#include "movrec/report/run_folder.hpp"

#include <cctype>
#include <cerrno>
#include <ctime>
#include <system_error>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

constexpr const char* kBest = "best.pt";
constexpr const char* kHowToTrain = "movrec train";

bool is_file(const fs::path& path) {
  std::error_code absent;
  return fs::is_regular_file(path, absent);
}

/// A data set may be named after a file: what does not belong into a folder's name becomes '_'.
std::string folder_part(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  return name;
}

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &parts)};
}

/// The run whose `file` was written last, as the path of that file; "" if none has one.
fs::path newest(const fs::path& runs_dir, const fs::path& file) {
  fs::path found;
  fs::file_time_type found_time;
  std::error_code error;
  for (fs::directory_iterator run(runs_dir, error), end; !error && run != end; run.increment(error)) {
    const fs::path candidate = run->path() / file;
    std::error_code absent;
    const fs::file_time_type time = fs::last_write_time(candidate, absent);
    if (absent || !fs::is_regular_file(candidate, absent)) continue;
    if (found.empty() || time > found_time || (time == found_time && candidate > found))
      found = candidate, found_time = time;
  }
  return found;
}

fs::path best_of_run(const fs::path& folder) {
  if (is_file(folder / kBest)) return folder / kBest;
  throw Error(ErrorKind::model, fmt::format("the folder {} has no {}", folder.string(), kBest), {},
              kHowToTrain);
}

}  // namespace

fs::path make_run_folder(const fs::path& runs_dir, const std::string& model, const std::string& dataset) {
  make_directories(runs_dir);
  const std::string name = local_time() + "-" + folder_part(model) + "-" + folder_part(dataset);
  for (int number = 1;; ++number) {
    const fs::path folder = runs_dir / (number == 1 ? name : fmt::format("{}-{}", name, number));
    std::error_code error;
    if (fs::create_directory(folder, error)) return folder;
    if (error && error != std::errc::file_exists)
      fail(ErrorKind::failure, "cannot make the folder {}: {}", folder.string(), error.message());
  }
}

fs::path find_checkpoint(const fs::path& given, const fs::path& runs_dir) {
  if (given.empty()) {
    fs::path found = newest(runs_dir, kBest);
    if (!found.empty()) return found;
    throw Error(ErrorKind::model, fmt::format("there is no trained model in {}", (runs_dir / "").string()),
                fmt::format("looked for */{}", kBest), kHowToTrain);
  }
  std::error_code error;
  const fs::file_status status = fs::status(given, error);
  if (fs::is_directory(status)) return best_of_run(given);
  if (fs::exists(status)) return given;
  const bool is_absent = status.type() == fs::file_type::not_found;
  if (given.has_parent_path() || !is_absent)  // or it cannot be looked at: a loop of links, too long a name
    fail(ErrorKind::model, "cannot read the checkpoint {}: {}", shown(given.string(), kMostOfPath),
         is_absent ? errno_text(ENOENT) : error.message());
  if (fs::is_directory(runs_dir / given, error)) return best_of_run(runs_dir / given);
  fs::path found = newest(runs_dir, given);
  if (!found.empty()) return found;
  throw Error(ErrorKind::model, fmt::format("there is no checkpoint {}", given.string()),
              fmt::format("looked in this folder and in the runs of {}", (runs_dir / "").string()),
              kHowToTrain);
}

}  // namespace movrec
