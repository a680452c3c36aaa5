#include "model/torch/net_fold_in.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "movrec/ops/state.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

std::vector<float> joined_rows(const Net& net, Side side, bool with_bias) {
  std::vector<at::Tensor> parts;
  for (const EmbeddingTable& table : net.tables())
    if (table.side == side && (with_bias || !table.name.ends_with("bias"))) parts.push_back(table.weight);
  return host_values(at::cat(parts, 1));
}

NetFoldIn::NetFoldIn(const Net& net, const ModelSpec& spec, std::span<const std::int32_t> known_users)
    : net_(net) {
  const std::vector<float> rows = joined_rows(net, Side::user, true);
  prior_ = row_prior(rows.data(), rows.size() / known_users.size(), known_users);
  const std::string loss = spec.options.as<HeadOptions>().loss;
  const bool has_classes = loss == "ordinal" || loss == "softmax";
  const double range = static_cast<double>(spec.stars.max - spec.stars.min) / 4;
  noise_ = kRatingNoise * (has_classes ? 1 : range * range);
  l2_ = spec.options.as<PenaltyOptions>().embedding_l2;
}

void NetFoldIn::solve(const History& history, std::span<float> row) const {
  const std::size_t width = prior_.mean.size();
  std::vector<float> penalty(width), mean(width);
  const double per_rating = l2_ * static_cast<double>(history.items.size());
  for (std::size_t f = 0; f < width; ++f) {
    const double pull = prior_pull(noise_, prior_.variance[f], history.items.size());
    penalty[f] = static_cast<float>(per_rating + pull);
    mean[f] = static_cast<float>(pull / (per_rating + pull)) * prior_.mean[f];
  }
  const auto ratings = net_.ratings_of(history);
  const RowCosts costs{.n = history.items.size(),
                       .numbers = [&](std::span<const float> at, std::span<float> raw, float* jacobian,
                                      std::size_t stride) { ratings->raw(at, raw, jacobian, stride); },
                       .cost = [&](std::span<const float> raw,
                                   std::span<float> slopes) { return ratings->cost(raw, slopes); }};
  RidgeSolver solver(width);
  std::ranges::copy(prior_.mean, row.begin());
  minimise_row(costs, penalty, mean, row, solver);
}

}  // namespace movrec
