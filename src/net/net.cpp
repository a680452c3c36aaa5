#include "movrec/net/net.hpp"

#include <ATen/ATen.h>

#include "movrec/net/gradient_pass.hpp"

namespace movrec {

Net::~Net() = default;
UserRatings::~UserRatings() = default;

std::int64_t Net::n_parameters() const {
  std::int64_t n = 0;
  for (const EmbeddingTable& table : tables_) n += table.weight.numel();
  for (const DenseWeight& weight : weights_) n += weight.weight.numel();
  return n;
}

std::int64_t Net::flops_per_row() const {
  std::int64_t n = 0;
  for (const DenseWeight& weight : weights_)
    if (weight.weight.dim() == 2) n += 6 * weight.weight.numel();
  return n;
}

at::Tensor Net::predict(const at::Tensor& users, const at::Tensor& items) const {
  std::vector<at::Tensor> rows;
  for (const EmbeddingTable& table : tables_)
    rows.push_back(table.weight.index_select(0, table.side == Side::user ? users : items));
  return forward(rows, nullptr);
}

at::Tensor Net::score(const at::Tensor& users, const at::Tensor& items) const {
  std::vector<at::Tensor> rows;
  for (const EmbeddingTable& table : tables_)
    if (table.side == Side::user) rows.push_back(table.weight.index_select(0, users));
  return score_rows(rows, items);
}

at::Tensor Net::loss(std::span<const at::Tensor> rows,
                     const at::Tensor& stars,
                     const DropoutStep* dropout) const {
  return at::mse_loss(forward(rows, dropout).to(at::kFloat), stars);
}

std::unique_ptr<ScoreEstimates> Net::estimate_rows(std::span<const at::Tensor>, const at::Tensor&) const {
  return nullptr;
}

std::unique_ptr<GradientPass> Net::make_cpu_pass() const {
  return nullptr;
}

}  // namespace movrec
