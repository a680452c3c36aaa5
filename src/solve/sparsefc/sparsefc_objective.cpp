#include "solve/sparsefc/sparsefc_objective.hpp"

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"
#include "movrec/kernels/gemm.hpp"
#include "movrec/kernels/parallel.hpp"

namespace movrec {
namespace {

constexpr std::size_t kItemBlock = 256;  ///< items that are multiplied at once
constexpr std::size_t kRowBlock = 128;   ///< weights' rows of a task
constexpr std::size_t kLine = 16;        ///< floats of a cache line
constexpr double kKernelStd = 1e-3;
constexpr float kFarAway = 2;  ///< where padding lies: out of the reach of every kernel

std::size_t n_blocks(std::size_t n, std::size_t block) {
  return (n + block - 1) / block;
}

template <class Work>
void for_each_block(std::size_t n, std::size_t block, const Work& work) {
  for_each_task(static_cast<std::int64_t>(n_blocks(n, block)), [&](std::int64_t task) {
    const std::size_t begin = static_cast<std::size_t>(task) * block;
    work(static_cast<std::size_t>(task), Range{begin, std::min(n, begin + block)});
  });
}

/// Consecutive rows with about as many ratings in each part.
std::vector<Range> chunks_of(const RatingLists& lists, std::size_t n) {
  std::vector<Range> out;
  std::size_t row = 0;
  for (std::size_t k = 1; k <= n; ++k) {
    const std::size_t begin = row;
    while (row < lists.size() && lists.begin[row] * n < lists.others.size() * k) ++row;
    if (k == n) row = lists.size();
    if (row > begin) out.push_back({begin, row});
  }
  return out;
}

std::vector<std::uint32_t> positions_by_item(const Ratings& train,
                                             const RatingLists& by_item,
                                             const RatingLists& by_user) {
  std::vector<std::size_t> next_of_item(by_item.begin.begin(), by_item.begin.end() - 1);
  std::vector<std::size_t> next_of_user(by_user.begin.begin(), by_user.begin.end() - 1);
  std::vector<std::uint32_t> out(train.size());
  for (std::size_t row = 0; row < train.size(); ++row)
    out[next_of_user[index(train.users[row])]++] =
        static_cast<std::uint32_t>(next_of_item[index(train.items[row])]++);
  return out;
}

/// [rows, columns] row-major into panels.
void copy_to_panels(const float* from, Range rows, std::size_t columns, std::size_t n_rows, float* to) {
  for (std::size_t r = rows.begin; r < rows.end; ++r)
    for (std::size_t c = 0; c < columns; c += kPanel)
      std::copy_n(from + r * columns + c, kPanel, to + c * n_rows + r * kPanel);
}

void gemm(Transpose of_a,
          Transpose of_b,
          std::size_t m,
          std::size_t n,
          std::size_t k,
          const float* a,
          std::size_t lda,
          const float* b,
          std::size_t ldb,
          float* c,
          std::size_t ldc) {
  const auto i = [](std::size_t number) { return static_cast<std::int64_t>(number); };
  movrec::gemm(of_a, of_b, i(m), i(n), i(k), a, i(lda), b, i(ldb), 0, c, i(ldc));
}

}  // namespace

SparseFcObjective::SparseFcObjective(const Ratings& train,
                                     const Biases& start,
                                     const std::vector<std::int64_t>& hidden,
                                     const SparseFcOptions& options)
    : n_users_(static_cast<std::size_t>(train.n_users)),
      n_items_(static_cast<std::size_t>(train.n_items)),
      dim_(options.kernel == "none" ? 0 : static_cast<std::size_t>(options.kernel_dim)),
      penalty_{options.weight_l2 * std::sqrt(static_cast<double>(train.size())), options.kernel_l2},
      by_item_(rating_lists(train.items, train.users, train.stars, train.n_items)),
      by_user_(rating_lists(train.users, train.items, train.stars, train.n_users)),
      item_position_(positions_by_item(train, by_item_, by_user_)),
      item_chunks_(chunks_of(by_item_, kChunks)),
      user_chunks_(chunks_of(by_user_, kChunks)),
      user_bias_(start.user),
      errors_(train.size()),
      errors_by_user_(train.size()) {
  for (float& bias : user_bias_) bias += static_cast<float>(start.mean);
  const auto take = [&](std::size_t n) {
    const std::size_t at = size_;
    size_ += (n + kLine - 1) / kLine * kLine;
    return at;
  };
  const auto add_layer = [&](std::size_t rows, std::size_t columns, bool row_major) {
    SparseFcLayer layer{.shape = {rows, whole_panels(columns), row_major}, .n_columns = columns};
    layer.w = take(layer.shape.size());
    layer.u = take(rows * dim_);
    layer.v = take(layer.shape.columns * dim_);
    layers_.push_back(layer);
    effective_.emplace_back(layer.shape.size());
  };
  std::size_t before = 0;
  for (const std::int64_t width : hidden) {
    const auto columns = static_cast<std::size_t>(width);
    add_layer(before == 0 ? n_users_ : before, columns, /*row_major=*/before > 0);
    hidden_bias_.push_back(take(whole_panels(columns)));
    hidden_.emplace_back(n_items_ * whole_panels(columns));
    hidden_gradient_.emplace_back(n_items_ * whole_panels(columns));
    before = columns;
  }
  add_layer(n_users_, before, /*row_major=*/false);
  output_bias_ = take(n_users_);
  codes_panels_ = FloatBuffer(hidden_.back().size());
  first_gradient_panels_ = FloatBuffer(hidden_.front().size());
}

std::int64_t SparseFcObjective::n_parameters() const {
  std::size_t n = n_users_;
  for (const SparseFcLayer& layer : layers_)
    n += layer.shape.rows * layer.n_columns + dim_ * (layer.shape.rows + layer.n_columns);
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) n += layers_[l].n_columns;
  return static_cast<std::int64_t>(n);
}

