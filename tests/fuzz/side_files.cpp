#include "data/side_files.hpp"

#include "fuzz.hpp"

using namespace movrec;

/// The first byte says how it is read and of whom, the rest is the table.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  fuzz::may_fail([&] {
    Dataset dataset;
    dataset.users = UserMap(std::vector<UserId>{UserId("1"), UserId("b")});
    dataset.items = ItemMap(std::vector<ItemId>{ItemId("1"), ItemId("2"), ItemId("c")});
    dataset.catalog.titles.resize(3);
    dataset.catalog.years.resize(3);
    dataset.catalog.genre_bits.resize(3);
    BadLines bad_lines((data[0] & 1U) != 0);
    const std::string_view text = fuzz::text_of(data + 1, size - 1);
    const bool is_of_users = (data[0] & 2U) != 0;
    is_of_users ? read_user_table(text, "table", bad_lines, dataset)
                : read_item_table(text, "table", bad_lines, dataset);
    const std::size_t n = is_of_users ? 2 : 3;
    for (const SideColumn& column : is_of_users ? dataset.user_features.columns : dataset.catalog.columns) {
      fuzz::require(column.is_number() ? column.numbers.size() == n : column.begin.size() == n + 1);
      for (const std::uint32_t value : column.values) fuzz::require(value < column.categories.size());
    }
  });
  return 0;
}
