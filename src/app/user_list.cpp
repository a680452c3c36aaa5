#include "app/user_list.hpp"

#include <fmt/format.h>

#include <charconv>

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

  UserId find(std::int64_t number_given) const {
    const UserId id{static_cast<std::int32_t>(number_given)};
    if (number(id) == number_given && known_.find(id)) return id;
    fail(ErrorKind::usage, "user {} is not in {} (ids {} to {})", number_given, dataset_,
         number(known_.ids().front()), number(known_.ids().back()));
  }

  UserId find(std::string_view text) const {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size())
      fail(ErrorKind::usage, "'{}' is not a user id", shown(text));
    return find(id);
  }

 private:
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

}  // namespace

std::vector<UserId> find_users(std::span<const std::int64_t> ids,
                               const std::string& users,
                               const UserMap& known,
                               std::string_view dataset) {
  const UserFinder finder(known, dataset);
  std::vector<UserId> found;
  for (const std::int64_t id : ids) found.push_back(finder.find(id));
  if (users == "all") {
    found.insert(found.end(), known.ids().begin(), known.ids().end());
  } else if (users.find_first_not_of("-0123456789, ") == std::string::npos) {
    if (!users.empty())
      in_context("‹users›", [&] {
        for_each_part(users, ',', [&](std::string_view id) { found.push_back(finder.find(trim(id))); });
      });
  } else {
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