FloatBuffer SparseFcObjective::start(std::uint64_t seed) const {
  FloatBuffer x(size_);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const SparseFcLayer& layer = layers_[l];
    const double reach = std::sqrt(6.0 / static_cast<double>(layer.shape.rows + layer.n_columns));
    for (std::size_t r = 0; r < layer.shape.rows; ++r) {
      RandomStream random(mix_seed(seed, 2 * l), r);
      for (std::size_t c = 0; c < layer.n_columns; ++c)
        x[layer.w + layer.shape.panel(c / kPanel) + r * layer.shape.row_stride() + c % kPanel] =
            static_cast<float>(reach * (2 * random.uniform() - 1));
      for (std::size_t d = 0; d < dim_; ++d)
        x[layer.u + r * dim_ + d] = static_cast<float>(kKernelStd * random.normal());
    }
    for (std::size_t d = 0; d < dim_; ++d) {
      RandomStream random(mix_seed(seed, 2 * l + 1), d);
      for (std::size_t c = 0; c < layer.shape.columns; ++c)
        x[layer.v + d * layer.shape.columns + c] =
            c < layer.n_columns ? static_cast<float>(kKernelStd * random.normal()) : kFarAway;
    }
  }
  std::ranges::copy(user_bias_, x.data() + output_bias_);
  return x;
}

double SparseFcObjective::operator()(std::span<const float> x, std::span<float> gradient) {
  weigh_all(x.data());
  forward(x.data());
  predict(x.data());
  backward(gradient.data());
  return squares_ / 2 + unweigh_all(x.data(), gradient.data());
}

void SparseFcObjective::gather(const RatingLists& lists,
                               std::span<const Range> chunks,
                               const float* values,
                               const FloatBuffer& table,
                               std::size_t columns,
                               float* out,
                               const PanelMatrix& out_shape) const {
  const std::size_t panel_size = table.size() / (columns / kPanel);
  for_each_task(static_cast<std::int64_t>(columns / kPanel * chunks.size()), [&](std::int64_t task) {
    const std::size_t p = static_cast<std::size_t>(task) / chunks.size();
    multiply_panel({lists.begin.data(), lists.others.data()}, values,
                   chunks[static_cast<std::size_t>(task) % chunks.size()], table.data() + p * panel_size,
                   out + out_shape.panel(p), out_shape.row_stride());
  });
}

