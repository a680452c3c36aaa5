#include <array>
#include <string>

#include "movrec/core/error.hpp"
#include "movrec/model/algorithm.hpp"
#include "movrec/model/closed_form.hpp"

namespace movrec {
namespace {

using Names = std::initializer_list<std::string_view>;
constexpr std::array<std::string_view, 2> kBiasUses{"user-damping", "item-damping"};

const std::array kAlgorithms{
    Algorithm{.name = "popularity",
              .summary = "the most rated items, the same for everybody",
              .uses = std::span(kBiasUses).last(1),
              .defaults = {},
              .fit = fit_popularity_model,
              .load = load_popularity_model},
    Algorithm{.name = "bias",
              .summary = "global mean + damped user and item biases",
              .uses = kBiasUses,
              .defaults = {},
              .fit = fit_bias_model,
              .load = load_bias_model},
};

}  // namespace

std::span<const Algorithm> algorithms() {
  return kAlgorithms;
}

const Algorithm& find_algorithm(std::string_view name) {
  std::vector<std::string_view> names;
  std::string known;
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.name == name) return algorithm;
    names.push_back(algorithm.name);
    known += (known.empty() ? "" : ", ") + std::string(algorithm.name);
  }
  fail_unknown("model", name, known, closest_of(name, names));
}

}  // namespace movrec
