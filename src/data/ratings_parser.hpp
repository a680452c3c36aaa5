#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <span>

#include "data/json_objects.hpp"
#include "data/ratings_format.hpp"
#include "data/ratings_reader.hpp"
#include "data/record_fields.hpp"
#include "movrec/core/error.hpp"

namespace movrec::parsing {

using enum RatingColumn::Role;

/// A rating of plain numbers.
struct Row {
  std::int64_t user = 0, item = 0;
  float stars = 0;
  std::int64_t time = 0;
};

/// Reads the digits at `at`, at most as many as the type surely holds, and steps over them.
template <class Number>
inline bool take_digits(std::string_view line, std::size_t& at, Number& value) {
  const std::size_t begin = at, end = std::min(line.size(), at + std::numeric_limits<Number>::digits10);
  for (value = 0; at < end && line[at] >= '0' && line[at] <= '9'; ++at)
    value = static_cast<Number>(value * 10 + (line[at] - '0'));
  return at > begin;
}

/// The same for a plain number: without zeros in front, which would belong to how an id is spelt.
inline bool take_number(std::string_view line, std::size_t& at, std::int64_t& value) {
  const std::size_t begin = at;
  return take_digits(line, at, value) && (line[begin] != '0' || at == begin + 1);
}

/// Steps over one character, or two of them.
inline bool take(std::string_view line, std::size_t& at, char c, bool twice) {
  const std::size_t end = at + (twice ? 2 : 1);
  if (end > line.size() || line[at] != c || line[end - 1] != c) return false;
  at = end;
  return true;
}

/// The plainest lines, which are nearly all: "12::345::4::978300760" or with 4.5 stars, in one pass. False
/// for every other line; whether it is a good one is for the general way to say.
inline bool parse_plain(std::string_view line, std::string_view separator, Row& row) {
  const auto separated = [&, c = separator[0], twice = separator.size() == 2](std::size_t& at) {
    return take(line, at, c, twice);
  };
  std::size_t at = 0;
  std::int32_t stars = 0;
  if (!take_number(line, at, row.user) || !separated(at) || !take_number(line, at, row.item) ||
      !separated(at) || !take_digits(line, at, stars))
    return false;
  row.stars = static_cast<float>(stars);
  if (take(line, at, '.', false)) {
    if (!take(line, at, '0', false) && !take(line, at, '5', false)) return false;
    if (line[at - 1] == '5') row.stars += 0.5F;
  }
  return separated(at) && take_digits(line, at, row.time) && at == line.size() && row.time <= kMostSeconds;
}

inline std::optional<float> to_stars(std::string_view text, const RatingsFormat& format, StarScale allowed) {
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') {
    const auto stars = static_cast<float>(text[0] - '0');
    return stars >= allowed.min && stars <= allowed.max ? std::optional(stars) : std::nullopt;
  }
  std::optional<float> stars;
  if (format.decimal_comma && text.find(',') != std::string_view::npos) {
    std::string point(text);
    std::ranges::replace(point, ',', '.');
    stars = to_number<float>(point);
  } else {
    stars = to_number<float>(text);
  }
  return stars && *stars >= allowed.min && *stars <= allowed.max ? stars : std::nullopt;  // NaN fails both
}

/// "17.0" as "17".
inline std::string_view without_fraction(std::string_view id) {
  const std::size_t point = id.find('.');
  if (point == std::string_view::npos || id.find_first_not_of('0', point + 1) != std::string_view::npos)
    return id;
  return id.substr(0, point);
}

/// What the column of ratings says, as asked for or by its name.
inline Feedback feedback_of(const RatingsFormat& format, std::string_view file, const ReadOptions& options) {
  const bool has_ratings = format.columns.has(kStars);
  const std::string_view asked =
      options.feedback == "auto" && format.layout != nullptr ? format.layout->feedback : options.feedback;
  if (asked == "stars" && !has_ratings)
    throw Error(ErrorKind::usage, fmt::format("‹feedback› stars: {} has no column of ratings", file), {},
                "‹columns› rating=NAME, or ‹feedback› seen");
  if (asked == "seen") return Feedback::seen;
  if (asked == "counts") return Feedback::counts;
  if (!has_ratings) return Feedback::seen;
  const bool is_count =
      asked == "auto" && format.has_header && RatingColumn::is_count(format.header[format.columns[kStars]]);
  return is_count ? Feedback::counts : Feedback::stars;
}

