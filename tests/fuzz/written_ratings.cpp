#include "movrec/data/written_ratings.hpp"

#include "fuzz.hpp"

using namespace movrec;

/// The first byte says whether lines begin with a user, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr StarScale kScale{0.5F, 5};
  fuzz::may_fail([&] {
    for (const WrittenRating& rating :
         read_written_ratings(fuzz::text_of(data + 1, size - 1), "history", (data[0] & 1U) != 0, kScale)
             .ratings) {
      fuzz::require(!rating.item.empty() || !rating.titles.empty());
      fuzz::require(rating.stars >= kScale.min && rating.stars <= kScale.max);
    }
  });
  return 0;
}
