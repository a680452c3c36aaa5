#include "movrec/data/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "data/split_strategies.hpp"
#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/table.hpp"

namespace movrec {
namespace {

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
    Strategy{"per-user", false, true, split_per_user},
    Strategy{"date", true, false, split_date},
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

/// An option that the strategy does not look at would mislead whoever gave it.
void check_options(std::string_view name, const SplitOptions& options) {
  const auto only_with = [&](std::string_view strategy, bool is_given, std::string_view option) {
    if (is_given && name != strategy) fail(ErrorKind::usage, "‹{}›: only with ‹split› {}", option, strategy);
  };
  only_with("random", options.test_rows > 0, "test-rows");
  only_with("leave-last", options.leave != 1, "leave");
  only_with("per-user", options.per_user_by != "random", "per-user-by");
  only_with("date", !options.test_from.empty(), "test-from");
  only_with("date", !options.valid_start.empty(), "valid-start");
  if (options.tie_seed != 0 && name != "leave-last" && options.per_user_by != "latest")
    fail(ErrorKind::usage, "‹tie-seed›: only with ‹split› leave-last, or per-user with ‹per-user-by› latest");
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
  check_options(name, options);
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
          .note = std::move(parts.note),
          .caveat = strategy.caveat.empty() ? dataset.overlap : std::string(strategy.caveat)};
}

}  // namespace movrec
