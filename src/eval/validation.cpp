#include "movrec/eval/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "movrec/core/error.hpp"
#include "movrec/eval/ranking_metrics.hpp"
#include "movrec/eval/rating_metrics.hpp"

namespace movrec {

std::string heading_of(std::string_view metric) {
  std::string heading(metric);
  std::ranges::transform(heading, heading.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return heading;
}

std::function<double(const Model&)> make_validation(std::string_view metric,
                                                    const HeldOut& valid,
                                                    const Ratings& train,
                                                    const SideInfo& side,
                                                    StarScale scale) {
  if (metric == "rmse")
    return [valid, scale](const Model& model) { return evaluate_rmse(model, valid, scale); };
  if (!is_ranking_metric(metric)) fail(ErrorKind::usage, "no ranking metric: '{}'", metric);
  RankingOptions options;
  options.ks = {std::stoll(std::string(metric.substr(metric.find('@') + 1)))};
  const auto task = std::make_shared<const RankingTask>(valid, std::initializer_list<const Ratings*>{&train},
                                                        side, options);
  if (task->cases().empty()) return {};
  return [task, name = std::string(metric)](const Model& model) {
    return evaluate_ranking(model, *task).value(name).value();
  };
}

std::function<double(const Predictor&)> make_pair_validation(std::string_view metric,
                                                             const HeldOut& valid,
                                                             StarScale scale) {
  if (metric != "rmse" || !valid.queries.empty()) return {};
  return
      [valid, scale](const Predictor& predictor) { return evaluate_pair_rmse(predictor, valid.rows, scale); };
}

}  // namespace movrec
