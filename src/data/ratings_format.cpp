#include "data/ratings_format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "data/json_objects.hpp"
#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/data/id_map.hpp"

namespace movrec {
namespace {

using enum RatingColumn::Role;

constexpr std::size_t kMostLines = 200;

struct Sample {
  std::vector<std::string_view> lines;
  std::size_t first_number = 1, n_before = 0;
  std::string separator{};  ///< as "sep=;" says
};

/// The first lines that hold something: no comments before the first row, no "sep=;".
Sample take_sample(std::string_view text) {
  Sample sample;
  Lines lines(text);
  std::string_view line;
  bool begun = false;
  while (sample.lines.size() < kMostLines && lines.next(line)) {
    if (!begun && line.size() == 5 && line.starts_with("sep=")) {
      sample.separator = line.substr(4);
      sample.n_before = lines.number();
      continue;
    }
    if (!begun && (line.starts_with('#') || line.starts_with("%"))) {
      sample.n_before = lines.number();
      continue;
    }
    if (trim(line).empty()) continue;
    if (!begun) sample.first_number = lines.number();
    begun = true;
    sample.lines.push_back(line);
  }
  return sample;
}

/// In how many fields most lines are cut, and how many lines are.
struct Cut {
  std::size_t n_fields = 0, n_lines = 0;
};

Cut most_common_cut(std::span<const std::string_view> lines, std::string_view separator) {
  std::map<std::size_t, std::size_t> counts;
  for (const std::string_view line : lines) ++counts[cut(line, separator).size()];
  const std::size_t first = cut(lines.front(), separator).size();
  Cut best{first, counts[first]};
  for (const auto& [n_fields, n_lines] : counts)
    if (n_lines > best.n_lines) best = {n_fields, n_lines};
  return best;
}

/// Characters that may separate: those of usual files first, then any other that is no letter, digit, or part of
/// numbers, times, addresses and names.
std::vector<std::string> candidates(std::string_view line) {
  std::vector<std::string> all{"::", "\t", ";", ",", "|"};
  for (const char c : line) {
    const auto code = static_cast<unsigned char>(c);
    const std::string one(1, c);
    if (code < 0x80 && std::isalnum(code) == 0 &&
        std::string_view("\".-+_'@/: ()").find(c) == std::string_view::npos &&
        std::ranges::find(all, one) == all.end())
      all.push_back(one);
  }
  all.emplace_back(" ");
  return all;
}

/// The separator that cuts most lines alike, into the most fields.
std::string find_separator(const Sample& sample) {
  std::string best;
  std::size_t most = 1;
  for (const std::string& separator : candidates(sample.lines.front())) {
    const Cut found = most_common_cut(sample.lines, separator);
    if (found.n_fields < 2 || 2 * found.n_lines < sample.lines.size()) continue;
    // Two blanks of a date are no better than a separator that is one.
    if (separator == " " && most >= 2) continue;
    if (found.n_fields > most) best = separator, most = found.n_fields;
  }
  return best;
}

bool is_number(std::string_view text, bool decimal_comma) {
  std::string point(text);
  if (decimal_comma) std::ranges::replace(point, ',', '.');
  return to_number<double>(point).has_value();
}

bool is_header(const std::vector<std::vector<std::string>>& rows, std::size_t n_fields, bool decimal_comma) {
  const std::vector<std::string>& first = rows.front();
  const auto numeric = [&](const std::string& field) { return is_number(field, decimal_comma); };
  const RatingColumns by_name = RatingColumns::of_header(first);
  const bool has_names = by_name.has(kUser) && by_name.has(kItem);
  if (std::ranges::any_of(first, numeric)) return false;
  if (has_names || rows.size() == 1) return true;
  // A column of numbers whose first field is none has a name.
  for (std::size_t i = 0; i < std::min(n_fields, first.size()); ++i) {
    const auto n_numbers = std::count_if(rows.begin() + 1, rows.end(),
                                         [&](const auto& row) { return i < row.size() && numeric(row[i]); });
    if (!first[i].empty() && 10 * n_numbers >= 9 * (std::ssize(rows) - 1)) return true;
  }
  return false;
}

/// "17.0", as tables write ids whose column was taken for floats.
bool is_whole_float(std::string_view text) {
  const std::size_t point = text.find('.');
  return point != std::string_view::npos && plain_number(text.substr(0, point)) &&
         text.find_first_not_of('0', point + 1) == std::string_view::npos && point + 1 < text.size();
}

void set_columns(RatingsFormat& format,
                 std::string_view columns,
                 std::string_view line,
                 std::size_t number,
                 std::string_view file,
                 bool third_is_time) {
  const std::size_t n = format.n_fields;
  if (!columns.empty()) {
    format.columns = RatingColumns::of_option(columns, format.header, n, file);
    return;
  }
  if (format.has_header) {
    format.columns = RatingColumns::of_header(format.header);
    for (const auto role : {kUser, kItem})
      if (!format.columns.has(role))
        throw Error(ErrorKind::data,
                    fmt::format("{}:{}: no column is named '{}' or alike, found '{}'", file, number,
                                RatingColumn::kNames[role], shown(line)),
                    {}, "name the columns: ‹columns› user=NAME,item=NAME,rating=NAME,time=NAME");
    return;
  }
  if (n > RatingColumn::kRoles)
    throw Error(
        ErrorKind::data,
        fmt::format("{}:{}: {} columns and no header: which are user, item, rating and time? Found '{}'",
                    file, number, n, shown(line)),
        {}, "number them, e.g. ‹columns› user=2,item=3,rating=4,time=5");
  for (std::size_t i = 0; i < n; ++i) format.columns.set(static_cast<RatingColumn::Role>(i), i);
  if (n == 3 && third_is_time) {
    format.columns.unset(kStars);
    format.columns.set(kTime, 2);
  }
}

/// Of most of the values, where some are damaged.
TimeReader time_reader(std::span<const std::string_view> values, std::string_view format) {
  try {
    return TimeReader::of_sample(values, format);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) throw;
    for (const std::string_view& value : values.first(std::min<std::size_t>(values.size(), 3))) {
      try {
        const TimeReader reader = TimeReader::of_sample(std::span(&value, 1), format);
        const auto n =
            std::ranges::count_if(values, [&](std::string_view one) { return reader.read(one).has_value(); });
        if (2 * n >= std::ssize(values) && !trim(value).empty()) return reader;
      } catch (const Error&) {  // that one is damaged itself
        continue;
      }
    }
    throw;
  }
}

}  // namespace

