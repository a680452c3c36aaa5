#include "data/ratings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/json_objects.hpp"
#include "data/ratings_parser.hpp"
#include "data/service_exports.hpp"
#include "data/special_readers.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

using enum RatingColumn::Role;

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
  if (auto report = read_special(blocks, block, options, bad_lines, ratings)) return *std::move(report);
  if (const std::string_view service = service_of(block.text); !service.empty() && options.columns.empty())
    throw Error(ErrorKind::data,
                fmt::format("{} is what {} exports of one person, and no data set", file, service), {},
                fmt::format("movrec recommend ‹history› {}", file));
  const bool is_json = holds_json_objects(block.text);
  parsing::RatingsParser parser(
      is_json ? detect_json_format(block, file, options.columns, options.time_format)
              : detect_ratings_format(sample_of(block.text), file, options.columns, options.time_format),
      file, options, bad_lines, ratings);
  const std::size_t n_before = ratings.size();
  if (n_before > 0 && parser.has(kTime) == ratings.times.empty())
    fail(ErrorKind::data, "{}: {} times, unlike the ratings before it", file,
         parser.has(kTime) ? "has" : "has no");
  if (n_before > 0 && parser.feedback() != ratings.feedback)
    fail(ErrorKind::data, "{}: {} ratings, unlike the lines before it", file,
         parser.has(kStars) ? "has" : "has no");
  ratings.feedback = parser.feedback();
  std::string found = parser.format().layout != nullptr ? std::string(parser.format().layout->name) : "";
  if (const std::string what = blocks.found(); !what.empty()) found += (found.empty() ? "" : ", ") + what;
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
  ReadReport report{
      .file = found.empty() ? file : fmt::format("{} ({})", file, found),
      .columns = {},
      .n_ratings = ratings.size() - n_before,
      .n_missing = parser.n_missing(),
      .n_headers = parser.n_headers() - (format.has_header && parser.n_headers() > 0 ? 1 : 0),
      .feedback = parser.feedback(),
      .has_times = parser.has(kTime),
      .is_by_position = !format.has_header && options.columns.empty() && format.layout == nullptr};
  report.columns.push_back(describe(format, kUser, ratings.user_ids.are_numbers() ? "" : "(text)"));
  report.columns.push_back(describe(format, kItem, ratings.item_ids.are_numbers() ? "" : "(text)"));
  if (parser.has(kStars) && report.feedback != Feedback::seen)
    report.columns.push_back(describe(format, kStars, ""));
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
