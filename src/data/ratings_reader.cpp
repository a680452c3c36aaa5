#include "data/ratings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <span>

#include "data/json_objects.hpp"
#include "data/ratings_format.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

using enum RatingColumn::Role;

/// A quoted field runs over so many lines at most.
constexpr int kMostLinesOfRecord = 50;

struct Row {
  std::int64_t user = 0, item = 0;
  float stars = 0;
  std::int64_t time = 0;
};

/// Reads the digits at `at`, at most as many as the type surely holds, and steps over them.
template <class Number>
bool take_digits(std::string_view line, std::size_t& at, Number& value) {
  const std::size_t begin = at, end = std::min(line.size(), at + std::numeric_limits<Number>::digits10);
  for (value = 0; at < end && line[at] >= '0' && line[at] <= '9'; ++at)
    value = static_cast<Number>(value * 10 + (line[at] - '0'));
  return at > begin;
}

/// The same for a plain number: without zeros in front, which would belong to how an id is spelt.
bool take_number(std::string_view line, std::size_t& at, std::int64_t& value) {
  const std::size_t begin = at;
  return take_digits(line, at, value) && (line[begin] != '0' || at == begin + 1);
}

/// Steps over one character, or two of them.
bool take(std::string_view line, std::size_t& at, char c, bool twice) {
  const std::size_t end = at + (twice ? 2 : 1);
  if (end > line.size() || line[at] != c || line[end - 1] != c) return false;
  at = end;
  return true;
}

/// The plainest lines, which are nearly all: "12::345::4::978300760" or with 4.5 stars, in one pass. False
/// for every other line; whether it is a good one is for the general way to say.
bool parse_plain(std::string_view line, std::string_view separator, Row& row) {
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

/// Fields as they stand between separators, without a look at quotes: at most fields.size(), and how many there are (one
/// more than fit is the limit).
std::size_t split_fields(std::string_view line,
                         std::string_view separator,
                         std::span<std::string_view> fields) {
  std::size_t n = 0, begin = 0;
  const auto add = [&](std::size_t end) {
    if (n < fields.size()) fields[n] = line.substr(begin, end - begin);
    ++n;
  };
  if (separator == " ") {
    for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
      const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
      begin = at;
      add(end);
      if (n > fields.size()) return n;
      at = line.find_first_not_of(" \t", end);
    }
    return n;
  }
  const std::size_t width = separator.size();
  for (std::size_t i = 0; i + width <= line.size();) {
    if (line[i] != separator[0] || (width == 2 && line[i + 1] != separator[1])) {
      ++i;
      continue;
    }
    add(i);
    if (n > fields.size()) return n;
    begin = i += width;
  }
  add(line.size());
  return n;
}

/// The end of a quoted field that begins at `at` with a mark: behind its closing mark, which a separator or a line's end
/// follows. npos where it does not close within a few lines.
std::size_t end_of_quoted(std::string_view text, std::size_t at, char separator) {
  int n_lines = 1;
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\n' && ++n_lines > kMostLinesOfRecord) return std::string_view::npos;
    if (text[i] != '"') continue;
    if (i + 1 < text.size() && text[i + 1] == '"') {
      ++i;
      continue;
    }
    std::size_t after = i + 1;
    while (after < text.size() && text[after] == ' ') ++after;
    return after == text.size() || text[after] == '\n' || text[after] == separator ? after
                                                                                   : std::string_view::npos;
  }
  return std::string_view::npos;
}

/// The record at the beginning of `text`, which may go over several lines, after RFC 4180: its fields with their quotes,
/// and its length without the line's end. nullopt where a mark does not close.
std::optional<std::size_t> split_record(std::string_view text,
                                        char separator,
                                        std::vector<std::string_view>& fields) {
  fields.clear();
  std::size_t begin = 0;
  while (true) {
    std::size_t at = begin;
    while (at < text.size() && text[at] == ' ') ++at;
    std::size_t end = at;
    if (at < text.size() && text[at] == '"') {
      end = end_of_quoted(text, at, separator);
      if (end == std::string_view::npos) return {};
    } else {
      while (end < text.size() && text[end] != separator && text[end] != '\n') ++end;
    }
    fields.push_back(text.substr(begin, end - begin));
    if (end == text.size() || text[end] == '\n') return end;
    begin = end + 1;
  }
}