void SparseFcObjective::weigh_all(const float* x) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const SparseFcLayer& layer = layers_[l];
    for_each_block(layer.shape.rows, kRowBlock, [&](std::size_t, Range rows) {
      weigh(layer.shape, rows, {x + layer.u, x + layer.v, dim_}, x + layer.w, effective_[l].data());
    });
  }
}

void SparseFcObjective::forward(const float* x) {
  const std::size_t n_hidden = hidden_.size(), first = layers_[0].shape.columns;
  gather(by_item_, item_chunks_, by_item_.stars.data(), effective_[0], first, hidden_[0].data(),
         {n_items_, first, true});
  for_each_block(n_items_, kItemBlock, [&](std::size_t, Range items) {
    const std::size_t count = items.end - items.begin;
    for (std::size_t l = 0; l < n_hidden; ++l) {
      const std::size_t columns = layers_[l].shape.columns;
      float* to = hidden_[l].data() + items.begin * columns;
      if (l > 0) {
        const std::size_t before = layers_[l - 1].shape.columns;
        gemm(Transpose::no, Transpose::no, count, columns, layers_[l].shape.rows,
             hidden_[l - 1].data() + items.begin * before, before, effective_[l].data(), columns, to,
             columns);
      }
      activate(to, count, layers_[l].n_columns, columns, x + hidden_bias_[l]);
    }
    copy_to_panels(hidden_.back().data(), items, layers_.back().shape.columns, n_items_,
                   codes_panels_.data());
  });
}

void SparseFcObjective::predict(const float* x) {
  const std::size_t columns = layers_.back().shape.columns;
  const SparseRows ratings{by_item_.begin.data(), by_item_.others.data()};
  std::vector<double> squares(item_chunks_.size());
  for_each_task(std::ssize(item_chunks_), [&](std::int64_t task) {
    const Range items = item_chunks_[static_cast<std::size_t>(task)];
    const Range entries{by_item_.begin[items.begin], by_item_.begin[items.end]};
    float* errors = errors_.data();
    for (std::size_t k = entries.begin; k < entries.end; ++k)
      errors[k] = x[output_bias_ + static_cast<std::size_t>(by_item_.others[k])] - by_item_.stars[k];
    for (std::size_t p = 0; p < columns / kPanel; ++p)
      add_panel_products(ratings, items, codes_panels_.data() + p * kPanel * n_items_, kPanel,
                         effective_.back().data() + p * kPanel * n_users_, errors);
    double sum = 0;
    for (std::size_t k = entries.begin; k < entries.end; ++k)
      sum += static_cast<double>(errors[k]) * static_cast<double>(errors[k]);
    squares[static_cast<std::size_t>(task)] = sum;
  });
  squares_ = 0;
  for (const double sum : squares) squares_ += sum;
}