RatingsFormat detect_ratings_format(std::string_view text,
                                    std::string_view file,
                                    std::string_view columns,
                                    std::string_view time_format) {
  const Sample sample = take_sample(text);
  if (sample.lines.empty()) fail(ErrorKind::data, "{} is empty: expected ratings", file);
  RatingsFormat format;
  format.n_lines_before = sample.n_before;
  format.separator = sample.separator.empty() ? find_separator(sample) : sample.separator;
  const std::string_view line = sample.lines.front();
  if (!format.separator.empty()) format.n_fields = most_common_cut(sample.lines, format.separator).n_fields;
  if (format.n_fields < 2)
    throw Error(
        ErrorKind::data,
        fmt::format("{}:{}: expected a user, an item and a rating with a separator between them, found '{}'",
                    file, sample.first_number, shown(line)),
        "no character cuts these lines into the same number of fields");

  std::vector<std::vector<std::string>> rows;
  for (const std::string_view one : sample.lines) {
    rows.emplace_back();
    for (const std::string_view field : cut(one, format.separator)) rows.back().push_back(unquoted(field));
  }
  const auto share_of = [&](std::size_t column, auto&& is) {
    std::size_t n = 0, n_rows = 0;
    for (std::size_t k = format.has_header ? 1 : 0; k < rows.size(); ++k)
      if (column < rows[k].size() && !rows[k][column].empty()) ++n_rows, n += is(rows[k][column]) ? 1 : 0;
    return n_rows == 0 ? 0.0 : static_cast<double>(n) / static_cast<double>(n_rows);
  };
  const auto comma_decimal = [](const std::string& field) {
    return std::ranges::count(field, ',') == 1 && is_number(field, true) && !is_number(field, false);
  };
  if (format.separator != ",")
    for (std::size_t i = 0; i < format.n_fields; ++i)
      format.decimal_comma |= share_of(i, comma_decimal) > 0.1;
  format.has_header = is_header(rows, format.n_fields, format.decimal_comma);
  if (format.has_header) format.header = rows.front();
  const bool third_is_time = share_of(2, [](const std::string& field) {
                               const auto value = to_number<double>(field);
                               return value && looks_like_time(*value);
                             }) > 0.9;
  if (columns.empty())
    format.layout = format.has_header ? layout_of_header(format.header) : layout_of_rows(rows);
  if (format.layout != nullptr) columns = format.layout->columns;
  set_columns(format, columns, line, sample.first_number, file, third_is_time);
  for (const auto role : {kUser, kItem, kStars, kTime})
    if (format.columns.has(role) && format.columns[role] >= format.n_fields)
      fail(ErrorKind::data, "{}:{}: column {} is the {}, but most lines have {} fields, found '{}'", file,
           sample.first_number, format.columns[role] + 1, RatingColumn::kNames[role], format.n_fields,
           shown(line));
  if (format.has_header) format.header.resize(format.n_fields);

  const auto are_floats = [&](RatingColumn::Role role) {
    return share_of(format.columns[role], is_whole_float) > 0.9;
  };
  format.float_users = are_floats(kUser);
  format.float_items = are_floats(kItem);
  if (format.columns.has(kTime)) {
    std::vector<std::string_view> times;
    for (std::size_t k = format.has_header ? 1 : 0; k < rows.size(); ++k)
      if (rows[k].size() == format.n_fields) times.push_back(rows[k][format.columns[kTime]]);
    format.time =
        in_context(fmt::format("{}: the times", file), [&] { return time_reader(times, time_format); });
  }
  RatingColumns plain;
  for (const auto role : {kUser, kItem, kStars, kTime}) plain.set(role, role);
  format.is_plain = format.n_fields == RatingColumn::kRoles && format.columns == plain &&
                    format.separator != " " && format.time.what() == TimeReader().what() &&
                    !format.decimal_comma && !format.float_users && !format.float_items;
  return format;
}

