#include "movrec/eval/held_out.hpp"

#include <algorithm>

namespace movrec {
namespace {

/// Bounds the memory of predictions, whatever the number of rows.
constexpr std::size_t kBlockRows = 1 << 16;
constexpr std::size_t kBlockScores = std::size_t{1} << 22;

/// Visits `asked_rows` of each query.
void predict_from_histories(const Model& model,
                            const HeldOut& part,
                            std::vector<std::uint32_t> SplitQuery::*asked_rows,
                            const std::function<void(std::size_t, float)>& visit) {
  const HeldOutQueries all(part);
  const auto n_items = static_cast<std::size_t>(part.rows.n_items);
  const std::size_t block =
      std::clamp<std::size_t>(kBlockScores / std::max<std::size_t>(n_items, 1), 1, part.queries.size());
  std::vector<float> scores(block * n_items);
  std::vector<UserQuery> asked;
  for (std::size_t begin = 0; begin < part.queries.size(); begin += block) {
    const auto queries = part.queries.subspan(begin, std::min(block, part.queries.size() - begin));
    asked.clear();
    for (std::size_t k = 0; k < queries.size(); ++k)
      asked.push_back(supported_part(all.of(begin + k), model.supports()));
    model.score(asked, std::span(scores).first(queries.size() * n_items));
    for (std::size_t k = 0; k < queries.size(); ++k)
      for (const std::uint32_t row : queries[k].*asked_rows)
        visit(row, scores[k * n_items + index(part.rows.items[row])]);
  }
}

bool answers_histories(const Model& model) {
  return model.supports().history && model.scores_are_stars();
}

}  // namespace

std::optional<Demographics> demographics_of(const UserFeatures& users, UserIdx user) {
  if (users.empty() || user == kNoUser) return {};
  const std::size_t u = index(user);
  return Demographics{users.ages[u], users.genders[u], users.occupations[u]};
}

UserQuery supported_part(UserQuery query, QuerySupport supported) {
  if (!supported.history) query.history.reset();
  if (!supported.demographics) query.demographics.reset();
  return query;
}

std::size_t HeldOut::n_asked() const {
  if (queries.empty()) return rows.size();
  std::size_t n = 0;
  for (const SplitQuery& query : queries) n += query.hidden.size();
  return n;
}

HeldOutQueries::HeldOutQueries(const HeldOut& part) : part_(part) {
  std::vector<std::uint32_t> rows;
  for (const SplitQuery& query : part.queries) {
    rows = query.visible;
    std::ranges::stable_sort(rows, {}, [&](std::uint32_t row) { return part.rows.items[row]; });
    for (const std::uint32_t row : rows) {
      const ItemIdx item = part.rows.items[row];
      if (items_.size() > begin_.back() && items_.back() == item) {  // rated twice: the later one counts
        stars_.back() = part.rows.stars[row];
        continue;
      }
      items_.push_back(item);
      stars_.push_back(part.rows.stars[row]);
    }
    begin_.push_back(items_.size());
  }
}

UserQuery HeldOutQueries::of(std::size_t query) const {
  const std::size_t begin = begin_[query], n = begin_[query + 1] - begin;
  const UserIdx user = part_.queries[query].user;
  return {.user = user,
          .history = History{std::span(items_).subspan(begin, n), std::span(stars_).subspan(begin, n)},
          .demographics = part_.users == nullptr ? std::nullopt : demographics_of(*part_.users, user)};
}

void predict_rows(const Predictor& predictor,
                  const Ratings& rows,
                  const std::function<void(std::size_t, float)>& visit) {
  std::vector<float> stars(std::min(kBlockRows, rows.size()));
  for (std::size_t begin = 0; begin < rows.size(); begin += kBlockRows) {
    const std::size_t n = std::min(kBlockRows, rows.size() - begin);
    const auto times =
        rows.times.empty() ? std::span<const std::int64_t>() : std::span(rows.times).subspan(begin, n);
    predictor.predict_at(std::span(rows.users).subspan(begin, n), std::span(rows.items).subspan(begin, n),
                         times, std::span(stars).first(n));
    for (std::size_t k = 0; k < n; ++k) visit(begin + k, stars[k]);
  }
}

void for_each_prediction(const Model& model,
                         const HeldOut& part,
                         const std::function<void(std::size_t row, float stars)>& visit) {
  if (part.queries.empty()) return predict_rows(model, part.rows, visit);
  if (answers_histories(model)) return predict_from_histories(model, part, &SplitQuery::hidden, visit);
  std::vector<RowIdx> hidden;
  for (const SplitQuery& query : part.queries)
    hidden.insert(hidden.end(), query.hidden.begin(), query.hidden.end());
  predict_rows(model, part.rows.subset(hidden),
               [&](std::size_t k, float predicted) { visit(hidden[k], predicted); });
}

RowPredictions predict_part(const Model& model, const HeldOut& part) {
  RowPredictions out;
  for_each_prediction(model, part, [&](std::size_t row, float stars) {
    out.rows.push_back(row);
    out.stars.push_back(stars);
  });
  return out;
}

void for_each_shown(const Model& model,
                    const HeldOut& part,
                    const std::function<void(std::size_t row, float stars)>& visit) {
  if (!part.queries.empty() && answers_histories(model))
    predict_from_histories(model, part, &SplitQuery::visible, visit);
}

}  // namespace movrec
