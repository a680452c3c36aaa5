#include "solve/bfm/bfm_families.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/data/side_columns.hpp"

namespace movrec {
namespace {

using bfm::Family;

/// A family that has a name of its own: whether the data has it, and whether it is there unless families are chosen.
struct BuiltIn {
  std::string_view name;
  bool is_standard;
  bool (*has)(const Ratings&, const SideInfo*);
};
bool always(const Ratings&, const SideInfo*) {
  return true;
}
bool has_times(const Ratings& train, const SideInfo*) {
  return !train.times.empty();
}
bool has_users(const Ratings&, const SideInfo* side) {
  return side != nullptr && !side->users.empty();
}
bool has_genres(const Ratings&, const SideInfo* side) {
  return side != nullptr && std::ranges::any_of(side->items.genre_bits, [](auto bits) { return bits != 0; });
}
bool has_years(const Ratings&, const SideInfo* side) {
  return side != nullptr && std::ranges::any_of(side->items.years, [](auto year) { return year > 0; });
}
constexpr std::array kBuiltIn{
    BuiltIn{"user", true, always},          BuiltIn{"item", true, always},
    BuiltIn{"implicit-user", true, always}, BuiltIn{"implicit-item", true, always},
    BuiltIn{"day", false, has_times},       BuiltIn{"user-day", false, has_times},
    BuiltIn{"age", true, has_users},        BuiltIn{"gender", true, has_users},
    BuiltIn{"occupation", true, has_users}, BuiltIn{"zip", true, has_users},
    BuiltIn{"genres", true, has_genres},    BuiltIn{"year", true, has_years},
};
constexpr std::string_view kAll = "all";
constexpr auto kNames = [] {
  std::array<std::string_view, kBuiltIn.size()> names{};
  std::ranges::transform(kBuiltIn, names.begin(), &BuiltIn::name);
  return names;
}();

/// Columns by their own names where these mean nothing else.
void add_columns(const std::vector<SideColumn>& columns,
                 const std::vector<SideColumn>& of_others,
                 std::string_view side,
                 const SideColumn* Family::*of,
                 std::vector<Family>& families) {
  for (const SideColumn& column : columns) {
    const std::string& name = column.name;
    const bool means_more = name == kAll || std::ranges::find(kNames, name) != kNames.end() ||
                            std::ranges::find(of_others, name, &SideColumn::name) != of_others.end();
    const std::string full_name = fmt::format("{}.{}", side, name);
    families.push_back(
        {.name = means_more ? full_name : name, .full_name = full_name, .is_there = knows_any(column)});
    families.back().*of = &column;
  }
}

std::vector<Family> families_of(const Ratings& train, const SideInfo* side) {
  std::vector<Family> families;
  for (const BuiltIn& one : kBuiltIn)
    families.push_back(
        {.name = std::string(one.name), .is_standard = one.is_standard, .is_there = one.has(train, side)});
  if (side == nullptr) return families;
  const std::vector<SideColumn>&items = side->items.columns, &users = side->users.columns;
  add_columns(items, users, "item", &Family::of_items, families);
  add_columns(users, items, "user", &Family::of_users, families);
  return families;
}

}  // namespace

std::vector<Family> bfm::chosen_families(const Ratings& train,
                                         const SideInfo* side,
                                         std::span<const std::string> asked) {
  std::vector<Family> families = families_of(train, side);
  const auto means = [](const std::string& name) {
    return [&](const Family& family) { return name == family.name || name == family.full_name; };
  };
  const auto refuse = [&](const std::string& name) {
    std::vector<std::string> there;
    for (const Family& one : families)
      if (one.is_there) there.push_back(shown(one.name));
    const std::string_view closest = closest_of(name, there);
    throw Error(ErrorKind::usage,
                fmt::format("‹features› {}: this data set has no such feature", shown(name)),
                fmt::format("it has {}", fmt::join(there, ", ")),
                closest.empty() ? "" : fmt::format("‹features› {}", closest));
  };
  for (const std::string& name : asked) {
    if (name == kAll) continue;
    const auto family = std::ranges::find_if(families, means(name));
    if (family == families.end() || !family->is_there) refuse(name);
  }
  const bool asks_for_all = std::ranges::find(asked, kAll) != asked.end();
  std::erase_if(families, [&](const Family& family) {
    if (asked.empty()) return !family.is_standard || !family.is_there;
    if (asks_for_all) return !family.is_there;
    return std::ranges::none_of(asked, [&](const std::string& name) { return means(name)(family); });
  });
  return families;
}

std::span<const std::string_view> bfm_families() {
  return kNames;
}

std::vector<std::string_view> bfm_feature_names() {
  std::vector<std::string_view> names(kNames.begin(), kNames.end());
  names.insert(names.begin(), kAll);
  return names;
}

}  // namespace movrec