/// Appends the ratings of one file to those that are there, line by line.
class RatingsParser {
 public:
  RatingsParser(RatingsFormat format,
                std::string file,
                const ReadOptions& options,
                BadLines& bad_lines,
                RawRatings& ratings)
      : format_(std::move(format)),
        file_(std::move(file)),
        options_(options),
        bad_lines_(bad_lines),
        ratings_(ratings),
        separated_(fmt::format("{} fields separated by {}",
                               format_.n_fields,
                               format_.separator == "\t"  ? "'\\t'"
                               : format_.separator == " " ? "blanks"
                                                          : "'" + format_.separator + "'")),
        fields_(format_.n_fields),
        feedback_(feedback_of(format_, file_, options)),
        missing_(options.missing.empty() && !options.accepts_all && format_.layout != nullptr
                     ? format_.layout->missing
                     : options.missing),
        has_quotes_(format_.separator.size() == 1 && format_.separator != "\t" && format_.separator != " ") {}

  const RatingsFormat& format() const { return format_; }
  bool has(RatingColumn::Role role) const { return format_.columns.has(role); }

  /// All lines of a block; how many bytes of its end belong to a record that goes on, unless it is the last.
  std::size_t parse(const TextBlock& block, bool is_last) {
    std::string_view rest = block.text;
    std::size_t number = block.first_line;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      std::size_t n_bytes = std::min(end + 1, rest.size()), n_lines = 1;
      if (number > format_.n_lines_before && !line.empty() && !add_plain(line)) {
        if (has_quotes_ && std::memchr(line.data(), '"', line.size()) != nullptr) {
          if (const auto length = split_record(rest, format_.separator[0], record_)) {
            n_bytes = std::min(*length + 1, rest.size());
            n_lines += static_cast<std::size_t>(std::ranges::count(rest.substr(0, *length), '\n'));
            add(record_, record_.size(), rest.substr(0, *length), number);
          } else if (!is_last && number > block.first_line && is_near_the_end(rest)) {
            return rest.size();
          } else {
            add_with_stray_mark(line, number);
          }
        } else {
          add(fields_, split_fields(line, format_.separator, fields_), line, number);
        }
      }
      rest.remove_prefix(n_bytes);
      number += n_lines;
    }
    return 0;
  }

  void add_object(const JsonObjects& object) {
    if (!object.fault().empty()) return reject(object.text(), object.number(), object.fault());
    add(object.values(), object.values().size(), object.text(), object.number());
  }

  Feedback feedback() const { return feedback_; }
  std::size_t n_missing() const { return n_missing_; }
  std::size_t n_headers() const { return n_headers_; }

 private:
  /// Whether a record that begins here might only be cut by the block's end.
  static bool is_near_the_end(std::string_view rest) {
    std::size_t n_lines = 0;
    for (const char c : rest)
      if (c == '\n' && ++n_lines > kMostLinesOfRecord) return false;
    return true;
  }

  /// Appends a plain line's rating; false, and nothing done, for any other line.
  bool add_plain(std::string_view line) {
    Row row;
    if (!format_.is_plain || feedback_ != Feedback::stars || !parse_plain(line, format_.separator, row) ||
        !(row.stars >= options_.allowed.min && row.stars <= options_.allowed.max))
      return false;
    if (is_missing(row.stars)) return true;
    append(ratings_.user_ids.place_of(row.user), ratings_.item_ids.place_of(row.item), row.stars, row.time);
    return true;
  }

  bool is_missing(float stars) {
    if (missing_.empty() || std::ranges::find(missing_, stars) == missing_.end()) return false;
    ++n_missing_;
    return true;
  }

  /// A field without blanks and quotes around it; with doubled quotes in it it is put together in `buffer`.
  static std::string_view content(std::string_view field, std::string& buffer) {
    field = trim(field);
    if (field.size() < 2 || field.front() != '"' || field.back() != '"') return field;
    const std::string_view inner = field.substr(1, field.size() - 2);
    if (inner.find('"') == std::string_view::npos) return trim(inner);
    buffer = unquoted(field);
    return buffer;
  }

  bool is_header(std::span<const std::string_view> fields) const {
    if (!format_.has_header) return false;
    std::string buffer;
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (content(fields[i], buffer) != format_.header[i]) return false;
    return true;
  }

  /// A line with a mark that does not close: a good one if none of the fields that count holds it.
  void add_with_stray_mark(std::string_view line, std::size_t number) {
    const std::size_t n = split_fields(line, format_.separator, fields_);
    for (const auto role : {kUser, kItem, kStars, kTime})
      if (n == format_.n_fields && has(role) &&
          fields_[format_.columns[role]].find('"') != std::string_view::npos)
        return reject(line, number, "quotation marks that close");
    add(fields_, n, line, number);
  }

  /// Appends the rating of a line's fields; `line` is the whole of it, for messages.
  void add(std::span<const std::string_view> fields,
           std::size_t n_fields,
           std::string_view line,
           std::size_t number) {
    if (n_fields != format_.n_fields) return reject(line, number, separated_);
    fields = fields.first(n_fields);
    const RatingColumns& columns = format_.columns;
    std::string_view user = content(fields[columns[kUser]], user_),
                     item = content(fields[columns[kItem]], item_);
    if (format_.has_header && user == format_.header[columns[kUser]] && is_header(fields)) {
      ++n_headers_;
      return;
    }
    if (user.empty()) return reject(line, number, "a user's id");
    if (item.empty()) return reject(line, number, "an item's id");
    if (format_.float_users) user = without_fraction(user);
    if (format_.float_items) item = without_fraction(item);
    std::optional<float> stars = 1.F;
    float rated = 1;
    if (columns.has(kStars)) {
      const std::string_view text = content(fields[columns[kStars]], stars_);
      stars = to_stars(text, format_, options_.allowed);
      if (!stars && text.empty() && !is_release()) {
        ++n_missing_;
        return;
      }
      if (!stars && feedback_ == Feedback::seen) stars = 1;  // "purchase"
      if (!stars) return reject(line, number, expected_stars());
      if (feedback_ != Feedback::stars && *stars <= 0) {
        if (*stars < 0) return reject(line, number, "a count");
        ++n_missing_;
        return;
      }
      rated = *stars;
      if (feedback_ == Feedback::seen) stars = 1;
    }
    std::optional<std::int64_t> time = 0;
    if (columns.has(kTime)) time = format_.time.read(content(fields[columns[kTime]], time_));
    if (!time) return reject(line, number, format_.time.expected());
    if (columns.has(kStars) && is_missing(rated)) return;
    append(ratings_.user_ids.place_of(user), ratings_.item_ids.place_of(item), *stars, *time);
  }

  bool is_release() const { return options_.allowed.min > kAnyStars.min; }
  std::string expected_stars() const {
    return is_release() ? fmt::format("stars from {} to {}", options_.allowed.min, options_.allowed.max)
                        : std::string("a rating in numbers");
  }

  void append(std::int32_t user, std::int32_t item, float stars, std::int64_t time) {
    ratings_.add(user, item, stars);
    if (has(kTime)) ratings_.times.push_back(time);
  }
  void reject(std::string_view line, std::size_t number, std::string_view expected) {
    bad_lines_.reject(file_, number, expected, line);
  }

  RatingsFormat format_;
  std::string file_;
  const ReadOptions& options_;
  BadLines& bad_lines_;
  RawRatings& ratings_;
  std::string separated_;
  std::vector<std::string_view> fields_, record_;
  Feedback feedback_;
  std::vector<float> missing_;
  bool has_quotes_;
  std::size_t n_missing_ = 0, n_headers_ = 0;
  std::string user_, item_, stars_, time_;  // fields that had to be put together
};

}  // namespace movrec::parsing
