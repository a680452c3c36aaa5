#include "movrec/data/written_ratings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>

#include "data/rating_columns.hpp"
#include "data/service_exports.hpp"
#include "data/text.hpp"
#include "data/text_blocks.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

using enum RatingColumn::Role;

/// Where the fields stand; the time may be missing.
struct Layout {
  std::array<std::optional<std::size_t>, RatingColumn::kRoles> column{};
  bool has_header = false;
  std::string expected{};
};

std::string_view separator_of(std::string_view line) {
  for (const std::string_view separator : {"::", "\t", ";", ","})
    if (line.find(separator) != std::string_view::npos) return separator;
  return ",";
}

/// Calls visit(fields, line number, line) for each line that is not blank.
void for_each_line(
    std::string_view text,
    std::string_view separator,
    const std::function<void(std::span<const std::string>, std::size_t, std::string_view)>& visit) {
  std::vector<std::string> fields;
  if (separator.size() == 1) {
    CsvRecords records(text, separator.front());
    while (records.next(fields)) visit(fields, records.number(), records.record());
    return;
  }
  std::string_view line;
  for (Lines lines(text); lines.next(line);) {
    const auto parts = split(line, separator);
    fields.assign(parts.begin(), parts.end());
    visit(fields, lines.number(), line);
  }
}

Layout layout_of(std::span<const std::string> first, bool has_users) {
  Layout layout;
  const RatingColumns by_name = RatingColumns::of_header(first);
  for (const auto role : {kUser, kItem, kStars, kTime})
    if (by_name.has(role)) layout.column[role] = by_name[role];
  const bool is_complete =
      layout.column[kItem] && layout.column[kStars] && (layout.column[kUser] || !has_users);
  layout.has_header = is_complete && std::ranges::none_of(first, [](const std::string& field) {
                        return to_number<double>(trim(field)).has_value();
                      });
  if (layout.has_header) {
    if (!has_users) layout.column[kUser] = {};
    layout.expected = fmt::format("{} fields as in the first line", first.size());
  } else if (has_users) {
    layout.column = {0, 1, 2, 3};
    layout.expected = "user,item,stars or user,item,stars,time, with titles that hold a comma in quotes";
  } else {
    layout.column = {std::nullopt, 0, 1, 2};
    layout.expected = "item,stars or item,stars,time, with titles that hold a comma in quotes";
  }
  return layout;
}

std::vector<WrittenRating> read_lines(std::string_view utf8,
                                      std::string_view file,
                                      bool has_users,
                                      StarScale scale) {
  const std::string_view separator = separator_of(utf8.substr(0, utf8.find('\n')));
  std::vector<WrittenRating> ratings;
  std::optional<Layout> layout;
  std::size_t n_fields = 0;
  for_each_line(
      utf8, separator, [&](std::span<const std::string> fields, std::size_t number, std::string_view line) {
        if (!layout) {
          layout = layout_of(fields, has_users);
          n_fields = fields.size();
          if (layout->has_header) return;
        }
        const auto reject = [&](std::string_view expected) {
          fail(ErrorKind::data, "{}:{}: expected {}, found '{}'", file, number, expected, shown(line));
        };
        const std::size_t most = has_users ? 4 : 3;
        if (layout->has_header ? fields.size() != n_fields : fields.size() + 1 < most || fields.size() > most)
          reject(layout->expected);
        const auto field = [&](std::size_t role) {
          const auto column = layout->column[role];
          return column && *column < fields.size() ? trim(fields[*column]) : std::string_view();
        };
        WrittenRating rating{
            .user = std::string(field(kUser)), .item = std::string(field(kItem)), .line = number};
        const auto stars = to_number<float>(field(kStars));
        if (rating.item.empty()) reject("an item's id or title");
        if (!stars || !(*stars >= scale.min && *stars <= scale.max))  // NaN fails both
          reject(fmt::format("stars from {} to {}", scale.min, scale.max));
        rating.stars = *stars;
        if (!field(kTime).empty()) {
          const auto time = to_number<std::int64_t>(field(kTime));
          if (!time) reject("a time in whole seconds");
          rating.time = *time;
        }
        ratings.push_back(std::move(rating));
      });
  return ratings;
}

}  // namespace

std::string read_history_text(const std::string& path) {
  return whole_text(path, kMostOfHistory);
}

WrittenRatings read_written_ratings(std::string_view text,
                                    std::string_view file,
                                    bool has_users,
                                    StarScale scale) {
  const std::string utf8 = to_utf8(text);
  std::optional<WrittenRatings> of_service = read_service_export(utf8, file, scale);
  if (of_service && has_users)
    throw Error(ErrorKind::data,
                fmt::format("{} is somebody's export from {} and names no user", file, of_service->service),
                {}, "movrec recommend ‹history› for a list, or a file with lines user,item,stars");
  WrittenRatings out =
      of_service ? *std::move(of_service) : WrittenRatings{read_lines(utf8, file, has_users, scale), {}};
  if (out.ratings.empty()) fail(ErrorKind::data, "{} holds no ratings", file);
  std::ranges::stable_sort(out.ratings, {}, &WrittenRating::time);  // so that the later one comes later
  return out;
}

}  // namespace movrec
