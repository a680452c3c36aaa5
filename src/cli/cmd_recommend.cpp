#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/fitted.hpp"
#include "cli/user_list.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/recommend/recommender.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

/// Users whose lists are held at once.
constexpr std::size_t kBlockUsers = 1024;

struct OutputOptions {
  std::vector<std::int64_t> user;
  std::string users;
  std::string format;
  std::string output;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(
        Field{.name = "user", .help = "whom to recommend to, by id; several with commas", .value_name = "ID"},
        self.user);
    visit(Field{.name = "users",
                .help = "all, a list of ids (1,2,5), or a file with one id a line",
                .value_name = "LIST"},
          self.users);
    visit(
        Field{.name = "format",
              .help = "table, csv, or jsonl with one JSON object per user (default: by the name of --output, "
                      "else table)",
              .choices = {"", "table", "csv", "jsonl"}},
        self.format);
    visit(Field{.name = "output", .help = "write to this file instead of stdout", .value_name = "FILE"},
          self.output);
  }
};

enum class Format { table, csv, jsonl, json };

Format choose_format(const OutputOptions& options, bool json) {
  if (json && !options.format.empty())
    fail(ErrorKind::usage, "--json and --format {} contradict each other", options.format);
  if (json) return Format::json;
  const std::string ending = std::filesystem::path(options.output).extension().string();
  if (options.format == "csv" || (options.format.empty() && ending == ".csv")) return Format::csv;
  if (options.format == "jsonl" || (options.format.empty() && ending == ".jsonl")) return Format::jsonl;
  return Format::table;
}

/// A recommendation as people and files see it.
struct Line {
  int rank;
  ItemIdx item;
  float score;      ///< what was ranked by: stars, not clipped, or the model's own measure
  float stars;      ///< clipped
  float deviation;  ///< of the rating around `stars`, where the model knows it
};

/// Writes the lists of users, one after the other, between open and close.
class ListWriter {
 public:
  ListWriter(Format format, const Fitted& fitted, std::ostream& out)
      : format_(format), fitted_(fitted), out_(out) {}

  void open() {
    if (format_ == Format::csv)
      out_ << with_deviation(csv_line({"user", "rank", "item", "title", "genres", "score", "stars"}),
                             "deviation");
    if (format_ == Format::json) out_ << R"({"schema":"movrec.recommend/1","users":[)";
  }

  /// The lists of some users. They are put into words side by side, which takes longer than finding them.
  void write(std::span<const UserIdx> users, std::span<const std::vector<Line>> lists) {
    std::vector<std::string> texts(users.size());
#pragma omp parallel for schedule(dynamic, 16)
    for (std::size_t k = 0; k < users.size(); ++k)
      texts[k] = text_of(number(fitted_.dataset.users.id(users[k])), lists[k], n_written_ + k == 0);
    for (const std::string& text : texts) out_ << text;
    n_written_ += users.size();
  }

  void close() {
    if (format_ == Format::json) out_ << "\n]}\n";
    out_.flush();
  }

 private:
  std::string genres(ItemIdx item, std::string_view separator) const {
    return fmt::format("{}", fmt::join(fitted_.dataset.catalog.genres(item), separator));
  }
  bool shows_deviation() const {
    return fitted_.model->knows_deviations();
  }
  /// One more field at the end of a line of CSV, where the model knows it.
  std::string with_deviation(std::string line, std::string_view field) const {
    return shows_deviation() ? line.insert(line.size() - 1, fmt::format(",{}", field)) : line;
  }
  bool shows_score() const {
    return !fitted_.model->scores_are_stars();
  }

  std::string text_of(std::int32_t id, std::span<const Line> lines, bool is_first) const {
    switch (format_) {
      case Format::table:
        return (is_first ? "" : "\n") + table_of(id, lines);
      case Format::csv:
        return csv_of(id, lines);
      case Format::jsonl:
        return to_json(id, lines).dump() + "\n";
      case Format::json:
        break;
    }
    return (is_first ? "\n" : ",\n") + to_json(id, lines).dump();
  }

  std::string table_of(std::int32_t id, std::span<const Line> lines) const {
    using enum Table::Align;
    std::vector<Table::Column> columns{{"rank", right}, {"title"}, {"genres"}, {"stars", right}};
    if (shows_deviation()) columns.push_back({"±", right});
    if (shows_score()) columns.push_back({"score", right});
    Table table(std::move(columns));
    for (const Line& line : lines) {
      std::vector<std::string> cells{fmt::to_string(line.rank), fitted_.dataset.catalog.title(line.item),
                                     genres(line.item, ", "), fmt::format("{:.2f}", line.stars)};
      if (shows_deviation()) cells.push_back(fmt::format("{:.2f}", line.deviation));
      if (shows_score()) cells.push_back(fmt::to_string(line.score));
      table.add_row(std::move(cells));
    }
    return fmt::format("user {}\n", id) + table.text();
  }

  std::string csv_of(std::int32_t id, std::span<const Line> lines) const {
    std::string text;
    for (const Line& line : lines)
      text += with_deviation(csv_line({fmt::to_string(id), fmt::to_string(line.rank),
                                       fmt::to_string(number(fitted_.dataset.items.id(line.item))),
                                       fitted_.dataset.catalog.title(line.item), genres(line.item, "|"),
                                       fmt::to_string(line.score), fmt::to_string(line.stars)}),
                             fmt::to_string(line.deviation));
    return text;
  }

