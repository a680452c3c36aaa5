#include "train/optimizer.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "movrec/kernels/parallel.hpp"
#include "movrec/ops/hidden_layer.hpp"
#include "movrec/ops/state.hpp"

namespace movrec {
namespace {

constexpr std::int64_t kFloatsPerTask = 1 << 14;

float* at_offset(const at::Tensor& tensor, std::int64_t offset) {
  return tensor.defined() ? tensor.data_ptr<float>() + offset : nullptr;
}

std::int64_t n_tasks(std::int64_t n, std::int64_t per_task) {
  return (n + per_task - 1) / per_task;
}

/// Splits lists of different lengths into tasks of one loop.
class TaskList {
 public:
  void add(std::int64_t n) { ends_.push_back((ends_.empty() ? 0 : ends_.back()) + n); }
  /// visit(list, task of it)
  template <class Visit>
  void run(const Visit& visit) const {
    for_each_task(ends_.empty() ? 0 : ends_.back(), [&](std::int64_t task) {
      const auto list =
          static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), task) - ends_.begin());
      visit(list, task - (list == 0 ? 0 : ends_[list - 1]));
    });
  }

 private:
  std::vector<std::int64_t> ends_;
};

/// Rows of a table in one task.
std::int64_t rows_per_task(const at::Tensor& weight) {
  return std::max<std::int64_t>(1, kFloatsPerTask / weight.size(1));
}

}  // namespace

Optimizer::Optimizer(std::span<const EmbeddingTable> tables,
                     std::span<const DenseWeight> weights,
                     const TrainOptions& options,
                     bool by_tensors)
    : options_(options), rule_(find_update_rule(options.optimizer)) {
  const bool dense = options.embedding_update == "dense";
  for (const EmbeddingTable& table : tables) {
    tables_.push_back({make_slot(table.name, table.weight), table.side, {}, {}});
    if (!dense) continue;
    if (by_tensors) {
      tables_.back().gradient = at::zeros_like(table.weight);
    } else {
      waits_ = true;
      tables_.back().done.assign(static_cast<std::size_t>(table.weight.size(0)), 0);
    }
  }
  for (const DenseWeight& weight : weights) dense_.push_back(make_slot(weight.name, weight.weight));
}

Optimizer::Slot Optimizer::make_slot(const std::string& name, const at::Tensor& weight) const {
  Slot slot{name, weight.detach(), {}};  // detached: the same storage, without a gradient's bookkeeping
  for (int i = 0; i < rule_.n_states; ++i)
    slot.states[static_cast<std::size_t>(i)] = at::zeros_like(slot.weight);
  return slot;
}

void Optimizer::catch_up_row(Table& table, std::int64_t row) const {
  std::int64_t& done = table.done[static_cast<std::size_t>(row)];
  const std::int64_t last = first_ + std::ssize(history_), width = table.weight.size(1), at = row * width;
  if (done == last) return;
  rule_.replay(at_offset(table.weight, at), at_offset(table.states[0], at), at_offset(table.states[1], at),
               width, std::span(history_).subspan(static_cast<std::size_t>(done - first_)));
  done = last;
}

void Optimizer::catch_up(const RowGroups& users, const RowGroups& items) {
  if (!waits_ || history_.empty()) return;
  TaskList tasks;
  const auto groups = [&](const Table& table) -> const RowGroups& {
    return table.side == Side::user ? users : items;
  };
  for (const Table& table : tables_) tasks.add(n_tasks(groups(table).size(), rows_per_task(table.weight)));
  tasks.run([&](std::size_t t, std::int64_t task) {
    Table& table = tables_[t];
    const auto* rows = groups(table).rows.data_ptr<std::int64_t>();
    const std::int64_t per_task = rows_per_task(table.weight);
    const std::int64_t end = std::min((task + 1) * per_task, groups(table).size());
    for (std::int64_t r = task * per_task; r < end; ++r) catch_up_row(table, rows[r]);
  });
}

