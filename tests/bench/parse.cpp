// How fast ratings files are read, on one core: prints MB (10^6 bytes) per second of CPU time, which other
// work on the machine disturbs less than wall time; the reader has one thread and waits for nothing.

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <string>
#include <vector>

#include "data/ratings_reader.hpp"
#include "data/synthetic.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"

using namespace movrec;

namespace {

/// A million ratings in the layout of MovieLens 1M.
std::string synthetic_file() {
  DataOptions options;
  options.synthetic_users = 6000;
  options.synthetic_items = 3700;
  options.synthetic_ratings = 1'000'000;
  Dataset dataset;
  take_ratings(dataset, synthetic_ratings(options).ratings);
  const Ratings& ratings = dataset.ratings;
  std::string text;
  for (std::size_t row = 0; row < ratings.size(); ++row)
    fmt::format_to(std::back_inserter(text), "{}::{}::{}::{}\n", dataset.users.id(ratings.users[row]).text,
                   dataset.items.id(ratings.items[row]).text, ratings.stars[row], ratings.times[row]);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string text = argc > 1 ? read_file(argv[1]) : synthetic_file();
    constexpr int kRounds = 11;
    std::vector<double> seconds;
    std::size_t n_ratings = 0;
    for (int round = 0; round < kRounds; ++round) {
      const std::clock_t begin = std::clock();
      BadLines bad_lines(false);
      RawRatings ratings;
      read_ratings(text, argc > 1 ? argv[1] : "synthetic", {}, bad_lines, ratings);
      seconds.push_back(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
      n_ratings = ratings.size();
    }
    std::ranges::sort(seconds);
    const double median = seconds[kRounds / 2], megabytes = static_cast<double>(text.size()) / 1e6;
    fmt::print("{} ratings, {:.1f} MB: {:.0f} MB/s median, {:.0f} MB/s best of {} rounds\n", n_ratings,
               megabytes, megabytes / median, megabytes / seconds[0], kRounds);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.message());
    return 1;
  }
}