  nlohmann::ordered_json to_json(std::int32_t id, std::span<const Line> lines) const {
    // The shortest digits that give the same float: 4.8, not 4.800000190734863.
    const auto shortest = [](float x) { return std::strtod(fmt::to_string(x).c_str(), nullptr); };
    auto items = nlohmann::ordered_json::array();
    for (const Line& line : lines) {
      items.push_back({{"rank", line.rank},
                       {"item", number(fitted_.dataset.items.id(line.item))},
                       {"title", fitted_.dataset.catalog.title(line.item)},
                       {"genres", fitted_.dataset.catalog.genres(line.item)},
                       {"score", shortest(line.score)},
                       {"stars", shortest(line.stars)}});
      if (shows_deviation()) items.back()["deviation"] = shortest(line.deviation);
    }
    return {{"user", id}, {"items", std::move(items)}};
  }

  Format format_;
  const Fitted& fitted_;
  std::ostream& out_;
  std::size_t n_written_ = 0;
};

/// Ranks, and clipped stars beside the scores.
std::vector<Line> make_lines(const Fitted& fitted, UserIdx user, std::span<const Recommendation> list) {
  std::vector<float> stars;
  std::vector<ItemIdx> items;
  for (const Recommendation& one : list) stars.push_back(one.score), items.push_back(one.item);
  if (!fitted.model->scores_are_stars())
    fitted.model->predict(std::vector<UserIdx>(list.size(), user), items, stars);
  std::vector<float> deviations(list.size());
  if (fitted.model->knows_deviations())
    fitted.model->predict_deviations(std::vector<UserIdx>(list.size(), user), items, {}, deviations);
  std::vector<Line> lines;
  for (std::size_t k = 0; k < list.size(); ++k)
    lines.push_back({.rank = static_cast<int>(k + 1),
                     .item = list[k].item,
                     .score = list[k].score,
                     .stars = fitted.dataset.stars.clip(stars[k]),
                     .deviation = deviations[k]});
  return lines;
}

void write_lists(const Fitted& fitted,
                 const Recommender& recommender,
                 std::span<const UserIdx> users,
                 Format format,
                 std::ostream& out) {
  ListWriter writer(format, fitted, out);
  Progress progress("recommend", std::ssize(users), "users");
  writer.open();
  for (std::size_t begin = 0; begin < users.size(); begin += kBlockUsers) {
    check_stop();
    const auto block = users.subspan(begin, std::min(kBlockUsers, users.size() - begin));
    const auto lists = recommender.top(block);
    progress.clear();
    std::vector<std::vector<Line>> lines;
    for (std::size_t k = 0; k < block.size(); ++k) lines.push_back(make_lines(fitted, block[k], lists[k]));
    writer.write(block, lines);
    progress.update(static_cast<std::int64_t>(begin + block.size()));
  }
  progress.clear();
  writer.close();
}

int run_recommend(const OutputOptions& output,
                  const RecommendOptions& options,
                  const FittedOptions& fitted_options,
                  Invocation& invocation) {
  const Format format = choose_format(output, invocation.global.json);
  if (output.user.empty() && output.users.empty())
    throw Error(ErrorKind::usage, "recommend to whom?", "neither --user nor --users was given",
                "movrec recommend --user 1");
  const Fitted fitted = open_fitted(fitted_options, invocation.global);
  const std::vector<UserIdx> users =
      find_users(output.user, output.users, fitted.dataset.users, fitted.checkpoint.dataset_name);
  const Recommender recommender(*fitted.model, fitted.dataset, fitted.train, options);
  if (recommender.candidates().empty())
    spdlog::warn("no item has {} training ratings and passes the filters",
                 format_count(recommender.min_ratings()));
  spdlog::info("{} on {}: {} of {} items have {} training ratings or more and pass the filters",
               fitted.checkpoint.spec.algorithm, fitted.checkpoint.dataset_name,
               format_count(std::ssize(recommender.candidates())), format_count(fitted.dataset.items.size()),
               recommender.min_ratings());
  if (output.output.empty()) {
    write_lists(fitted, recommender, users, format, *invocation.out);
    return 0;
  }
  write_stream_atomically(output.output,
                          [&](std::ostream& file) { write_lists(fitted, recommender, users, format, file); });
  spdlog::info("wrote the lists of {} users to {}", format_count(std::ssize(users)), output.output);
  return 0;
}

}  // namespace

Action declare_recommend(FlagSet& flags) {
  const auto output = std::make_shared<OutputOptions>();
  const auto options = std::make_shared<RecommendOptions>();
  const auto fitted = std::make_shared<FittedOptions>();
  flags.bind(*output);
  flags.group("What to recommend");
  flags.bind(*options);
  flags.group("Model and data");
  flags.bind(*fitted);
  flags.set_footer(
      "Examples:\n"
      "  movrec recommend --user 1 --top 5\n"
      "  movrec recommend --user 1 --genre Comedy --year-from 1990\n"
      "  movrec recommend --users all --output lists.csv\n");
  return [=](Invocation& invocation) { return run_recommend(*output, *options, *fitted, invocation); };
}

}  // namespace movrec::cli
