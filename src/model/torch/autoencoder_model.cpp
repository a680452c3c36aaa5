#include <algorithm>
#include <numeric>

#include "model/common/cosines.hpp"
#include "model/common/lazy.hpp"
#include "model/common/solver_fit.hpp"
#include "model/torch/row_answers.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/model/torch/row_net_models.hpp"
#include "movrec/ops/hidden_layer.hpp"
#include "movrec/ops/state.hpp"
#include "movrec/train/row_trainer.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {
namespace {

/// Biases and, for pairs whose row is not empty and whose column has been trained, the net's residual. Rows
/// are users or items, columns the others.
class AutoencoderModel final : public Model {
 public:
  AutoencoderModel(const ModelSpec& spec, Biases biases, RatingLists rows, const std::string& device)
      : by_item_(spec.options.get<AutoencoderOptions>().rows == "items"),
        user_damping_(spec.options.get<BiasOptions>().user_damping),
        biases_(std::move(biases)),
        rows_(std::move(rows)),
        is_trained_(known_columns(by_item_ ? spec.n_users : spec.n_items)),
        answers_(spec,
                 by_item_ ? spec.n_users : spec.n_items,
                 RowBuilder(RowValue::residual,
                            spec.options.as<RowNetOptions>(),
                            biases_.mean,
                            by_item_ ? biases_.user : biases_.item,
                            spec.stars.max),
                 device) {}

  RowAnswers& answers() { return answers_; }
  std::int32_t n_items() const override { return static_cast<std::int32_t>(biases_.item.size()); }
  const RatingLists& rows() const { return rows_; }

  RowContent content(std::size_t row) const {
    return {.columns = rows_.others_of(row),
            .stars = rows_.stars_of(row),
            .who = {},
            .bias = by_item_ ? biases_.item[row] : biases_.user[row]};
  }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    std::vector<std::int32_t> place(rows_.size(), -1);  // of a row in `wanted`
    std::vector<RowContent> wanted;
    const auto row_of = [&](std::size_t k) { return by_item_ ? number(items[k]) : number(users[k]); };
    for (std::size_t k = 0; k < users.size(); ++k) {
      const auto row = row_of(k);
      if (row < 0 || place[static_cast<std::size_t>(row)] >= 0) continue;
      place[static_cast<std::size_t>(row)] = static_cast<std::int32_t>(wanted.size());
      wanted.push_back(content(static_cast<std::size_t>(row)));
    }
    const std::vector<float> hidden = answers_.hidden(wanted);
    const std::vector<float> weight = host_values(answers_.net().output_weight());
    const std::vector<float> bias = host_values(answers_.net().output_bias());
    const std::size_t dim = answers_.dim();
    constexpr std::size_t kPairsPerTask = 4096;
    for_each_task(static_cast<std::int64_t>((users.size() + kPairsPerTask - 1) / kPairsPerTask),
                  [&](std::int64_t task) {
                    const std::size_t first = static_cast<std::size_t>(task) * kPairsPerTask;
                    for (std::size_t k = first; k < std::min(users.size(), first + kPairsPerTask); ++k) {
                      stars[k] = biases_.predict(users[k], items[k]);
                      const auto row = row_of(k);
                      const auto column = by_item_ ? number(users[k]) : number(items[k]);
                      if (row < 0 || column < 0 || rows_.count(static_cast<std::size_t>(row)) == 0 ||
                          is_trained_[static_cast<std::size_t>(column)] == 0)
                        continue;
                      const auto from = static_cast<std::size_t>(place[static_cast<std::size_t>(row)]);
                      const auto to = static_cast<std::size_t>(column);
                      stars[k] += bias[to] +
                                  dot(&hidden[from * dim], &weight[to * dim], static_cast<std::int64_t>(dim));
                    }
                  });
  }

  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    score_items(users, all_items(), scores);
  }

  void do_score_items(std::span<const UserQuery> users,
                      std::span<const ItemIdx> items,
                      std::span<float> scores) const override {
    by_item_ ? score_by_item(users, items, scores) : score_by_user(users, items, scores);
  }

  QuerySupport supports() const override { return {.history = !by_item_, .stars = !by_item_}; }

  bool knows_similarities() const override { return !by_item_; }
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    cosines(host_values(answers_.net().output_weight()), is_trained_, item, similarities);
  }

  std::int64_t n_parameters() const override { return answers_.net().n_parameters(); }

  StateDict state() const override {
    StateDict state;
    biases_.save(state, "bias.");
    save_lists(rows_, "rows.", state);
    answers_.save(state);
    return state;
  }

  /// The weights have changed.
  void forget_items() { items_hidden_.reset(); }

 private:
  std::vector<std::int32_t> known_columns(std::int32_t n) const {
    std::vector<std::int32_t> known(static_cast<std::size_t>(n));
    for (const std::int32_t column : rows_.others) known[static_cast<std::size_t>(column)] = 1;
    return known;
  }

  void score_by_user(std::span<const UserQuery> users,
                     std::span<const ItemIdx> items,
                     std::span<float> scores) const {
    std::vector<RowContent> wanted;
    std::vector<std::vector<std::int32_t>> columns(users.size());  // of histories: what training has seen
    std::vector<std::vector<float>> stars(users.size());
    std::vector<float*> outputs;
    for (std::size_t u = 0; u < users.size(); ++u) {
      float* out = &scores[u * items.size()];
      RowContent row;
      if (users[u].history) {
        const History& history = *users[u].history;
        for (std::size_t k = 0; k < history.items.size(); ++k) {
          if (is_trained_[index(history.items[k])] == 0) continue;
          columns[u].push_back(number(history.items[k]));
          stars[u].push_back(history.stars[k]);
        }
        row = {.columns = columns[u],
               .stars = stars[u],
               .who = {},
               .bias = biases_.user_bias_of(history, user_damping_)};
      } else if (users[u].user != kNoUser) {
        row = content(index(users[u].user));
      }
      const float constant = static_cast<float>(biases_.mean) + row.bias;
      if (row.columns.empty()) {
        for (std::size_t k = 0; k < items.size(); ++k) out[k] = constant + biases_.item[index(items[k])];
        continue;
      }
      outputs.push_back(out);
      wanted.push_back(row);
    }
    if (wanted.empty() || items.empty()) return;
    const std::vector<float> hidden = answers_.hidden(wanted);
    const std::vector<float> weight = host_values(answers_.net().output_weight());
    const std::vector<float> bias = host_values(answers_.net().output_bias());
    score_panels({hidden, weight, bias, answers_.dim()}, items, outputs);
    for (std::size_t at = 0; at < wanted.size(); ++at) {
      const float constant = static_cast<float>(biases_.mean) + wanted[at].bias;
      for (std::size_t k = 0; k < items.size(); ++k) {
        const std::size_t item = index(items[k]);
        outputs[at][k] = constant + biases_.item[item] + (is_trained_[item] != 0 ? outputs[at][k] : 0.F);
      }
    }
  }

  void score_by_item(std::span<const UserQuery> users,
                     std::span<const ItemIdx> items,
                     std::span<float> scores) const {
    const std::size_t dim = answers_.dim();
    const std::vector<float>& items_hidden = items_hidden_.get([&] {
      std::vector<RowContent> all;
      for (std::size_t row = 0; row < rows_.size(); ++row) all.push_back(content(row));
      return answers_.hidden(all);
    });
    const std::vector<float> weight = host_values(answers_.net().output_weight());
    const std::vector<float> bias = host_values(answers_.net().output_bias());
    std::vector<float> rows;
    std::vector<float*> outputs;
    std::vector<std::size_t> asking;
    for (std::size_t u = 0; u < users.size(); ++u) {
      const UserIdx user = users[u].user;
      if (user == kNoUser || is_trained_[index(user)] == 0) {
        for (std::size_t k = 0; k < items.size(); ++k)
          scores[u * items.size() + k] = biases_.predict(user, items[k]);
        continue;
      }
      rows.insert(rows.end(), &weight[index(user) * dim], &weight[index(user) * dim] + dim);
      outputs.push_back(&scores[u * items.size()]);
      asking.push_back(index(user));
    }
    score_panels({rows, items_hidden, {}, dim}, items, outputs);
    for (std::size_t at = 0; at < asking.size(); ++at)
      for (std::size_t k = 0; k < items.size(); ++k) {
        const std::size_t item = index(items[k]);
        const float known = rows_.count(item) > 0 ? outputs[at][k] + bias[asking[at]] : 0.F;
        outputs[at][k] = biases_.predict(UserIdx{static_cast<std::int32_t>(asking[at])}, items[k]) + known;
      }
  }

  bool by_item_;
  double user_damping_;
  Biases biases_;
  RatingLists rows_;
  std::vector<std::int32_t> is_trained_;  ///< by column: whether a row holds it
  RowAnswers answers_;
  Lazy<std::vector<float>> items_hidden_;  ///< with rows of items: of all, once somebody has asked
};