RatingsFormat detect_json_format(const TextBlock& first,
                                 std::string_view file,
                                 std::string_view columns,
                                 std::string_view time_format) {
  const std::vector<std::string> keys = json_keys(first, file);
  const RatingColumns of_keys = columns.empty() ? RatingColumns::of_header(keys)
                                                : RatingColumns::of_option(columns, keys, keys.size(), file);
  RatingsFormat format;
  format.separator = ",";
  format.has_header = true;
  if (columns.empty()) format.layout = layout_of_header(keys);
  for (const auto role : {kUser, kItem, kStars, kTime}) {
    if (of_keys.has(role)) {
      format.columns.set(role, format.header.size());
      format.header.push_back(keys[of_keys[role]]);
    } else if (role == kUser || role == kItem) {
      throw Error(ErrorKind::data,
                  fmt::format("{}: no key is named '{}' or alike", file, RatingColumn::kNames[role]),
                  fmt::format("its keys are {}", shown(fmt::format("{}", fmt::join(keys, ", ")))),
                  "name them: ‹columns› user=KEY,item=KEY,rating=KEY,time=KEY");
    }
  }
  format.n_fields = format.header.size();
  if (!format.columns.has(kTime)) return format;
  JsonObjects objects(first, format.header, std::string(file));
  std::vector<std::string> times;
  objects.begin(first);
  while (times.size() < kMostLines && objects.next())
    if (objects.fault().empty()) times.emplace_back(objects.values()[format.columns[kTime]]);
  const std::vector<std::string_view> sample(times.begin(), times.end());
  format.time =
      in_context(fmt::format("{}: the times", file), [&] { return time_reader(sample, time_format); });
  return format;
}

}  // namespace movrec