std::optional<float> to_stars(std::string_view text, const RatingsFormat& format, StarScale allowed) {
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
std::string_view without_fraction(std::string_view id) {
  const std::size_t point = id.find('.');
  if (point == std::string_view::npos || id.find_first_not_of('0', point + 1) != std::string_view::npos)
    return id;
  return id.substr(0, point);
}

class Parser {
 public:
  Parser(RatingsFormat format,
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
    if (!format_.is_plain || !parse_plain(line, format_.separator, row) ||
        !(row.stars >= options_.allowed.min && row.stars <= options_.allowed.max))
      return false;
    if (is_missing(row.stars)) return true;
    append(ratings_.user_ids.place_of(row.user), ratings_.item_ids.place_of(row.item), row.stars, row.time);
    return true;
  }

  bool is_missing(float stars) {
    if (options_.missing.empty() || std::ranges::find(options_.missing, stars) == options_.missing.end())
      return false;
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
    if (columns.has(kStars)) {
      const std::string_view text = content(fields[columns[kStars]], stars_);
      stars = to_stars(text, format_, options_.allowed);
      if (!stars && text.empty() && !is_release()) {
        ++n_missing_;
        return;
      }
      if (!stars) return reject(line, number, expected_stars());
    }
    std::optional<std::int64_t> time = 0;
    if (columns.has(kTime)) time = format_.time.read(content(fields[columns[kTime]], time_));
    if (!time) return reject(line, number, format_.time.expected());
    if (columns.has(kStars) && is_missing(*stars)) return;
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
  bool has_quotes_;
  std::size_t n_missing_ = 0, n_headers_ = 0;
  std::string user_, item_, stars_, time_;  // fields that had to be put together
};

/// The beginning of the file's block: enough to see how it is laid out.
constexpr std::size_t kSampleBytes = std::size_t{1} << 16;

std::string_view sample_of(std::string_view text) {
  text = text.substr(0, kSampleBytes);
  return text.substr(0, text.rfind('\n') + 1);
}

std::string describe(const RatingsFormat& format, RatingColumn::Role role, std::string_view kind) {
  const std::size_t column = format.columns[role];
  return fmt::format("{}={}{}{}", RatingColumn::kNames[role],
                     format.has_header && !format.header[column].empty()
                         ? shown(format.header[column])
                         : fmt::format("column {}", column + 1),
                     kind.empty() ? "" : " ", kind);
}

}  // namespace

ReadReport read_ratings(TextBlocks& blocks,
                        const ReadOptions& options,
                        BadLines& bad_lines,
                        RawRatings& ratings) {
  TextBlock block;
  const std::string& file = blocks.name();
  if (!blocks.next(block)) fail(ErrorKind::data, "{} is empty: expected ratings", file);
  const bool is_json = holds_json_objects(block.text);
  Parser parser(
      is_json ? detect_json_format(block, file, options.columns, options.time_format)
              : detect_ratings_format(sample_of(block.text), file, options.columns, options.time_format),
      file, options, bad_lines, ratings);
  const std::size_t n_before = ratings.size();
  if (n_before > 0 && parser.has(kTime) == ratings.times.empty())
    fail(ErrorKind::data, "{}: {} times, unlike the ratings before it", file,
         parser.has(kTime) ? "has" : "has no");
  if (n_before > 0 && parser.has(kStars) != ratings.has_stars)
    fail(ErrorKind::data, "{}: {} ratings, unlike the lines before it", file,
         parser.has(kStars) ? "has" : "has no");
  ratings.has_stars = parser.has(kStars);
  std::string found = blocks.found();
  if (is_json) {
    JsonObjects objects(block, parser.format().header, file);
    found += fmt::format("{}{}", found.empty() ? "" : ", ", objects.what());
    do {
      objects.begin(block);
      while (objects.next()) parser.add_object(objects);
      objects.end(blocks);
    } while (blocks.next(block));
  } else {
    do {
      const std::size_t n_rest = parser.parse(block, blocks.is_last());
      if (n_rest > 0) blocks.put_back(n_rest);
    } while (blocks.next(block));
  }
  if (ratings.size() == n_before) fail(ErrorKind::data, "{} holds no ratings", file);

  const RatingsFormat& format = parser.format();
  ReadReport report{.file = found.empty() ? file : fmt::format("{} ({})", file, found),
                    .columns = {},
                    .n_ratings = ratings.size() - n_before,
                    .n_missing = parser.n_missing(),
                    .n_headers = parser.n_headers() - (format.has_header && parser.n_headers() > 0 ? 1 : 0),
                    .has_stars = parser.has(kStars),
                    .has_times = parser.has(kTime),
                    .is_by_position = !format.has_header && options.columns.empty()};
  report.columns.push_back(describe(format, kUser, ratings.user_ids.are_numbers() ? "" : "(text)"));
  report.columns.push_back(describe(format, kItem, ratings.item_ids.are_numbers() ? "" : "(text)"));
  if (report.has_stars) report.columns.push_back(describe(format, kStars, ""));
  if (report.has_times)
    report.columns.push_back(describe(format, kTime, fmt::format("({})", format.time.what())));
  return report;
}

ReadReport read_ratings(std::string_view text,
                        std::string_view file,
                        const ReadOptions& options,
                        BadLines& bad_lines,
                        RawRatings& ratings) {
  TextBlocks blocks(text, std::string(file));
  return read_ratings(blocks, options, bad_lines, ratings);
}

}  // namespace movrec
