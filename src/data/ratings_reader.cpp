#include "data/ratings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <span>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

constexpr std::size_t kConsumeBytes = std::size_t{1} << 24;
constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

using Role = RatingColumn::Role;
using enum RatingColumn::Role;
constexpr std::array<std::string_view, RatingColumn::kRoles> kRoleNames = {"user", "item", "rating", "time"};

struct Format {
  std::string_view separator;
  std::size_t n_fields = 0;
  bool has_header = false;
  bool is_plain = false;  ///< user, item, stars, time and nothing else
  std::array<std::size_t, RatingColumn::kRoles> column{kAbsent, kAbsent, kAbsent, kAbsent};
};

/// Lower-case letters and digits alone: "userId", "user_id" and "User ID" are one name.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)))
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return plain;
}

struct Alias {
  std::string_view name;
  Role role;
};
constexpr std::array kAliases = {Alias{"user", kUser},     Alias{"userid", kUser},  Alias{"uid", kUser},
                                 Alias{"item", kItem},     Alias{"itemid", kItem},  Alias{"iid", kItem},
                                 Alias{"movie", kItem},    Alias{"movieid", kItem}, Alias{"rating", kStars},
                                 Alias{"stars", kStars},   Alias{"score", kStars},  Alias{"time", kTime},
                                 Alias{"timestamp", kTime}};

std::string_view unquoted(std::string_view field) {
  field = trim(field);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
    return field.substr(1, field.size() - 2);
  return field;
}

void set_column(Format& format, Role role, std::size_t column, std::string_view columns) {
  if (format.column[role] != kAbsent)
    fail(ErrorKind::usage, "‹columns› {}: the column '{}' is named twice", columns, kRoleNames[role]);
  format.column[role] = column;
}

/// Fills format.column from --columns. `header` is empty if the file has none.
void set_columns(Format& format,
                 std::string_view columns,
                 std::span<const std::string> header,
                 std::string_view file) {
  std::vector<std::string_view> words = split(columns, ",");
  for (std::string_view& word : words) word = trim(word);
  const auto in_header = [&](std::string_view word) { return std::ranges::find(header, word); };
  const bool are_roles = std::ranges::all_of(
      words, [](std::string_view word) { return word == "-" || RatingColumn::role_of(word); });
  const bool are_header_names =
      std::ranges::all_of(words, [&](std::string_view word) { return in_header(word) != header.end(); });
  if (are_header_names) {
    if (!are_roles && (words.size() < kTime || words.size() > kRoles))
      fail(ErrorKind::usage, "‹columns› {}: expected the names of the columns user, item, rating and time",
           columns);
    for (std::size_t i = 0; i < words.size(); ++i)
      set_column(format, are_roles ? *RatingColumn::role_of(words[i]) : static_cast<Role>(i),
                 static_cast<std::size_t>(in_header(words[i]) - header.begin()), columns);
  } else if (are_roles) {
    if (words.size() > format.n_fields)
      fail(ErrorKind::usage, "‹columns› {}: {} columns, but {} has {}", columns, words.size(), file,
           format.n_fields);
    for (std::size_t i = 0; i < words.size(); ++i)
      if (const auto role = RatingColumn::role_of(words[i])) set_column(format, *role, i, columns);
  } else {
    throw Error(ErrorKind::usage,
                fmt::format("‹columns› {}: expected columns of {}, or user, item, rating, time and -",
                            columns, file));
  }
  for (const Role role : {kUser, kItem, kStars})
    if (format.column[role] == kAbsent)
      fail(ErrorKind::usage, "‹columns› {}: no column is named '{}'", columns, kRoleNames[role]);
}

