#include <array>

#include "movrec/core/table.hpp"
#include "movrec/model/algorithm.hpp"
#include "movrec/model/closed_form.hpp"

namespace movrec {
namespace {

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

const Algorithm& find_algorithm(std::string_view name) { return find_row(kAlgorithms, "model", name); }

}  // namespace movrec