RatingLists lists_of(const ModelSpec& spec, const Ratings& train) {
  RatingLists lists = positive_lists(train, 0);
  return spec.options.get<AutoencoderOptions>().rows == "items" ? transposed(lists, spec.n_items) : lists;
}

}  // namespace

std::unique_ptr<Model> fit_autoencoder_model(const FitContext& context) {
  const ModelSpec& spec = context.spec;
  auto model =
      std::make_unique<AutoencoderModel>(spec, fit_biases(context.train, spec.options.get<BiasOptions>()),
                                         lists_of(spec, context.train), context.device);
  if (context.resume) model->answers().load(context.resume->model);
  const AutoencoderModel& rows = *model;
  RowSource source{.n_rows = std::ssize(rows.rows().begin) - 1,
                   .batch = [&rows, &builder = model->answers().builder()](const RowDraw& draw) {
                     RowBatch batch;
                     for (std::size_t k = 0; k < draw.rows.size(); ++k)
                       builder.add_for_training(batch, rows.content(draw.rows[k]), draw.seed, draw.streams[k],
                                                draw.with_noise);
                     return batch;
                   }};
  RowTrainer trainer(model->answers().shared_net(), std::move(source), spec.options.get<RowTrainOptions>());
  return SolverFit<RowTrainer>(
             context, std::move(trainer), [&](const RowTrainer&) { return std::move(model); },
             [](Model& of, const RowTrainer&) { dynamic_cast<AutoencoderModel&>(of).forget_items(); })
      .run();
}

std::unique_ptr<Model> load_autoencoder_model(const ModelSpec& spec, const StateDict& state) {
  Biases biases = load_biases(state, spec.n_users, spec.n_items, "bias.");
  const bool by_item = spec.options.get<AutoencoderOptions>().rows == "items";
  RatingLists rows = load_lists(state, "rows.", by_item ? spec.n_items : spec.n_users,
                                by_item ? spec.n_users : spec.n_items);
  auto model = std::make_unique<AutoencoderModel>(spec, std::move(biases), std::move(rows), "cpu");
  model->answers().load(state);
  return model;
}

}  // namespace movrec