Format detect_format(std::string_view line,
                     std::size_t line_number,
                     std::string_view file,
                     std::string_view columns) {
  Format format;
  for (const std::string_view separator : {"::", "\t", ";", ","})
    if (format.separator.empty() && line.find(separator) != std::string_view::npos)
      format.separator = separator;
  std::vector<std::string> fields;
  if (!format.separator.empty())
    for (std::string_view field : split(line, format.separator)) fields.emplace_back(unquoted(field));
  format.n_fields = fields.size();
  if (format.n_fields < 3)
    fail(ErrorKind::data,
         "{}:{}: expected a user, an item and stars separated by '::', tab, ';' or ',', found '{}'", file,
         line_number, shown(line));
  format.has_header = std::ranges::none_of(
      fields, [](std::string_view field) { return to_number<double>(field).has_value(); });
  if (!columns.empty()) {
    set_columns(format, columns,
                format.has_header ? std::span<const std::string>(fields) : std::span<const std::string>{},
                file);
  } else if (format.has_header) {
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (const auto role = RatingColumn::role_of(fields[i]); role && format.column[*role] == kAbsent)
        format.column[*role] = i;
    for (const Role role : {kUser, kItem, kStars})
      if (format.column[role] == kAbsent)
        throw Error(ErrorKind::data,
                    fmt::format("{}:{}: no column is named '{}' or alike, found '{}'", file, line_number,
                                kRoleNames[role], shown(line)),
                    {}, "name the columns: ‹columns› USER,ITEM,RATING,TIME");
  } else {
    format.column = {0, 1, 2, format.n_fields > 3 ? 3 : kAbsent};
  }
  format.is_plain =
      format.n_fields == kRoles && format.column == std::array<std::size_t, RatingColumn::kRoles>{0, 1, 2, 3};
  return format;
}

/// Splits into at most fields.size() fields and returns how many there are (one more than fit is the limit).
std::size_t split_fields(std::string_view line,
                         std::string_view separator,
                         std::span<std::string_view> fields) {
  const char first = separator.front();
  const std::size_t width = separator.size();
  std::size_t n = 0, begin = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != first || (width == 2 && (i + 1 == line.size() || line[i + 1] != first))) continue;
    if (n == fields.size()) return n + 1;
    fields[n++] = line.substr(begin, i - begin);
    i += width - 1;
    begin = i + 1;
  }
  if (n == fields.size()) return n + 1;
  fields[n++] = line.substr(begin);
  return n;
}

std::optional<float> to_stars(std::string_view text, StarScale allowed) {
  const bool one_digit = text.size() == 1 && text[0] >= '0' && text[0] <= '9';
  const auto stars = one_digit ? std::optional(static_cast<float>(text[0] - '0')) : to_number<float>(text);
  return stars && *stars >= allowed.min && *stars <= allowed.max ? stars : std::nullopt;  // NaN fails both
}

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

/// Steps over one character, or two of them.
bool take(std::string_view line, std::size_t& at, char c, bool twice) {
  const std::size_t end = at + (twice ? 2 : 1);
  if (end > line.size() || line[at] != c || line[end - 1] != c) return false;
  at = end;
  return true;
}

/// The same for a plain number: without zeros in front, which would belong to how an id is spelt.
bool take_number(std::string_view line, std::size_t& at, std::int64_t& value) {
  const std::size_t begin = at;
  return take_digits(line, at, value) && (line[begin] != '0' || at == begin + 1);
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
  return separated(at) && take_digits(line, at, row.time) && at == line.size();
}

class RatingsReader {
 public:
  RatingsReader(
      Format format, std::string_view file, StarScale allowed, BadLines& bad_lines, RawRatings& ratings)
      : format_(format), file_(file), allowed_(allowed), bad_lines_(bad_lines), ratings_(ratings) {}

  /// Appends a plain line's rating; false, and nothing done, for any other line.
  bool add_plain(std::string_view line) {
    Row row;
    if (!format_.is_plain || !parse_plain(line, format_.separator, row) ||
        !(row.stars >= allowed_.min && row.stars <= allowed_.max))
      return false;
    append(ratings_.user_ids.place_of(row.user), ratings_.item_ids.place_of(row.item), row.stars, row.time);
    return true;
  }

