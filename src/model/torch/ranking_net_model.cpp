#include "model/common/cosines.hpp"
#include "model/common/solver_fit.hpp"
#include "model/rank/topn_model.hpp"
#include "model/torch/row_answers.hpp"
#include "movrec/model/torch/row_net_models.hpp"
#include "movrec/ops/state.hpp"
#include "movrec/train/row_trainer.hpp"

namespace movrec {
namespace {

/// What the training rows say of users besides ratings.
class KnownUsers {
 public:
  KnownUsers() = default;
  explicit KnownUsers(const UserFeatures& users)
      : ages_(users.ages.begin(), users.ages.end()),
        genders_(users.genders.begin(), users.genders.end()),
        occupations_(users.occupations.begin(), users.occupations.end()) {}
  explicit KnownUsers(const StateDict& state)
      : ages_(state.list<std::int32_t>("users.age")),
        genders_(state.list<std::int32_t>("users.gender")),
        occupations_(state.list<std::int32_t>("users.occupation")) {
    if (genders_.size() != ages_.size() || occupations_.size() != ages_.size())
      fail(ErrorKind::model, "{} ages, {} genders and {} occupations in the checkpoint", ages_.size(),
           genders_.size(), occupations_.size());
  }

  void save(StateDict& state) const {
    state.set("users.age", ages_);
    state.set("users.gender", genders_);
    state.set("users.occupation", occupations_);
  }

  Demographics of(UserIdx user) const {
    if (user == kNoUser || index(user) >= ages_.size()) return {};
    return {static_cast<std::int16_t>(ages_[index(user)]), static_cast<char>(genders_[index(user)]),
            static_cast<std::int16_t>(occupations_[index(user)])};
  }

 private:
  std::vector<std::int32_t> ages_, genders_, occupations_;
};

class RankingNetModel final : public TopNModel {
 public:
  RankingNetModel(const ModelSpec& spec,
                  Everybody everybody,
                  RatingLists rows,
                  KnownUsers users,
                  RowBuilder builder,
                  const std::string& device)
      : TopNModel(std::move(everybody)),
        rows_(std::move(rows)),
        users_(std::move(users)),
        answers_(spec, spec.n_items, std::move(builder), device) {}

  RowAnswers& answers() { return answers_; }
  const RatingLists& rows() const { return rows_; }

  RowContent content(std::size_t row) const {
    const UserIdx user{static_cast<std::int32_t>(row)};
    return {
        .columns = rows_.others_of(row), .stars = rows_.stars_of(row), .who = users_.of(user), .user = user};
  }

  QuerySupport supports() const override {
    return {.history = true, .demographics = has_profile(), .stars = answers_.builder().looks_at_stars()};
  }
  std::int64_t n_parameters() const override { return answers_.net().n_parameters(); }

  bool knows_similarities() const override { return true; }
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    cosines(host_values(answers_.net().output_weight()), known_items(), item, similarities);
  }

  StateDict state() const override {
    StateDict state;
    everybody().save(state);
    save_lists(rows_, "rows.", state);
    if (has_profile()) users_.save(state);
    answers_.save(state);
    return state;
  }

 protected:
  bool knows(UserIdx user) const override { return rows_.count(index(user)) > 0; }
  bool knows_demographics() const override { return has_profile(); }

  void score_tastes(std::span<const Taste> tastes, std::span<const ItemIdx> items) const override {
    std::vector<RowContent> wanted;
    std::vector<float*> scores;
    for (const Taste& taste : tastes) {
      wanted.push_back(taste.user == kNoUser
                           ? RowContent{.columns = taste.items, .stars = taste.stars, .user = taste.who}
                           : content(index(taste.user)));
      if (taste.demographics) wanted.back().who = *taste.demographics;
      scores.push_back(taste.scores);
    }
    if (wanted.empty()) return;
    const std::vector<float> hidden = answers_.hidden(wanted);
    const std::vector<float> weight = host_values(answers_.net().output_weight());
    const std::vector<float> bias = host_values(answers_.net().output_bias());
    score_panels({hidden, weight, bias, answers_.dim()}, items, scores);
  }

 private:
  bool has_profile() const { return answers_.builder().profile().has_value(); }

  RatingLists rows_;  ///< each user's positive items
  KnownUsers users_;
  RowAnswers answers_;
};

bool takes_profile(const ModelSpec& spec) {
  return spec.options.find<ProfileOptions>() != nullptr;
}

RowBuilder make_builder(const ModelSpec& spec) {
  return RowBuilder(takes_profile(spec) ? RowValue::share : RowValue::seen, spec.options.as<RowNetOptions>(),
                    0, {}, spec.stars.max);
}

/// Nothing is known of anybody.
const SideInfo& no_side_info() {
  static const Catalog items;
  static const UserFeatures users;
  static const SideInfo none{items, users};
  return none;
}

}  // namespace

std::unique_ptr<Model> fit_ranking_net_model(const FitContext& context) {
  const ModelSpec& spec = context.spec;
  const SideInfo& side = context.side != nullptr ? *context.side : no_side_info();
  RowBuilder builder = make_builder(spec);
  if (takes_profile(spec))
    builder.set_profile(
        ProfileInputs(side, spec.options.get<ProfileOptions>().one_hot_occupation, spec.stars.max));
  auto model = std::make_unique<RankingNetModel>(
      spec, Everybody(spec, context.train),
      positive_lists(context.train, spec.options.get<PositiveOptions>().positive_from),
      KnownUsers(side.users), std::move(builder), context.device);
  if (context.resume) model->answers().load(context.resume->model);
  std::vector<std::uint32_t> users;  // that have something to learn from
  for (std::uint32_t user = 0; user < model->rows().size(); ++user)
    if (model->rows().count(user) > 0) users.push_back(user);
  if (users.empty())
    throw Error(ErrorKind::usage, "no user has a positive rating to learn from",
                fmt::format("none reaches {} stars", spec.options.get<PositiveOptions>().positive_from),
                "‹positive-from› 0");
  RowSource source{
      .n_rows = std::ssize(users),
      .passes = spec.options.as<PassOptions>().passes,
      .batch = [&rows = *model, &builder = model->answers().builder(), users](const RowDraw& draw) {
        RowBatch batch;
        for (std::size_t k = 0; k < draw.rows.size(); ++k)
          builder.add_for_training(batch, rows.content(users[draw.rows[k]]), draw.seed, draw.streams[k],
                                   draw.with_noise);
        return batch;
      }};
  RowTrainer trainer(model->answers().shared_net(), std::move(source), spec.options.get<RowTrainOptions>());
  return SolverFit<RowTrainer>(
             context, std::move(trainer), [&](const RowTrainer&) { return std::move(model); },
             [](Model&, const RowTrainer&) {})
      .run();
}

std::unique_ptr<Model> load_ranking_net_model(const ModelSpec& spec, const StateDict& state) {
  RowBuilder builder = make_builder(spec);
  if (takes_profile(spec)) {
    builder.set_profile(
        ProfileInputs(state, spec.options.get<ProfileOptions>().one_hot_occupation, spec.stars.max));
    if (state.values<std::int64_t>("profile.counts", 2)[1] > 0)
      state.values<std::int32_t>("profile.genre_bits", static_cast<std::size_t>(spec.n_items));
  }
  auto model = std::make_unique<RankingNetModel>(
      spec, Everybody(spec, state), load_lists(state, "rows.", spec.n_users, spec.n_items),
      takes_profile(spec) ? KnownUsers(state) : KnownUsers(), std::move(builder), "cpu");
  model->answers().load(state);
  return model;
}

}  // namespace movrec
