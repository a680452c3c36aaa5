#include "movrec/report/similar_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "movrec/core/json_text.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/id_json.hpp"
#include "movrec/report/table.hpp"

namespace movrec {

void write_similar(const ListTitles& titles,
                   ItemIdx item,
                   std::span<const ScoredItem> best,
                   Format format,
                   std::ostream& out) {
  using enum Table::Align;
  const Catalog& catalog = titles.catalog;
  const auto id = [&](ItemIdx of) { return id_json<nlohmann::ordered_json>(titles.items, of); };
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
    out << json_text(json, 2) << '\n';
    return;
  }
  if (format == Format::csv) {
    out << "rank,item,title,genres,similarity\n";
    for (std::size_t k = 0; k < best.size(); ++k)
      out << csv_line({fmt::to_string(k + 1), titles.items.id(best[k].item).text, catalog.title(best[k].item),
                       genres(best[k].item, "|"), fmt::to_string(best[k].score)});
    return;
  }
  Table table({{"rank", right}, {"title"}, {"genres"}, {"similarity", right}});
  for (std::size_t k = 0; k < best.size(); ++k)
    table.add_row({fmt::to_string(k + 1), catalog.title(best[k].item), genres(best[k].item, ", "),
                   fmt::format("{:.3f}", best[k].score)});
  out << fmt::format("like {}\n{}", catalog.title(item), table.text());
}

}  // namespace movrec