void Optimizer::finish() {
  if (!waits_ || history_.empty()) return;
  for (Table& table : tables_) {
    const std::int64_t n_rows = table.weight.size(0), per_task = rows_per_task(table.weight);
    for_each_task(n_tasks(n_rows, per_task), [&](std::int64_t task) {
      for (std::int64_t row = task * per_task; row < std::min((task + 1) * per_task, n_rows); ++row)
        catch_up_row(table, row);
    });
  }
  first_ += std::ssize(history_);
  history_.clear();
}

UpdateNumbers Optimizer::numbers_at(double lr, std::int64_t step) const {
  UpdateNumbers numbers;
  numbers.lr = lr;
  numbers.weight_decay = options_.weight_decay;
  numbers.momentum = options_.momentum;
  numbers.nesterov = options_.nesterov;
  numbers.eps = rule_.default_eps;
  numbers.at_step(step);
  return numbers;
}

double Optimizer::penalty_of(const Batch& batch) const {
  return 2 * options_.embedding_l2 / static_cast<double>(batch.users.size(0));
}

void Optimizer::step(const Batch& batch, BatchGradients& gradients, double lr, std::int64_t step) {
  penalty_ = penalty_of(batch);
  step_on_cpu(batch, gradients, numbers_at(lr, step));
}

void Optimizer::step(BatchGradients& gradients, double lr, std::int64_t step) {
  const UpdateNumbers numbers = numbers_at(lr, step);
  if (dense_[0].weight.is_cpu()) {
    const RowGroups none;
    step_on_cpu({{}, {}, {}, none, none}, gradients, numbers);
    return;
  }
  if (options_.clip_norm > 0) clip(gradients);
  step_dense(gradients, StepTensors::of(numbers, dense_[0].weight.device()));
}

void Optimizer::step(const Batch& batch, BatchGradients& gradients, const StepTensors& now) {
  if (const double penalty = penalty_of(batch); penalty > 0)
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      const RowGroups& groups = batch.rows(tables_[t].side);
      const at::Tensor rows = tables_[t].weight.index_select(0, groups.rows);
      gradients.tables[t].addcmul_(rows, groups.counts.unsqueeze(1), penalty);
    }
  if (options_.clip_norm > 0) clip(gradients);
  step_tables(batch, gradients, now);
  step_dense(gradients, now);
}

/// Row r's share of embedding_l2: its penalty once per rating.
void Optimizer::add_penalty(const Table& table,
                            const RowGroups& groups,
                            at::Tensor& gradient,
                            std::int64_t r) const {
  const std::int64_t width = table.weight.size(1), row = groups.rows.data_ptr<std::int64_t>()[r];
  add_scaled(at_offset(gradient, r * width), at_offset(table.weight, row * width),
             static_cast<float>(penalty_) * groups.counts.data_ptr<float>()[r], width);
}

/// All gradients, penalties included, scaled down to the asked norm.
void Optimizer::clip(BatchGradients& gradients) const {
  at::Tensor squares = at::zeros({}, gradients.loss.options().dtype(at::kFloat));
  for (const auto* list : {&gradients.tables, &gradients.dense})
    for (const at::Tensor& gradient : *list)
      if (gradient.defined()) squares.add_(gradient.square().sum());
  const at::Tensor factor = (options_.clip_norm / (squares.sqrt() + 1e-6)).clamp_max_(1);
  for (auto* list : {&gradients.tables, &gradients.dense})
    for (at::Tensor& gradient : *list)
      if (gradient.defined()) gradient.mul_(factor);
}

