#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "app/list_writer.hpp"
#include "cli/commands/commands.hpp"
#include "cli/parse/person_flags.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/recommend/recommender.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

struct SimilarOptions {
  std::vector<std::string> title;
  std::string format, output;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "format",
                .help = "table or csv (default: by the name of --output, else table)",
                .choices = {"", "table", "csv"}},
          self.format);
    visit(Field{.name = "output", .help = "write to this file instead of stdout", .value_name = "FILE"},
          self.output);
  }
};

[[noreturn]] void fail_without_similarities(const Fitted& fitted) {
  throw Error(ErrorKind::usage,
              fmt::format("{} cannot say how alike items are", fitted.checkpoint.spec.algorithm),
              "it has learned no weights or factors that two items share",
              "movrec train (its default model can), then movrec similar");
}

std::vector<ScoredItem> most_similar(const Fitted& fitted, ItemIdx item, const RecommendOptions& options) {
  std::vector<float> all(static_cast<std::size_t>(fitted.dataset.items.size()));
  fitted.model->item_similarities(item, all);
  const std::vector<ItemIdx> candidates =
      find_candidates(fitted.dataset, fitted.train, options, min_ratings_of(options, fitted.train));
  std::vector<float> scores;
  for (const ItemIdx candidate : candidates) scores.push_back(all[index(candidate)]);
  std::vector<ScoredItem> best =
      best_of(scores, candidates, std::span(&item, 1), static_cast<std::size_t>(options.top));
  std::erase_if(best, [](const ScoredItem& one) { return one.score <= 0; });
  return best;
}

void write_similar(
    const Fitted& fitted, ItemIdx item, std::span<const ScoredItem> best, Format format, std::ostream& out) {
  using enum Table::Align;
  const Catalog& catalog = fitted.dataset.catalog;
  const auto id = [&](ItemIdx of) { return number(fitted.dataset.items.id(of)); };
  const auto genres = [&](ItemIdx of, std::string_view separator) {
    return fmt::format("{}", fmt::join(catalog.genres(of), separator));
  };
  if (format == Format::json) {
    nlohmann::ordered_json json{{"schema", "movrec.similar/1"},
                                {"item", id(item)},
                                {"title", catalog.title(item)},
                                {"items", nlohmann::ordered_json::array()}};
    for (std::size_t k = 0; k < best.size(); ++k)
      json["items"].push_back({{"rank", k + 1},
                               {"item", id(best[k].item)},
                               {"title", catalog.title(best[k].item)},
                               {"genres", catalog.genres(best[k].item)},
                               {"similarity", shortest(best[k].score)}});
    out << json.dump(2) << '\n';
    return;
  }
  if (format == Format::csv) {
    out << "rank,item,title,genres,similarity\n";
    for (std::size_t k = 0; k < best.size(); ++k)
      out << csv_line({fmt::to_string(k + 1), fmt::to_string(id(best[k].item)), catalog.title(best[k].item),
                       genres(best[k].item, "|"), fmt::to_string(best[k].score)});
    return;
  }
  Table table({{"rank", right}, {"title"}, {"genres"}, {"similarity", right}});
  for (std::size_t k = 0; k < best.size(); ++k)
    table.add_row({fmt::to_string(k + 1), catalog.title(best[k].item), genres(best[k].item, ", "),
                   fmt::format("{:.3f}", best[k].score)});
  out << fmt::format("like {}\n{}", catalog.title(item), table.text());
}

int run_similar(const SimilarOptions& similar,
                const RecommendOptions& options,
                const FittedOptions& fitted_options,
                Invocation& invocation) {
  const Format format = choose_format(similar.format, similar.output, invocation.global.json);
  const Fitted fitted = open_fitted(fitted_options, invocation.global);
  if (!fitted.model->knows_similarities()) fail_without_similarities(fitted);
  const std::string title = fmt::format("{}", fmt::join(similar.title, " "));
  const ItemIdx item = resolve_item(title_search(fitted), "movrec similar", title, false);
  const std::vector<ScoredItem> best = most_similar(fitted, item, options);
  if (best.empty())
    spdlog::warn("{} knows nothing like it that passes the filters", fitted.checkpoint.spec.algorithm);
  if (similar.output.empty())
    write_similar(fitted, item, best, format, *invocation.out);
  else
    write_stream_atomically(similar.output,
                            [&](std::ostream& file) { write_similar(fitted, item, best, format, file); });
  return 0;
}

}  // namespace

Action declare_similar(FlagSet& flags) {
  const auto similar = std::make_shared<SimilarOptions>();
  const auto options = std::make_shared<RecommendOptions>();
  const auto fitted = std::make_shared<FittedOptions>();
  flags.add_positional(
      {Field{.name = "title", .help = "an item, by title or id", .value_name = "TITLE", .separator = '\n'},
       &similar->title},
      true);
  flags.bind(*similar);
  flags.group("What to show");
  for (const OptionRef& ref : option_refs(*options))
    if (ref.field.name != "include-seen") flags.add(ref);
  flags.group("Model and data");
  flags.bind(*fitted);
  flags.set_footer(
      "Examples:\n"
      "  movrec similar \"Star Wars\"\n"
      "  movrec similar 50 --top 5 --genre Comedy\n");
  return [=](Invocation& invocation) { return run_similar(*similar, *options, *fitted, invocation); };
}

}  // namespace movrec::cli
