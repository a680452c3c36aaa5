#include "model/torch/row_answers.hpp"

#include "movrec/train/common/options.hpp"

namespace movrec {
namespace {

/// Rows go through the net so many at a time, empty ones filling up the last block: matrix products of one
/// shape, so that a row's numbers do not depend on its neighbours.
constexpr std::size_t kBlockRows = 64;

}  // namespace

RowAnswers::RowAnswers(const ModelSpec& spec,
                       std::int32_t n_columns,
                       RowBuilder builder,
                       const std::string& device)
    : net_(make_row_net(spec.algorithm,
                        {.n_columns = n_columns, .n_side = static_cast<std::int64_t>(builder.n_side())},
                        spec.options.as<NetOptions>(),
                        spec.options.as<RowNetOptions>(),
                        spec.options.get<FitOptions>().seed)),
      builder_(std::move(builder)) {
  move_to(*net_, device);
}

std::vector<float> RowAnswers::hidden(std::span<const RowContent> rows) const {
  std::vector<float> out;
  out.reserve(rows.size() * dim());
  for (std::size_t begin = 0; begin < rows.size(); begin += kBlockRows) {
    RowBatch batch;
    const std::size_t n = std::min(kBlockRows, rows.size() - begin);
    for (std::size_t k = 0; k < kBlockRows; ++k) builder_.add(batch, k < n ? rows[begin + k] : RowContent{});
    const std::vector<float> block = hidden_values(*net_, batch);
    out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(n * dim()));
  }
  return out;
}

void RowAnswers::save(StateDict& state) const {
  for (const DenseWeight& weight : net_->weights()) state.set(weight.name, to_state(weight.weight));
  if (builder_.profile()) builder_.profile()->save(state);
}

void RowAnswers::load(const StateDict& state) {
  for (DenseWeight& weight : net_->weights()) copy_from_state(weight.weight, state, weight.name);
}

}  // namespace movrec
