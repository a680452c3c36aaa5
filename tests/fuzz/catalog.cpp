#include <array>
#include <filesystem>
#include <fstream>
#include <vector>

#include "data/catalog_reader.hpp"
#include "data/users_reader.hpp"
#include "fuzz.hpp"

using namespace movrec;
namespace fs = std::filesystem;

namespace {

/// The files of each layout; the input's parts between NUL bytes are their contents.
const std::array<std::vector<std::string>, 5> kLayouts{{{"u.item", "u.genre"},
                                                        {"movies.dat"},
                                                        {"movies.csv"},
                                                        {"movies_metadata.csv", "links.csv"},
                                                        {"u.user", "u.occupation", "users.dat"}}};

const fs::path& folder() {
  static const fs::path made = [] {
    fs::path path = fs::temp_directory_path() / ("movrec-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path);
    std::atexit([] {
      std::error_code ignored;
      fs::remove_all(folder(), ignored);
    });
    return path;
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<std::string>& names = kLayouts[data[0] % kLayouts.size()];
  std::string_view rest = fuzz::text_of(data + 1, size - 1);
  for (const std::string& name : names) {
    const std::string_view content = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(content.size() + 1, rest.size()));
    std::ofstream(folder() / name, std::ios::binary) << content;
  }
  const ItemMap items({ItemId{1}, ItemId{2}, ItemId{3}});
  const UserMap users({UserId{1}, UserId{2}, UserId{3}});
  for (const bool skips : {false, true})
    fuzz::may_fail([&] {
      BadLines bad_lines(skips);
      const Members members = Members::beside(folder() / "ratings");
      const Catalog catalog = align_catalog(read_catalog(members, bad_lines), items);
      fuzz::require(catalog.titles.size() == 3 && catalog.years.size() == 3);
      for (const std::string& title : catalog.titles) fuzz::require(!title.empty());
      read_users(members, users, bad_lines);
    });
  for (const std::string& name : names) fs::remove(folder() / name);
  return 0;
}
