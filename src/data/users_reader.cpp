#include "data/users_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace movrec {
namespace {

constexpr std::array<std::string_view, 21> kMl1mOccupations = {"other",
                                                               "academic/educator",
                                                               "artist",
                                                               "clerical/admin",
                                                               "college/grad student",
                                                               "customer service",
                                                               "doctor/health care",
                                                               "executive/managerial",
                                                               "farmer",
                                                               "homemaker",
                                                               "K-12 student",
                                                               "lawyer",
                                                               "programmer",
                                                               "retired",
                                                               "sales/marketing",
                                                               "scientist",
                                                               "self-employed",
                                                               "technician/engineer",
                                                               "tradesman/craftsman",
                                                               "unemployed",
                                                               "writer"};

/// The order of the fields in a users file.
struct Layout {
  std::string_view file, separator, expected;
  std::size_t age, gender;
};
constexpr Layout k100k{"u.user", "|", "ID|age|gender|occupation|zip", 1, 2};
constexpr Layout k1m{"users.dat", "::", "ID::gender::age::occupation::zip", 2, 1};
constexpr std::size_t kOccupation = 3, kZip = 4, kFields = 5;

/// users.dat has occupations as numbers, u.user as names.
std::optional<std::int16_t> occupation_of(std::string_view text,
                                          const Layout& layout,
                                          const std::vector<std::string>& names) {
  if (layout.file == k1m.file) {
    const auto code = to_number<std::int16_t>(text);
    return code && *code >= 0 && static_cast<std::size_t>(*code) < names.size() ? code : std::nullopt;
  }
  const auto found = std::ranges::find(names, text);
  return found == names.end() ? std::nullopt
                              : std::optional(static_cast<std::int16_t>(found - names.begin()));
}

}  // namespace

std::vector<std::string> ml_1m_occupations() {
  return {kMl1mOccupations.begin(), kMl1mOccupations.end()};
}

UserFeatures read_users(const Members& members, const UserMap& users, BadLines& bad_lines) {
  const bool is_100k = members.contains(k100k.file);
  if (!is_100k && !members.contains(k1m.file)) return {};
  const Layout& layout = is_100k ? k100k : k1m;

  const auto n = static_cast<std::size_t>(users.size());
  UserFeatures features;
  features.ages.assign(n, 0);
  features.genders.assign(n, '?');
  features.occupations.assign(n, -1);
  features.zips.resize(n);
  std::string_view line;
  if (is_100k) {
    const std::string names = to_utf8(members.read("u.occupation"));
    for (Lines lines(names); lines.next(line);) features.occupation_names.emplace_back(line);
  } else {
    features.occupation_names = ml_1m_occupations();
  }

  const std::string where = members.describe(layout.file), text = to_utf8(members.read(layout.file));
  for (Lines lines(text); lines.next(line);) {
    const auto fields = split(line, layout.separator);
    const UserId id{std::string(trim(fields[0]))};
    if (id.text.empty() || fields.size() != kFields) {
      bad_lines.reject(where, lines.number(), layout.expected, line);
      continue;
    }
    const auto age = to_number<std::int16_t>(fields[layout.age]);
    const std::string_view gender = fields[layout.gender];
    const auto occupation = occupation_of(fields[kOccupation], layout, features.occupation_names);
    if (!age || *age < 0 || *age > 150) {
      bad_lines.reject(where, lines.number(), "an age from 0 to 150", line);
    } else if (gender != "M" && gender != "F") {
      bad_lines.reject(where, lines.number(), "gender M or F", line);
    } else if (!occupation) {
      bad_lines.reject(where, lines.number(),
                       is_100k ? "an occupation of u.occupation" : "an occupation from 0 to 20", line);
    } else if (const auto user = users.find(id)) {
      features.ages[index(*user)] = *age;
      features.genders[index(*user)] = gender[0];
      features.occupations[index(*user)] = *occupation;
      features.zips[index(*user)] = fields[kZip];
    }
  }
  return features;
}

}  // namespace movrec
