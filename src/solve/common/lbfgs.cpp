#include "solve/common/lbfgs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "kernels/vector_kernels.hpp"

namespace movrec {
namespace {

constexpr double kDecrease = 1e-4;  ///< c1 of the Wolfe conditions
constexpr double kCurvature = 0.9;  ///< c2
constexpr int kMaxTrials = 20;

/// Where the cubic through both values and slopes is lowest; NaN if nowhere (Nocedal and Wright, 3.59).
double lowest_of_cubic(double a, double fa, double da, double b, double fb, double db) {
  const double d1 = da + db - 3 * (fa - fb) / (a - b);
  const double root = std::sqrt(d1 * d1 - da * db);
  const double d2 = b > a ? root : -root;
  return b - (b - a) * (db + d2 - d1) / (db - da + 2 * d2);
}

}  // namespace

Lbfgs::Lbfgs(FloatBuffer start, Objective objective, int memory)
    : x_(std::move(start)),
      gradient_(x_.size()),
      next_(x_.size()),
      next_gradient_(x_.size()),
      direction_(x_.size()),
      objective_(std::move(objective)) {
  for (int k = 0; k < memory; ++k) {
    s_.emplace_back(x_.size());
    y_.emplace_back(x_.size());
  }
  sy_.resize(s_.size() * s_.size());
  yy_.resize(sy_.size());
  sg_.resize(s_.size());
  yg_.resize(s_.size());
}

std::size_t Lbfgs::slot(int age) const {
  const auto memory = std::ssize(s_);
  return static_cast<std::size_t>((next_slot_ - 1 - age + 2 * memory) % memory);
}

void Lbfgs::step() {
  if (evaluations_ == 0) {
    value_ = objective_(x_.span(), gradient_.span());
    ++evaluations_;
    const float* g = gradient_.data();
    gg_ = products({&g, 1}, {&g, 1}, x_.size())[0];
  }
  ++steps_;
  if (!std::isfinite(value_) || gg_ == 0 || done_) return;
  find_direction();
  if (search()) return;
  n_pairs_ = 0;
  find_direction();
  done_ = !search();
}

/// direction = -H gradient by the two-loop recursion, on coefficients of s, y and the gradient.
void Lbfgs::find_direction() {
  const std::size_t memory = s_.size();
  const int n = static_cast<int>(n_pairs_);
  std::vector<double> of_s(memory), of_y(memory);
  double of_g = 1;
  const auto with_s = [&](std::size_t i) {  // s_i · (the vector so far)
    double sum = of_g * sg_[i];
    for (int age = 0; age < n; ++age) sum += of_y[slot(age)] * sy_[i * memory + slot(age)];
    return sum;
  };
  const auto with_y = [&](std::size_t i) {
    double sum = of_g * yg_[i];
    for (int age = 0; age < n; ++age)
      sum += of_y[slot(age)] * yy_[i * memory + slot(age)] + of_s[slot(age)] * sy_[slot(age) * memory + i];
    return sum;
  };
  for (int age = 0; age < n; ++age) {
    const std::size_t i = slot(age);
    of_y[i] = -with_s(i) / sy_[i * memory + i];
  }
  const std::vector<double> alpha = of_y;
  if (n > 0) {
    const std::size_t newest = slot(0) * memory + slot(0);
    const double gamma = sy_[newest] / yy_[newest];
    of_g *= gamma;
    for (double& c : of_y) c *= gamma;
  } else {
    of_g = std::min(1.0, 1 / std::sqrt(gg_));
  }
  for (int age = n - 1; age >= 0; --age) {
    const std::size_t i = slot(age);
    of_s[i] = -alpha[i] - with_y(i) / sy_[i * memory + i];
  }

  std::vector<const float*> vectors{gradient_.data()};
  std::vector<float> factors{static_cast<float>(-of_g)};
  slope_ = -of_g * gg_;
  for (int age = 0; age < n; ++age) {
    const std::size_t i = slot(age);
    vectors.push_back(s_[i].data());
    factors.push_back(static_cast<float>(-of_s[i]));
    vectors.push_back(y_[i].data());
    factors.push_back(static_cast<float>(-of_y[i]));
    slope_ -= of_s[i] * sg_[i] + of_y[i] * yg_[i];
  }
  combine(vectors, factors, x_.size(), direction_.data());
}

Lbfgs::Trial Lbfgs::try_at(double t) {
  const float* const vectors[] = {x_.data(), direction_.data()};
  const float factors[] = {1, static_cast<float>(t)};
  combine(vectors, factors, x_.size(), next_.data());
  Trial trial{.t = t, .value = objective_(next_.span(), next_gradient_.span())};
  ++evaluations_;
  const float *g = next_gradient_.data(), *d = direction_.data();
  trial.slope = products({&g, 1}, {&d, 1}, x_.size())[0];
  return trial;
}

bool Lbfgs::search() {
  if (!(slope_ < 0)) return false;
  const Trial start{0, value_, slope_};
  Trial low = start;  // the lowest so far, and on the other side of the minimum `high`
  std::optional<Trial> high;
  double t = 1, last_tried = 0;
  for (int k = 0; k < kMaxTrials; ++k) {
    const Trial trial = try_at(t);
    last_tried = t;
    const bool falls = trial.value <= start.value + kDecrease * t * start.slope && trial.value < low.value;
    if (falls && std::abs(trial.slope) <= -kCurvature * start.slope) {
      low = trial;
      break;
    }
    if (!falls) {
      high = trial;
    } else {
      if (high ? trial.slope * (high->t - low.t) >= 0 : trial.slope >= 0) high = low;
      low = trial;
    }
    if (!high) {
      t *= 4;
      continue;
    }
    const double width = high->t - low.t;
    if (std::abs(width) < 1e-9 * std::max(low.t, high->t)) break;
    t = lowest_of_cubic(low.t, low.value, low.slope, high->t, high->value, high->slope);
    const double near = low.t + 0.1 * width, far = low.t + 0.9 * width;
    t = std::isfinite(t) ? std::clamp(t, std::min(near, far), std::max(near, far)) : low.t + 0.5 * width;
  }
  if (low.t == 0) {  // the objective is to have been asked at x last
    objective_(x_.span(), next_gradient_.span());
    return false;
  }
  if (low.t != last_tried) low = try_at(low.t);
  value_ = low.value;
  remember();
  return true;
}

/// Takes the step to next_, and the products of what is then remembered.
void Lbfgs::remember() {
  const auto memory = std::ssize(s_);
  const auto newest = static_cast<std::size_t>(next_slot_);
  std::swap(x_, next_);
  std::swap(gradient_, next_gradient_);
  subtract(x_.data(), next_.data(), x_.size(), s_[newest].data());
  subtract(gradient_.data(), next_gradient_.data(), x_.size(), y_[newest].data());
  next_slot_ = (next_slot_ + 1) % memory;
  n_pairs_ = std::min<std::int64_t>(n_pairs_ + 1, memory);

  std::vector<const float*> others{gradient_.data()};
  for (int age = 0; age < n_pairs_; ++age) {
    others.push_back(s_[slot(age)].data());
    others.push_back(y_[slot(age)].data());
  }
  const float* const both[] = {gradient_.data(), y_[newest].data()};
  const std::vector<double> dots = products(both, others, x_.size());
  const auto of = [&](std::size_t row, std::size_t column) { return dots[row * others.size() + column]; };
  gg_ = of(0, 0);
  for (int age = 0; age < n_pairs_; ++age) {
    const std::size_t i = slot(age), at = 1 + 2 * static_cast<std::size_t>(age);
    sg_[i] = of(0, at);
    yg_[i] = of(0, at + 1);
    sy_[i * s_.size() + newest] = of(1, at);
    yy_[i * s_.size() + newest] = yy_[newest * s_.size() + i] = of(1, at + 1);
  }
  if (!(sy_[newest * s_.size() + newest] > 0)) n_pairs_ = 0;  // curvature that rounding has eaten
}

void Lbfgs::save(StateDict& state) const {
  state.set("lbfgs.x", x_.span());
  state.set("lbfgs.gradient", gradient_.span());
  for (int age = 0; age < n_pairs_; ++age) {
    state.set("lbfgs.s" + std::to_string(slot(age)), s_[slot(age)].span());
    state.set("lbfgs.y" + std::to_string(slot(age)), y_[slot(age)].span());
  }
  for (const auto& [name, values] :
       {std::pair{"lbfgs.sy", &sy_}, {"lbfgs.yy", &yy_}, {"lbfgs.sg", &sg_}, {"lbfgs.yg", &yg_}})
    state.set(name, *values);
  state.set("lbfgs.numbers", std::array{value_, gg_});
  state.set("lbfgs.counts", std::array<std::int64_t, 4>{steps_, evaluations_, n_pairs_, next_slot_});
}

void Lbfgs::load(const StateDict& state) {
  const auto counts = state.values<std::int64_t>("lbfgs.counts", 4);
  steps_ = counts[0];
  evaluations_ = counts[1];
  n_pairs_ = counts[2];
  next_slot_ = counts[3];
  if (n_pairs_ < 0 || n_pairs_ > std::ssize(s_) || next_slot_ < 0 || next_slot_ >= std::ssize(s_))
    fail(ErrorKind::model, "the checkpoint remembers {} steps, expected {} at most", n_pairs_, s_.size());
  const auto get = [&](const std::string& name, FloatBuffer& values) {
    std::ranges::copy(state.values<float>(name, values.size()), values.data());
  };
  get("lbfgs.x", x_);
  get("lbfgs.gradient", gradient_);
  for (int age = 0; age < n_pairs_; ++age) {
    get("lbfgs.s" + std::to_string(slot(age)), s_[slot(age)]);
    get("lbfgs.y" + std::to_string(slot(age)), y_[slot(age)]);
  }
  for (const auto& [name, values] :
       {std::pair{"lbfgs.sy", &sy_}, {"lbfgs.yy", &yy_}, {"lbfgs.sg", &sg_}, {"lbfgs.yg", &yg_}})
    state.copy(name, *values);
  const auto numbers = state.values<double>("lbfgs.numbers", 2);
  value_ = numbers[0];
  gg_ = numbers[1];
  if (evaluations_ > 0) objective_(x_.span(), next_gradient_.span());
}

}  // namespace movrec
