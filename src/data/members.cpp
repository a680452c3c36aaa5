#include "data/members.hpp"

#include "movrec/core/files.hpp"

namespace movrec {
namespace fs = std::filesystem;

Members Members::of_archive(const fs::path& archive) {
  Members members;
  members.archive_ = Archive::open(archive);
  return members;
}

Members Members::beside(const fs::path& file) {
  Members members;
  members.folder_ = file.parent_path();
  return members;
}

bool Members::contains(std::string_view name) const {
  if (archive_) return archive_->contains(name);
  std::error_code ignored;
  return fs::is_regular_file(folder_ / name, ignored);
}

std::string Members::read(std::string_view name) const {
  return archive_ ? archive_->read(name) : read_file(folder_ / name);
}

TextBlocks Members::text(std::string_view name) const {
  return archive_ ? TextBlocks(archive_->stream(name), archive_->describe(name)) : TextBlocks(folder_ / name);
}

std::string Members::describe(std::string_view name) const {
  return archive_ ? archive_->describe(name) : (folder_ / name).string();
}

std::vector<std::string> Members::names() const {
  return archive_ ? archive_->names() : std::vector<std::string>{};
}

}  // namespace movrec
