#include "movrec/data/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

#include "data/split_strategies.hpp"
#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/table.hpp"

namespace movrec {
namespace {

Rows all_rows(const Dataset& dataset) {
  Rows rows(dataset.ratings.size());
  std::iota(rows.begin(), rows.end(), RowIdx{0});
  return rows;
}

/// Rows up to the `fraction` quantile of their times (numpy's linear interpolation), and those after it.
std::pair<Rows, Rows> time_cut(const Rows& rows, double fraction, const std::vector<std::int64_t>& times) {
  if (rows.empty()) return {};
  std::vector<std::int64_t> sorted;
  for (RowIdx row : rows) sorted.push_back(times[row]);
  const double position = fraction * static_cast<double>(rows.size() - 1);
  const auto below = sorted.begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(sorted.begin(), below, sorted.end());
  const double low = static_cast<double>(*below);
  const double high =
      below + 1 == sorted.end() ? low : static_cast<double>(*std::min_element(below + 1, sorted.end()));
  const double cut = low + (high - low) * (position - std::floor(position));
  std::pair<Rows, Rows> parts;
  for (RowIdx row : rows)
    (static_cast<double>(times[row]) <= cut ? parts.first : parts.second).push_back(row);
  return parts;
}

/// Rows of a seeded choice of users, and of the others: ceil(fraction * users of `rows`) users are chosen.
std::pair<Rows, Rows> user_cut(const Rows& rows,
                               double fraction,
                               std::uint32_t seed,
                               const Ratings& ratings) {
  std::vector<bool> present(static_cast<std::size_t>(ratings.n_users)), chosen(present.size());
  for (RowIdx row : rows) present[index(ratings.users[row])] = true;
  std::vector<std::size_t> users;
  for (std::size_t u = 0; u < present.size(); ++u)
    if (present[u]) users.push_back(u);
  const std::vector<std::uint32_t> order = numpy_permutation(users.size(), seed);
  for (std::size_t i = 0; i < std::min(share(fraction, users.size()), users.size()); ++i)
    chosen[users[order[i]]] = true;
  std::pair<Rows, Rows> parts;
  for (RowIdx row : rows) (chosen[index(ratings.users[row])] ? parts.first : parts.second).push_back(row);
  return parts;
}

Parts split_random(const Dataset& dataset, const SplitOptions& options) {
  const auto cut = [&](const Rows& rows, double fraction) {
    return random_cut(rows, share(fraction, rows.size()), numpy_seed(options));
  };
  const Rows all = all_rows(dataset);
  const std::size_t n_test = options.test_rows > 0 ? static_cast<std::size_t>(options.test_rows)
                                                   : share(options.test_fraction, all.size());
  auto [test, train] = random_cut(all, n_test, numpy_seed(options));
  return with_validation(options, std::move(train), std::move(test), cut);
}

Parts split_chronological(const Dataset& dataset, const SplitOptions& options) {
  const auto& times = dataset.ratings.times;
  const double fraction = valid_fraction(options, 0.2);
  auto [before, after] = time_cut(all_rows(dataset), 1 - options.test_fraction, times);
  if (options.valid_from == "none") return {std::move(before), {}, std::move(after)};
  if (options.valid_from == "test") {
    auto [valid, test] = time_cut(after, fraction, times);
    return {std::move(before), std::move(valid), std::move(test)};
  }
  auto [train, valid] = time_cut(before, 1 - fraction, times);
  return {std::move(train), std::move(valid), std::move(after)};
}

/// Each user's last rating by time, and by row among equal times, is test and the one before it validation;
/// users with fewer than three ratings stay in train.
Parts split_leave_last(const Dataset& dataset, const SplitOptions& options) {
  if (options.valid_fraction > 0 || options.valid_from != "train")
    fail(ErrorKind::usage,
         "‹split› leave-last: validation is each user's last but one rating, so ‹valid-fraction› and "
         "‹valid-from› do not apply");
  const Ratings& ratings = dataset.ratings;
  constexpr RowIdx kNone = ~RowIdx{0};
  struct LastTwo {
    RowIdx last = kNone, before = kNone;
    std::size_t count = 0;
  };
  std::vector<LastTwo> users(static_cast<std::size_t>(ratings.n_users));
  for (RowIdx row = 0; row < ratings.size(); ++row) {
    LastTwo& user = users[index(ratings.users[row])];
    const auto not_before = [&](RowIdx other) {
      return other == kNone || ratings.times[row] >= ratings.times[other];
    };
    ++user.count;
    if (not_before(user.last))
      user.before = std::exchange(user.last, row);
    else if (not_before(user.before))
      user.before = row;
  }
  Parts parts;
  for (RowIdx row = 0; row < ratings.size(); ++row) {
    const LastTwo& user = users[index(ratings.users[row])];
    const bool is_held_out = user.count >= 3;
    (is_held_out && row == user.last     ? parts.test
     : is_held_out && row == user.before ? parts.valid
                                         : parts.train)
        .push_back(row);
  }
  return parts;
}

Parts split_users(const Dataset& dataset, const SplitOptions& options) {
  const auto cut = [&](const Rows& rows, double fraction) {
    return user_cut(rows, fraction, numpy_seed(options), dataset.ratings);
  };
  auto [test, train] = cut(all_rows(dataset), options.test_fraction);
  Parts parts = with_validation(options, std::move(train), std::move(test), cut);
  parts.valid_queries = hide_some(dataset.ratings, parts.valid, options);
  parts.test_queries = hide_some(dataset.ratings, parts.test, options);
  return parts;
}

Parts split_predefined(const Dataset& dataset, const SplitOptions& options) {
  Rows train = all_rows(dataset);
  const auto test_begin = train.begin() + static_cast<std::ptrdiff_t>(*dataset.predefined_test_begin);
  Rows test(test_begin, train.end());
  train.erase(test_begin, train.end());
  return with_validation(options, std::move(train), std::move(test), [&](const Rows& rows, double fraction) {
    return random_cut(rows, share(fraction, rows.size()), numpy_seed(options));
  });
}

/// scikit-learn's KFold(fold_count, shuffle=True, random_state=seed): the first n % k folds have a row more,
/// and rows are ascending within a part.
Parts split_k_fold(const Dataset& dataset, const SplitOptions& options) {
  const auto folds = static_cast<std::size_t>(options.fold_count);
  const auto fold = static_cast<std::size_t>(options.fold_index) - 1;
  if (fold >= folds)
    fail(ErrorKind::usage, "‹fold-index› {} of ‹fold-count› {}", options.fold_index, options.fold_count);
  const std::size_t n = dataset.ratings.size(), rest = n % folds;
  const std::size_t begin = fold * (n / folds) + std::min(fold, rest);
  const std::size_t end = begin + n / folds + (fold < rest ? 1 : 0);
  Rows order = numpy_permutation(n, numpy_seed(options));
  Rows test(order.begin() + static_cast<std::ptrdiff_t>(begin),
            order.begin() + static_cast<std::ptrdiff_t>(end));
  Rows train(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(begin));
  train.insert(train.end(), order.begin() + static_cast<std::ptrdiff_t>(end), order.end());
  std::ranges::sort(test);
  std::ranges::sort(train);
  return with_validation(options, std::move(train), std::move(test), [&](const Rows& rows, double fraction) {
    return random_cut(rows, share(fraction, rows.size()), numpy_seed(options));
  });
}

constexpr std::string_view kLeaky =
    "leaky by construction: the training rows hold the test ratings, so the figures measure memorising";

struct Strategy {
  std::string_view name;
  bool needs_times, takes_test_fraction;
  Parts (*split)(const Dataset&, const SplitOptions&);
  std::string_view caveat{};
};
constexpr std::array kStrategies = {
    Strategy{"random", false, true, split_random},
    Strategy{"chronological", true, true, split_chronological},
    Strategy{"leave-last", true, false, split_leave_last},
    Strategy{"users", false, true, split_users},
    Strategy{"predefined", false, false, split_predefined},
    Strategy{"k-fold", false, false, split_k_fold},
    Strategy{"users-masked", false, false, split_users_masked},
    Strategy{"ratings-masked", false, false, split_ratings_masked, kLeaky},
    Strategy{"ratings-masked-clean", false, false, split_ratings_masked_clean},
};

std::string_view name_of(const Dataset& dataset, const SplitOptions& options) {
  if (!options.split.empty()) return options.split;
  return dataset.predefined_test_begin ? "predefined" : "random";
}

std::string digest_of(const Parts& parts) {
  static_assert(std::endian::native == std::endian::little);
  Digest digest(Digest::Kind::sha256);
  const auto add = [&](const std::vector<std::uint32_t>& numbers) {
    const std::uint64_t size = numbers.size();
    digest.update({reinterpret_cast<const char*>(&size), sizeof size});
    digest.update({reinterpret_cast<const char*>(numbers.data()), size * sizeof(std::uint32_t)});
  };
  for (const Rows* rows : {&parts.train, &parts.valid, &parts.test}) add(*rows);
  for (const auto* queries : {&parts.valid_queries, &parts.test_queries})
    for (const SplitQuery& query : *queries) {
      add({static_cast<std::uint32_t>(number(query.user))});
      add(query.visible);
      add(query.hidden);
    }
  return digest.hex();
}

}  // namespace

void NumpyRandom::shuffle(std::span<std::uint32_t> numbers) {
  for (std::size_t last = numbers.size(); last-- > 1;) {
    const auto largest = static_cast<std::uint32_t>(last);
    const std::uint32_t mask = ~std::uint32_t{0} >> std::countl_zero(largest);
    std::uint32_t other = 0;
    do {
      other = static_cast<std::uint32_t>(random_()) & mask;
    } while (other > largest);
    std::swap(numbers[last], numbers[other]);
  }
}

std::vector<RowIdx> numpy_permutation(std::size_t n, std::uint32_t seed) {
  std::vector<RowIdx> order(n);
  std::iota(order.begin(), order.end(), RowIdx{0});
  NumpyRandom(seed).shuffle(order);
  return order;
}

std::vector<std::string_view> split_names() {
  std::vector<std::string_view> names = names_of(kStrategies);
  names.insert(names.begin(), "");  // the data set's own
  return names;
}

bool takes_test_fraction(const Dataset& dataset, const SplitOptions& options) {
  return find_row(kStrategies, "split", name_of(dataset, options)).takes_test_fraction;
}

Split make_split(const Dataset& dataset, const SplitOptions& options) {
  const bool has_predefined = dataset.predefined_test_begin.has_value();
  const std::string_view name = name_of(dataset, options);
  const Strategy& strategy = find_row(kStrategies, "split", name);
  if (has_predefined != (name == "predefined"))
    throw Error(ErrorKind::usage,
                has_predefined
                    ? fmt::format("‹split› {}: {} has a test part of its own", name, dataset.name)
                    : fmt::format("‹split› predefined: {} has no test part of its own", dataset.name),
                {},
                has_predefined ? "leave out ‹split›, or the files that define the test part"
                               : "give ‹fold›, or ‹train-file› and ‹test-file›");
  if (options.test_rows > 0 && name != "random")
    fail(ErrorKind::usage, "‹test-rows›: only with ‹split› random");
  if (strategy.needs_times && dataset.ratings.times.empty())
    fail(ErrorKind::usage, "‹split› {}: {} has no times", name, dataset.name);

  Parts parts = strategy.split(dataset, options);
  const std::array<std::pair<std::string_view, const Rows*>, 3> named = {
      {{"train", &parts.train}, {"validation", &parts.valid}, {"test", &parts.test}}};
  for (const auto& [part, rows] : named)
    if (rows->empty() && (rows != &parts.valid || options.valid_from != "none"))
      fail(ErrorKind::usage, "‹split› {}: no rows are left for the {} part of {}'s {} ratings", name, part,
           dataset.name, dataset.ratings.size());
  std::string digest = digest_of(parts);
  return {.train = std::move(parts.train),
          .valid = std::move(parts.valid),
          .test = std::move(parts.test),
          .valid_queries = std::move(parts.valid_queries),
          .test_queries = std::move(parts.test_queries),
          .digest = std::move(digest),
          .caveat = strategy.caveat};
}

}  // namespace movrec
