#include "movrec/model/table/blend_model.hpp"

#include <algorithm>
#include <functional>

namespace movrec {
namespace {

std::string member_prefix(std::size_t member) {
  return fmt::format("member{}.", member);
}

class BlendModel final : public Model {
 public:
  BlendModel(const ModelSpec& spec,
             std::vector<std::unique_ptr<Model>> members,
             std::span<const double> weights,
             double intercept)
      : stars_(spec.stars),
        members_(std::move(members)),
        weights_(weights.begin(), weights.end()),
        intercept_(intercept) {
    if (members_.empty() || members_.size() != weights_.size())
      fail(ErrorKind::model, "a blend of {} models has {} weights", members_.size(), weights_.size());
  }

  std::int32_t n_items() const override { return members_[0]->n_items(); }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    blend(stars, [&](const Model& member, std::span<float> out) { member.predict(users, items, out); });
  }
  void predict_at(std::span<const UserIdx> users,
                  std::span<const ItemIdx> items,
                  std::span<const std::int64_t> times,
                  std::span<float> stars) const override {
    blend(stars,
          [&](const Model& member, std::span<float> out) { member.predict_at(users, items, times, out); });
  }
  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    blend(scores, [&](const Model& member, std::span<float> out) { member.score(users, out); });
  }
  void do_score_items(std::span<const UserQuery> users,
                      std::span<const ItemIdx> items,
                      std::span<float> scores) const override {
    blend(scores, [&](const Model& member, std::span<float> out) { member.score_items(users, items, out); });
  }

  QuerySupport supports() const override {
    QuerySupport all{.history = true, .demographics = true};
    for (const auto& member : members_) {
      const QuerySupport one = member->supports();
      all = {all.history && one.history, all.demographics && one.demographics, all.stars || one.stars};
    }
    return all;
  }

  bool knows_similarities() const override {
    return std::ranges::any_of(members_, [](const auto& member) { return member->knows_similarities(); });
  }
  /// The weighted mean of what its members say.
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    std::vector<float> of_member(similarities.size());
    std::vector<double> sums(similarities.size());
    double weight = 0;
    for (std::size_t m = 0; m < members_.size(); ++m) {
      if (!members_[m]->knows_similarities()) continue;
      members_[m]->item_similarities(item, of_member);
      weight += weights_[m];
      for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i] += weights_[m] * static_cast<double>(of_member[i]);
    }
    for (std::size_t i = 0; i < sums.size(); ++i)
      similarities[i] = weight > 0 ? static_cast<float>(sums[i] / weight) : 0.F;
  }

  std::int64_t n_parameters() const override {
    std::int64_t sum = 0;
    for (const auto& member : members_) sum += member->n_parameters();
    return sum;
  }

  StateDict state() const override {
    StateDict state;
    state.set("weights", weights_);
    state.set("intercept", intercept_);
    for (std::size_t m = 0; m < members_.size(); ++m) {
      const StateDict of_member = members_[m]->state();
      for (const auto& [name, array] : of_member.arrays()) state.set(member_prefix(m) + name, array);
    }
    return state;
  }

 private:
  void blend(std::span<float> out, const std::function<void(const Model&, std::span<float>)>& ask) const {
    std::vector<double> sums(out.size(), intercept_);
    for (std::size_t m = 0; m < members_.size(); ++m) {
      ask(*members_[m], out);
      for (std::size_t i = 0; i < out.size(); ++i)
        sums[i] += weights_[m] * static_cast<double>(stars_.clip(out[i]));
    }
    std::ranges::transform(sums, out.begin(), [](double sum) { return static_cast<float>(sum); });
  }

  StarScale stars_;
  std::vector<std::unique_ptr<Model>> members_;
  std::vector<double> weights_;
  double intercept_;
};

/// The arrays of one member, under its own names.
StateDict member_state(const StateDict& state, std::size_t member) {
  const std::string prefix = member_prefix(member);
  StateDict out;
  for (const auto& [name, array] : state.arrays())
    if (name.starts_with(prefix)) out.set(name.substr(prefix.size()), array);
  return out;
}

}  // namespace

std::unique_ptr<Model> make_blend_model(const ModelSpec& spec,
                                        std::vector<std::unique_ptr<Model>> members,
                                        std::span<const double> weights,
                                        double intercept) {
  return std::make_unique<BlendModel>(spec, std::move(members), weights, intercept);
}

std::unique_ptr<Model> load_blend_model(const ModelSpec& spec, const StateDict& state) {
  std::vector<std::unique_ptr<Model>> members;
  for (std::size_t m = 0; m < spec.members.size(); ++m) {
    const ModelSpec& member = spec.members[m];
    in_context(fmt::format("member {}, {}", m, member.algorithm), [&] {
      members.push_back(find_algorithm(member.algorithm).load(member, member_state(state, m)));
    });
  }
  return make_blend_model(spec, std::move(members), state.values<double>("weights", spec.members.size()),
                          state.number<double>("intercept"));
}

}  // namespace movrec
