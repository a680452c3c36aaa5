#include "train/device_steps.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace movrec {

DeviceSteps::DeviceSteps(const TrainOptions& options,
                         GradientPass& pass,
                         Optimizer& optimizer,
                         at::Tensor& loss_sum)
    : batch_size_(options.batch_size),
      pass_(pass),
      optimizer_(optimizer),
      loss_sum_(loss_sum),
      graph_(loss_sum.device(), options.cuda_graph == "on") {}

void DeviceSteps::start_epoch(const at::Tensor& users,
                              const at::Tensor& items,
                              const at::Tensor& stars,
                              std::span<const UpdateNumbers> numbers,
                              std::int64_t first) {
  const std::int64_t n_rows = users.size(0), n_whole = n_rows / batch_size_;
  const auto lay_out = [&](std::int64_t begin, std::int64_t end, std::int64_t size,
                           std::span<const UpdateNumbers> of_steps, std::int64_t next) {
    const auto batches = [&](const at::Tensor& column) {
      return column.slice(0, begin, end).view({-1, size});
    };
    return Layout{.users = batches(users),
                  .items = batches(items),
                  .stars = batches(stars),
                  .user_groups = BatchGroups(batches(users)),
                  .item_groups = BatchGroups(batches(items)),
                  .numbers = StepTensors::table(of_steps, users.device()),
                  .next = at::full({1}, next, users.options().dtype(at::kLong))};
  };
  whole_left_ = std::max<std::int64_t>(n_whole - first, 0);
  const std::int64_t middle = n_whole * batch_size_;
  if (n_whole > 0) {
    Layout layout = lay_out(0, middle, batch_size_, numbers.first(static_cast<std::size_t>(n_whole)), first);
    if (!whole_.users.defined()) {
      whole_ = std::move(layout);
    } else {  // a recorded step reads where the first epoch lay
      whole_.users.copy_(layout.users);
      whole_.items.copy_(layout.items);
      whole_.stars.copy_(layout.stars);
      whole_.user_groups.copy_(layout.user_groups);
      whole_.item_groups.copy_(layout.item_groups);
      whole_.numbers.copy_(layout.numbers);
      whole_.next.copy_(layout.next);
    }
  }
  if (middle < n_rows) rest_ = lay_out(middle, n_rows, n_rows - middle, numbers.last(1), 0);
}

void DeviceSteps::run(const DropoutStep& dropout) {
  if (whole_left_ == 0) return step(rest_, dropout);
  --whole_left_;
  graph_.run([&] { step(whole_, dropout); });
}

void DeviceSteps::step(Layout& layout, const DropoutStep& dropout) {
  const auto row = [&](const at::Tensor& of_all) { return of_all.index_select(0, layout.next).squeeze(0); };
  const RowGroups users = layout.user_groups.of(layout.next), items = layout.item_groups.of(layout.next);
  const Batch batch{row(layout.users), row(layout.items), row(layout.stars), users, items};
  BatchGradients& gradients = pass_.run(batch, dropout);
  at::NoGradGuard no_grad;
  loss_sum_.add_(gradients.loss, static_cast<double>(batch.users.size(0)));
  optimizer_.step(batch, gradients, StepTensors::of_row(row(layout.numbers)));
  layout.next.add_(1);
}

}  // namespace movrec