void Optimizer::step_on_cpu(const Batch& batch, BatchGradients& gradients, const UpdateNumbers& numbers) {
  const bool clips = options_.clip_norm > 0;
  if (clips) {
    if (penalty_ > 0)
      for (std::size_t t = 0; t < tables_.size(); ++t) {
        const RowGroups& groups = batch.rows(tables_[t].side);
        for (std::int64_t r = 0; r < groups.size(); ++r)
          add_penalty(tables_[t], groups, gradients.tables[t], r);
      }
    clip(gradients);
  }
  if (waits_) history_.push_back(numbers);
  const std::int64_t last = first_ + std::ssize(history_);

  TaskList tasks;
  for (const Table& table : tables_)
    tasks.add(n_tasks(batch.rows(table.side).size(), rows_per_task(table.weight)));
  for (std::size_t w = 0; w < dense_.size(); ++w)
    tasks.add(gradients.dense[w].defined() ? n_tasks(dense_[w].weight.numel(), kFloatsPerTask) : 0);
  const auto apply = [&](Slot& slot, std::int64_t at, const float* gradient, std::int64_t n) {
    rule_.fused(at_offset(slot.weight, at), gradient, at_offset(slot.states[0], at),
                at_offset(slot.states[1], at), n, numbers);
  };
  tasks.run([&](std::size_t list, std::int64_t task) {
    if (list >= tables_.size()) {
      Slot& slot = dense_[list - tables_.size()];
      const std::int64_t begin = task * kFloatsPerTask;
      apply(slot, begin, at_offset(gradients.dense[list - tables_.size()], begin),
            std::min(kFloatsPerTask, slot.weight.numel() - begin));
      return;
    }
    Table& table = tables_[list];
    at::Tensor& gradient = gradients.tables[list];
    const RowGroups& groups = batch.rows(table.side);
    const std::int64_t width = table.weight.size(1), per_task = rows_per_task(table.weight);
    const auto* rows = groups.rows.data_ptr<std::int64_t>();
    for (std::int64_t r = task * per_task; r < std::min((task + 1) * per_task, groups.size()); ++r) {
      if (penalty_ > 0 && !clips) add_penalty(table, groups, gradient, r);
      apply(table, rows[r] * width, at_offset(gradient, r * width), width);
      if (waits_) table.done[static_cast<std::size_t>(rows[r])] = last;
    }
  });
}

/// A repeated row gets the same step as where it stands first: which of them is written last is no matter.
void Optimizer::step_tables(const Batch& batch, BatchGradients& gradients, const StepTensors& now) {
  const UpdateNumbers numbers = numbers_at(0, 1);
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    Table& table = tables_[t];
    const RowGroups& groups = batch.rows(table.side);
    const at::Tensor gradient = gradients.tables[t].index_select(0, groups.source);
    if (table.gradient.defined()) {
      table.gradient.index_copy_(0, groups.rows, gradient);
      rule_.reference(table.weight, table.gradient, table.states, numbers, now);
      table.gradient.index_fill_(0, groups.rows, 0);
      continue;
    }
    at::Tensor weight = table.weight.index_select(0, groups.rows);
    std::array<at::Tensor, 2> states;
    for (std::size_t s = 0; s < 2; ++s)
      if (table.states[s].defined()) states[s] = table.states[s].index_select(0, groups.rows);
    rule_.reference(weight, gradient, states, numbers, now);
    table.weight.index_copy_(0, groups.rows, weight);
    for (std::size_t s = 0; s < 2; ++s)
      if (states[s].defined()) table.states[s].index_copy_(0, groups.rows, states[s]);
  }
}

void Optimizer::step_dense(BatchGradients& gradients, const StepTensors& now) {
  const UpdateNumbers numbers = numbers_at(0, 1);
  for (std::size_t w = 0; w < dense_.size(); ++w)
    if (gradients.dense[w].defined())
      rule_.reference(dense_[w].weight, gradients.dense[w], dense_[w].states, numbers, now);
}

template <class Self, class Visit>
void Optimizer::for_each_state(Self& self, const Visit& visit) {
  const auto of = [&](auto& slot) {
    for (std::size_t s = 0; s < 2; ++s)
      if (slot.states[s].defined()) visit(slot.name + ".state" + std::to_string(s), slot.states[s]);
  };
  for (auto& table : self.tables_) of(table);
  for (auto& slot : self.dense_) of(slot);
}

StateDict Optimizer::state() const {
  StateDict state;
  for_each_state(
      *this, [&](const std::string& name, const at::Tensor& tensor) { state.set(name, to_state(tensor)); });
  return state;
}

void Optimizer::load(const StateDict& state, std::int64_t step) {
  for_each_state(*this,
                 [&](const std::string& name, at::Tensor& tensor) { copy_from_state(tensor, state, name); });
  first_ = step;
  history_.clear();
  for (Table& table : tables_) std::fill(table.done.begin(), table.done.end(), step);
}

}  // namespace movrec
