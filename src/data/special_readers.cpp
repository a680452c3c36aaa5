#include "data/special_readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "data/date.hpp"
#include "movrec/core/error.hpp"

namespace movrec {
namespace {

constexpr float kJesterMissing = 99, kJesterMost = 10;
constexpr std::size_t kFewestJokes = 20;

std::string_view first_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// The film of "17:".
std::optional<std::int64_t> film_of(std::string_view line) {
  if (line.empty() || line.back() != ':') return {};
  line.remove_suffix(1);
  return plain_number(line);
}

struct NetflixRating {
  std::int64_t user = 0, time = 0;
  float stars = 0;
};
std::optional<NetflixRating> netflix_rating(std::string_view line) {
  const auto fields = split(line, ",");
  if (fields.size() != 3 || fields[2].size() != 10) return {};
  const auto user = plain_number(fields[0]);
  const auto stars = to_number<float>(fields[1]);
  const auto time = parse_date(fields[2]);
  if (!user || !stars || !(*stars >= 1 && *stars <= 5) || !time) return {};
  return NetflixRating{*user, *time, *stars};
}

bool is_netflix(std::string_view text) {
  return film_of(first_line(text)) && netflix_rating(first_line(text));
}

std::optional<std::vector<float>> numbers_of(std::string_view line) {
  const char separator = line.find('\t') != std::string_view::npos  ? '\t'
                         : line.find(';') != std::string_view::npos ? ';'
                                                                    : ',';
  std::vector<float> numbers;
  for (const std::string_view field : split(line, std::string_view(&separator, 1))) {
    const auto number = to_number<float>(trim(field));
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

/// Whether the first number says how many of the others are ratings.
bool is_jester_row(const std::vector<float>& numbers) {
  if (numbers.size() <= kFewestJokes) return false;
  std::size_t n_rated = 0;
  for (std::size_t k = 1; k < numbers.size(); ++k) {
    if (numbers[k] == kJesterMissing) continue;
    if (!(std::abs(numbers[k]) <= kJesterMost)) return false;
    ++n_rated;
  }
  return numbers[0] == static_cast<float>(n_rated);
}

bool is_jester(std::string_view text) {
  for (int n = 0; n < 3; ++n) {
    const std::string_view line = first_line(text);
    if (n > 0 && line.empty()) break;
    const auto numbers = numbers_of(line);
    if (!numbers || !is_jester_row(*numbers)) return false;
  }
  return true;
}

/// Calls visit(line, number) for each line that is not blank.
void for_each_line(TextBlocks& blocks,
                   const TextBlock& first,
                   const std::function<void(std::string_view, std::size_t)>& visit) {
  TextBlock block = first;
  do {
    std::string_view rest = block.text;
    for (std::size_t number = block.first_line; !rest.empty(); ++number)
      if (const std::string_view line = first_line(rest); !line.empty()) visit(line, number);
  } while (blocks.next(block));
}

void read_netflix(TextBlocks& blocks, const TextBlock& first, BadLines& bad_lines, RawRatings& ratings) {
  std::int32_t film = -1;
  for_each_line(blocks, first, [&](std::string_view line, std::size_t number) {
    if (const auto id = film_of(line)) {
      film = ratings.item_ids.place_of(*id);
    } else if (const auto rating = netflix_rating(line)) {
      ratings.add(ratings.user_ids.place_of(rating->user), film, rating->stars);
      ratings.times.push_back(rating->time);
    } else {
      bad_lines.reject(blocks.name(), number, "a film's id and ':', or user,stars,date", line);
    }
  });
}

void read_jester(TextBlocks& blocks, const TextBlock& first, BadLines& bad_lines, RawRatings& ratings) {
  std::int64_t user = 0;
  std::size_t n_fields = 0;
  for_each_line(blocks, first, [&](std::string_view line, std::size_t number) {
    ++user;
    const auto numbers = numbers_of(line);
    if (n_fields == 0 && numbers) n_fields = numbers->size();
    if (!numbers || numbers->size() != n_fields || !is_jester_row(*numbers)) {
      bad_lines.reject(blocks.name(), number, "how many ratings follow, and a rating or 99 for each joke",
                       line);
      return;
    }
    for (std::size_t joke = 1; joke < n_fields; ++joke)
      if ((*numbers)[joke] != kJesterMissing)
        ratings.add(ratings.user_ids.place_of(user),
                    ratings.item_ids.place_of(static_cast<std::int64_t>(joke)), (*numbers)[joke]);
  });
}

}  // namespace

std::optional<ReadReport> read_special(TextBlocks& blocks,
                                       const TextBlock& first,
                                       const ReadOptions& options,
                                       BadLines& bad_lines,
                                       RawRatings& ratings) {
  if (!options.columns.empty()) return {};
  const bool is_matrix = is_jester(first.text);
  if (!is_matrix && !is_netflix(first.text)) return {};
  const std::size_t n_before = ratings.size();
  if (n_before > 0 && (ratings.times.empty() != is_matrix || ratings.feedback != Feedback::stars))
    fail(ErrorKind::data, "{}: is of another kind than the ratings before it", blocks.name());
  is_matrix ? read_jester(blocks, first, bad_lines, ratings)
            : read_netflix(blocks, first, bad_lines, ratings);
  if (ratings.size() == n_before) fail(ErrorKind::data, "{} holds no ratings", blocks.name());
  ReadReport report{.file = fmt::format("{} ({})", blocks.name(), is_matrix ? "Jester" : "Netflix Prize"),
                    .columns = {"user=line", "item=column", "rating"},
                    .n_ratings = ratings.size() - n_before,
                    .has_times = !is_matrix};
  if (!is_matrix)
    report.columns = {"item=line before", "user=column 1", "rating=column 2", "time=column 3 (dates)"};
  return report;
}

}  // namespace movrec