  /// Appends the rating of a line's fields; `line` is the whole of it, for messages.
  template <class Field>
  void add(std::span<const Field> fields, std::size_t n_fields, std::string_view line, std::size_t number) {
    if (n_fields != format_.n_fields)
      return reject(line, number,
                    fmt::format("{} fields separated by '{}'", format_.n_fields,
                                format_.separator == "\t" ? "\\t" : format_.separator));
    const auto field = [&](Role role) { return std::string_view(fields[format_.column[role]]); };
    const std::string_view user = trim(field(kUser)), item = trim(field(kItem));
    if (user.empty()) return reject(line, number, "a user's id");
    if (item.empty()) return reject(line, number, "an item's id");
    if (!is_utf8(user) || !is_utf8(item)) return reject(line, number, "ids in UTF-8");
    const auto stars = to_stars(field(kStars), allowed_);
    if (!stars) return reject(line, number, fmt::format("stars from {} to {}", allowed_.min, allowed_.max));
    const auto time = has_time() ? to_number<std::int64_t>(field(kTime)) : 0;
    if (!time) return reject(line, number, "a time in whole seconds");
    append(ratings_.user_ids.place_of(user), ratings_.item_ids.place_of(item), *stars, *time);
  }
  bool has_time() const { return format_.column[kTime] != kAbsent; }

 private:
  void append(std::int32_t user, std::int32_t item, float stars, std::int64_t time) {
    ratings_.add(user, item, stars);
    if (has_time()) ratings_.times.push_back(time);
  }
  void reject(std::string_view line, std::size_t number, std::string_view expected) {
    bad_lines_.reject(file_, number, expected, line);
  }

  Format format_;
  std::string_view file_;
  StarScale allowed_;
  BadLines& bad_lines_;
  RawRatings& ratings_;
};

}  // namespace

std::optional<Role> RatingColumn::role_of(std::string_view name) {
  const std::string plain = plain_name(name);
  const auto* const found = std::ranges::find(kAliases, plain, &Alias::name);
  return found == kAliases.end() ? std::nullopt : std::optional(found->role);
}

void read_ratings(std::string_view text,
                  std::string_view file,
                  std::string_view columns,
                  StarScale allowed,
                  BadLines& bad_lines,
                  RawRatings& ratings,
                  const std::function<void(std::size_t, std::size_t)>& consumed) {
  const char* const file_begin = text.data();
  text = without_bom(text);
  Lines lines(text);
  std::string_view line;
  if (!lines.next(line)) fail(ErrorKind::data, "{} is empty: expected ratings", file);
  const Format format = detect_format(line, lines.number(), file, columns);
  RatingsReader reader(format, file, allowed, bad_lines, ratings);
  const std::size_t n_before = ratings.size();
  if (n_before > 0 && reader.has_time() == ratings.times.empty())
    fail(ErrorKind::data, "{}: {} times, unlike the ratings before it", file,
         reader.has_time() ? "has" : "has no");

  const std::size_t n_lines_about = n_before + text.size() / (line.size() + 1) + 1;
  ratings.users.reserve(n_lines_about);
  ratings.items.reserve(n_lines_about);
  ratings.stars.reserve(n_lines_about);
  if (reader.has_time()) ratings.times.reserve(n_lines_about);

  std::size_t n_consumed = 0;
  const auto consume_up_to = [&](const char* position) {
    const auto end = static_cast<std::size_t>(position - file_begin);
    if (!consumed || end < n_consumed + kConsumeBytes) return;
    consumed(n_consumed, end);
    n_consumed = end;
  };
  const bool is_quoted = format.separator.size() == 1 && text.find('"') != std::string_view::npos;
  if (is_quoted) {
    CsvRecords records(text, format.separator.front());
    std::vector<std::string> fields;
    if (format.has_header) records.next(fields);
    while (records.next(fields))
      reader.add(std::span<const std::string>(fields), records.unterminated() ? 0 : fields.size(),
                 records.record(), records.number());
  } else {
    std::vector<std::string_view> fields(format.n_fields);
    bool more = !format.has_header || lines.next(line);
    for (; more; more = lines.next(line)) {
      if (!reader.add_plain(line))
        reader.add(std::span<const std::string_view>(fields), split_fields(line, format.separator, fields),
                   line, lines.number());
      consume_up_to(line.data());
    }
  }
  if (ratings.size() == n_before) fail(ErrorKind::data, "{} holds no ratings", file);
}

}  // namespace movrec
