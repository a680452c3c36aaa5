#include "fuzz.hpp"
#include "movrec/recommend/title_search.hpp"

using namespace movrec;

/// The first line is looked for among the others.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  const auto take_line = [&] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
  };
  const std::string_view wanted = take_line();
  Catalog catalog;
  std::vector<ItemId> ids;
  while (!rest.empty() && ids.size() < 50) {
    catalog.titles.emplace_back(take_line());
    catalog.years.push_back(1995);
    ids.push_back(ItemId{static_cast<std::int32_t>(ids.size()) + 1});
  }
  const std::vector<std::int32_t> counts(ids.size(), 1);
  const ItemMap items(std::move(ids));
  const TitleSearch search(catalog, items, counts);
  for (const ItemIdx item : search.find(wanted)) fuzz::require(index(item) < catalog.titles.size());
  fuzz::require(search.nearest(wanted, 3).size() <= 3);
  plain_title(wanted);
  return 0;
}
