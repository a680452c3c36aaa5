#include "movrec/checkpoint/file/data_copy.hpp"

#include "checkpoint/file/checkpoint_file.hpp"
#include "fuzz.hpp"

using namespace movrec;

/// Any bytes as a run's copy of its data: an Error, or a data set whose columns fit each other. Hardly any input has the
/// right digest: what it holds is looked at as if it had.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::may_fail([&] {
    const CheckpointRecords records(fuzz::text_of(data, size));
    const Dataset dataset = data_copy_from(records.content());
    const Ratings& ratings = dataset.ratings;
    const auto n_users = static_cast<std::size_t>(ratings.n_users),
               n_items = static_cast<std::size_t>(ratings.n_items);
    fuzz::require(ratings.users.size() == ratings.size() && ratings.items.size() == ratings.size());
    for (std::size_t row = 0; row < ratings.size(); ++row)
      fuzz::require(index(ratings.users[row]) < n_users && index(ratings.items[row]) < n_items);
    fuzz::require(dataset.catalog.titles.size() == n_items && dataset.catalog.years.size() == n_items);
    for (const SideColumn& column : dataset.catalog.columns)
      fuzz::require(column.is_number() ? column.numbers.size() == n_items
                                       : column.begin.size() == n_items + 1);
  });
  return 0;
}