void SparseFcObjective::backward(float* gradient) {
  for_each_block(n_users_, kRowBlock, [&](std::size_t, Range users) {
    for (std::size_t u = users.begin; u < users.end; ++u) {
      double sum = 0;
      for (std::size_t k = by_user_.begin[u]; k < by_user_.begin[u + 1]; ++k) {
        errors_by_user_[k] = errors_[item_position_[k]];
        sum += static_cast<double>(errors_by_user_[k]);
      }
      gradient[output_bias_ + u] = static_cast<float>(sum);
    }
  });
  const SparseFcLayer& last = layers_.back();
  gather(by_user_, user_chunks_, errors_by_user_.data(), codes_panels_, last.shape.columns, gradient + last.w,
         last.shape);
  gather(by_item_, item_chunks_, errors_.data(), effective_.back(), last.shape.columns,
         hidden_gradient_.back().data(), {n_items_, last.shape.columns, true});

  std::size_t n_bias = 0;
  for (const FloatBuffer& hidden : hidden_) n_bias += hidden.size() / n_items_;
  std::vector<float> bias_sums(n_blocks(n_items_, kItemBlock) * n_bias);
  for_each_block(n_items_, kItemBlock, [&](std::size_t block, Range items) {
    const std::size_t count = items.end - items.begin;
    float* sums = bias_sums.data() + block * n_bias;
    for (std::size_t l = hidden_.size(); l-- > 0; sums += layers_[l].shape.columns) {
      const std::size_t columns = layers_[l].shape.columns;
      float* at = hidden_gradient_[l].data() + items.begin * columns;
      if (l + 1 < hidden_.size()) {
        const std::size_t after = layers_[l + 1].shape.columns;
        gemm(Transpose::no, Transpose::yes, count, layers_[l].n_columns, after,
             hidden_gradient_[l + 1].data() + items.begin * after, after, effective_[l + 1].data(), after, at,
             columns);
      }
      activate_backward(hidden_[l].data() + items.begin * columns, count, columns, at, sums);
    }
    copy_to_panels(hidden_gradient_[0].data(), items, layers_[0].shape.columns, n_items_,
                   first_gradient_panels_.data());
  });
  for (std::size_t l = 0; l < hidden_.size(); ++l)
    std::fill_n(gradient + hidden_bias_[l], layers_[l].shape.columns, 0.F);
  for (std::size_t block = 0; block < n_blocks(n_items_, kItemBlock); ++block) {
    const float* sums = bias_sums.data() + block * n_bias;
    for (std::size_t l = hidden_.size(); l-- > 0;)
      for (std::size_t j = 0; j < layers_[l].shape.columns; ++j) gradient[hidden_bias_[l] + j] += *sums++;
  }
  for (std::size_t l = 1; l < hidden_.size(); ++l) {
    const std::size_t before = layers_[l - 1].shape.columns, columns = layers_[l].shape.columns;
    for_each_block(layers_[l].shape.rows, kRowBlock, [&](std::size_t, Range rows) {
      gemm(Transpose::yes, Transpose::no, rows.end - rows.begin, columns, n_items_,
           hidden_[l - 1].data() + rows.begin, before, hidden_gradient_[l].data(), columns,
           gradient + layers_[l].w + rows.begin * columns, columns);
    });
  }
  gather(by_user_, user_chunks_, by_user_.stars.data(), first_gradient_panels_, layers_[0].shape.columns,
         gradient + layers_[0].w, layers_[0].shape);
}

double SparseFcObjective::unweigh_all(const float* x, float* gradient) {
  double cost = 0;
  for (const SparseFcLayer& layer : layers_) {
    const std::size_t n_v = dim_ * layer.shape.columns, n = n_blocks(layer.shape.rows, kRowBlock);
    std::vector<float> v_sums(n * n_v);
    std::vector<double> costs(n);
    for_each_block(layer.shape.rows, kRowBlock, [&](std::size_t block, Range rows) {
      costs[block] = unweigh(layer.shape, rows, {x + layer.u, x + layer.v, dim_}, penalty_, x + layer.w,
                             gradient + layer.w, gradient + layer.u, v_sums.data() + block * n_v);
    });
    std::fill_n(gradient + layer.v, n_v, 0.F);
    for (std::size_t block = 0; block < n; ++block) {
      for (std::size_t k = 0; k < n_v; ++k) gradient[layer.v + k] += v_sums[block * n_v + k];
      cost += costs[block];
    }
  }
  return cost;
}

ItemCodes SparseFcObjective::codes(std::span<const float> x) const {
  const SparseFcLayer& last = layers_.back();
  ItemCodes out{.dim = last.n_columns,
                .codes = std::vector<float>(n_items_ * last.n_columns),
                .decoder = std::vector<float>(n_users_ * last.n_columns),
                .bias = {}};
  const auto unpad = [&](const float* panels, std::size_t rows, float* to) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < last.n_columns; c += kPanel)
        std::copy_n(panels + c * rows + r * kPanel, std::min(kPanel, last.n_columns - c),
                    to + r * last.n_columns + c);
  };
  unpad(codes_panels_.data(), n_items_, out.codes.data());
  unpad(effective_.back().data(), n_users_, out.decoder.data());
  const float* bias = x.data() + output_bias_;
  out.bias.assign(bias, bias + n_users_);
  return out;
}

}  // namespace movrec
