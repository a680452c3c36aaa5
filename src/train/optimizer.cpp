#include "train/optimizer.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "movrec/ops/state.hpp"

namespace movrec {
namespace {

float* floats(at::Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<float>() : nullptr;
}
float* offset(float* base, std::int64_t by) {
  return base == nullptr ? nullptr : base + by;
}

}  // namespace

Optimizer::Optimizer(Net& net, const TrainOptions& options)
    : options_(options), rule_(find_update_rule(options.optimizer)) {
  for (const EmbeddingTable& table : net.tables()) {
    sides_.push_back(table.side);
    tables_.push_back(make_slot(table.name, table.weight));
    if (options.embedding_update == "dense") tables_.back().gradient = at::zeros_like(table.weight);
  }
  for (const DenseWeight& weight : net.weights()) dense_.push_back(make_slot(weight.name, weight.weight));
}

Optimizer::Slot Optimizer::make_slot(const std::string& name, const at::Tensor& weight) const {
  Slot slot{name, weight.detach(), {}, {}};  // detached: the same storage, without a gradient's bookkeeping
  for (int i = 0; i < rule_.n_states; ++i)
    slot.states[static_cast<std::size_t>(i)] = at::zeros_like(slot.weight);
  return slot;
}

void Optimizer::step(const at::Tensor& users,
                     const at::Tensor& items,
                     const std::vector<at::Tensor>& gradients,
                     double lr,
                     std::int64_t step) {
  UpdateNumbers numbers;
  numbers.lr = lr;
  numbers.weight_decay = options_.weight_decay;
  numbers.momentum = options_.momentum;
  numbers.nesterov = options_.nesterov;
  numbers.eps = rule_.default_eps;
  numbers.at_step(step);

  const RowGroups user_rows = group_rows(users), item_rows = group_rows(items);
  const auto rows_of = [&](std::size_t t) -> const RowGroups& {
    return sides_[t] == Side::user ? user_rows : item_rows;
  };
  const double penalty = 2 * options_.embedding_l2 / static_cast<double>(users.size(0));
  std::vector<at::Tensor> sums;
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    sums.push_back(sum_by_row(rows_of(t), gradients[t]));
    if (penalty > 0) {
      const at::Tensor rows = tables_[t].weight.index_select(0, rows_of(t).rows);
      sums[t].addcmul_(rows, rows_of(t).counts.unsqueeze(1), penalty);
    }
  }
  std::vector<at::Tensor> dense(gradients.begin() + static_cast<std::ptrdiff_t>(tables_.size()),
                                gradients.end());

  if (options_.clip_norm > 0) {
    at::Tensor squares = at::zeros({}, users.options().dtype(at::kFloat));
    for (const auto* list : {&sums, &dense})
      for (const at::Tensor& gradient : *list) squares.add_(gradient.square().sum());
    const at::Tensor factor = (options_.clip_norm / (squares.sqrt() + 1e-6)).clamp_max_(1);
    for (auto* list : {&sums, &dense})
      for (at::Tensor& gradient : *list) gradient = gradient * factor;
  }
  for (std::size_t t = 0; t < tables_.size(); ++t) update_table(tables_[t], rows_of(t), sums[t], numbers);
  for (std::size_t w = 0; w < dense_.size(); ++w) update_dense(dense_[w], dense[w], numbers);
}

void Optimizer::update_table(Slot& slot,
                             const RowGroups& groups,
                             at::Tensor& sums,
                             const UpdateNumbers& numbers) const {
  if (!slot.gradient.defined()) return update_rows(slot, groups, sums, numbers);
  slot.gradient.index_copy_(0, groups.rows, sums);
  update_dense(slot, slot.gradient, numbers);
  slot.gradient.index_fill_(0, groups.rows, 0);
}

void Optimizer::update_dense(Slot& slot, const at::Tensor& gradient, const UpdateNumbers& numbers) const {
  if (!slot.weight.is_cpu()) return rule_.reference(slot.weight, gradient, slot.states, numbers);
  const at::Tensor g = gradient.contiguous();
  at::parallel_for(0, slot.weight.numel(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
    rule_.fused(slot.weight.data_ptr<float>() + begin, g.data_ptr<float>() + begin,
                offset(floats(slot.states[0]), begin), offset(floats(slot.states[1]), begin), end - begin,
                numbers);
  });
}

void Optimizer::update_rows(Slot& slot,
                            const RowGroups& groups,
                            const at::Tensor& sums,
                            const UpdateNumbers& numbers) const {
  const std::int64_t width = slot.weight.size(1);
  if (!slot.weight.is_cpu()) {
    at::Tensor weight = slot.weight.index_select(0, groups.rows);
    std::array<at::Tensor, 2> states;
    for (std::size_t s = 0; s < 2; ++s)
      if (slot.states[s].defined()) states[s] = slot.states[s].index_select(0, groups.rows);
    rule_.reference(weight, sums, states, numbers);
    slot.weight.index_copy_(0, groups.rows, weight);
    for (std::size_t s = 0; s < 2; ++s)
      if (states[s].defined()) slot.states[s].index_copy_(0, groups.rows, states[s]);
    return;
  }
  const auto* rows = groups.rows.data_ptr<std::int64_t>();
  at::parallel_for(0, groups.rows.size(0), std::max<std::int64_t>(1, 4096 / width),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t r = begin; r < end; ++r) {
                       const std::int64_t at = rows[r] * width;
                       rule_.fused(slot.weight.data_ptr<float>() + at, sums.data_ptr<float>() + r * width,
                                   offset(floats(slot.states[0]), at), offset(floats(slot.states[1]), at),
                                   width, numbers);
                     }
                   });
}

template <class Self, class Visit>
void Optimizer::for_each_state(Self& self, const Visit& visit) {
  for (auto* slots : {&self.tables_, &self.dense_})
    for (auto& slot : *slots)
      for (std::size_t s = 0; s < 2; ++s)
        if (slot.states[s].defined()) visit(slot.name + ".state" + std::to_string(s), slot.states[s]);
}

StateDict Optimizer::state() const {
  StateDict state;
  for_each_state(
      *this, [&](const std::string& name, const at::Tensor& tensor) { state.set(name, to_state(tensor)); });
  return state;
}

void Optimizer::load(const StateDict& state) {
  for_each_state(*this,
                 [&](const std::string& name, at::Tensor& tensor) { copy_from_state(tensor, state, name); });
}

}  // namespace movrec
