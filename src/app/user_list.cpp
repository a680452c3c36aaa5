#include "app/user_list.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

constexpr std::size_t kMostOfList = std::size_t{256} << 20;

class UserFinder {
 public:
  UserFinder(const UserMap& known, std::string_view dataset) : known_(known), dataset_(dataset) {}

  UserId find(std::string_view text) const {
    UserId id{std::string(text)};
    if (known_.find(id)) return id;
    fail(ErrorKind::usage, "user {} is not in {} ({})", shown(text), dataset_, what_is_known());
  }
  bool knows(std::string_view text) const { return known_.find(UserId(std::string(text))).has_value(); }

 private:
  std::string what_is_known() const {
    const IdTable& ids = known_.table();
    const std::string last = ids.spelling(ids.size() - 1);
    return ids.are_numbers()
               ? fmt::format("ids {} to {}", ids.spelling(0), last)
               : fmt::format("its ids are spelt like {} and {}", shown(ids.spelling(0)), shown(last));
  }

  const UserMap& known_;
  std::string_view dataset_;
};

/// Calls visit(part) for each part of `text` between separators.
template <class Visit>
void for_each_part(std::string_view text, char separator, Visit&& visit) {
  while (true) {
    const std::size_t end = text.find(separator);
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// Whether it is a list of ids and no file that is missing: numbers, or a known id among them.
bool looks_like_ids(std::string_view users, const UserFinder& finder) {
  bool knows_any = finder.knows(users) || users.find_first_not_of("-0123456789, ") == std::string_view::npos;
  for_each_part(users, ',', [&](std::string_view id) { knows_any |= finder.knows(trim(id)); });
  return knows_any;
}

}  // namespace

std::vector<UserId> find_users(std::span<const std::string> ids,
                               const std::string& users,
                               const UserMap& known,
                               std::string_view dataset) {
  const UserFinder finder(known, dataset);
  std::vector<UserId> found;
  const auto find_all = [&](std::string_view list) {
    if (finder.knows(list)) {  // commas may be part of an id
      found.push_back(finder.find(list));
    } else {
      for_each_part(list, ',', [&](std::string_view id) { found.push_back(finder.find(trim(id))); });
    }
  };
  for (const std::string& list : ids) in_context("‹user›", [&] { find_all(list); });
  std::error_code absent;
  if (users == "all") {
    for (UserId& id : known.ids()) found.push_back(std::move(id));
  } else if (!users.empty() && !std::filesystem::exists(users, absent) && looks_like_ids(users, finder)) {
    in_context("‹users›", [&] { find_all(users); });
  } else if (!users.empty()) {
    const std::string text = in_context("‹users›", [&] { return read_file(users, kMostOfList); });
    int line_number = 0;
    for_each_part(text, '\n', [&](std::string_view line) {
      ++line_number;
      const std::string_view id = trim(line.substr(0, line.find('#')));
      if (!id.empty())
        in_context(fmt::format("{}:{}", users, line_number), [&] { found.push_back(finder.find(id)); });
    });
  }
  if (found.empty()) fail(ErrorKind::usage, "‹users›: {} names no users", shown(users));
  return found;
}

}  // namespace movrec
