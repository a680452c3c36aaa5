#include "data/synthetic_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/synthetic.hpp"
#include "data/users_reader.hpp"

namespace movrec {
namespace {

// Standard deviations, chosen so that at the default size the constant, biases and factors differ clearly.
constexpr double kUserBias = 0.40, kItemBias = 0.30;
constexpr double kTaste = 0.75;  // of p_u · q_i

constexpr double kFactorDecay = 0.6;       // of one factor's variance in p_u · q_i to the next one's
constexpr double kGenreShare = 0.7;        // of an item's factors that its genres explain, as variance
constexpr double kDemographicShare = 0.3;  // of a user's taste that age and gender explain, as variance

constexpr std::array<std::int16_t, 7> kAgeBands = {1, 18, 25, 35, 45, 50, 56};  // as in MovieLens 1M

constexpr std::array<std::string_view, 40> kAdjectives = {
    "Silent",   "Golden", "Broken",   "Midnight", "Crimson", "Hidden",  "Last",     "Endless",
    "Burning",  "Frozen", "Distant",  "Secret",   "Velvet",  "Wild",    "Lonely",   "Electric",
    "Hollow",   "Gentle", "Savage",   "Paper",    "Second",  "Lost",    "Scarlet",  "Quiet",
    "Northern", "Glass",  "Perfect",  "Foolish",  "Blue",    "Hungry",  "Sleeping", "Stolen",
    "Emerald",  "Bitter", "Restless", "Summer",   "Winter",  "Crooked", "Famous",   "Little"};
constexpr std::array<std::string_view, 40> kNouns = {
    "Harbor", "Garden",   "Detective", "Mountain", "Letters", "Fiancée",  "Empire",  "River",
    "Hour",   "Stranger", "Window",    "Kingdom",  "Promise", "Circus",   "Highway", "Orchard",
    "Voyage", "Shadow",   "Island",    "Melody",   "Soldier", "Bride",    "Castle",  "Engine",
    "Forest", "Witness",  "Dancer",    "Planet",   "Thief",   "Carnival", "Doctor",  "Station",
    "Bandit", "Lantern",  "Café",      "Sisters",  "Cowboy",  "Robot",    "Desert",  "Heart"};

std::vector<double> genre_weights() {
  std::vector<double> weights;
  for (const SyntheticGenre& genre : kSyntheticGenres) weights.push_back(genre.weight);
  return weights;
}

/// "Silent Harbor, The (1987)": all pairs of words in a scattered order, then again as sequels.
std::string title_of(std::uint64_t i, int year) {
  constexpr std::uint64_t kPairs = kAdjectives.size() * kNouns.size(), kStep = 617;  // coprime
  const std::uint64_t pair = i * kStep % kPairs, part = i / kPairs + 1;
  const std::string sequel = part > 1 ? fmt::format(" {}", part) : std::string{};
  return fmt::format("{} {}{}{} ({})", kAdjectives[pair / kNouns.size()], kNouns[pair % kNouns.size()],
                     sequel, pair % 3 == 0 ? ", The" : "", year);
}

}  // namespace

AliasTable::AliasTable(std::vector<double> weights) : keep_(std::move(weights)), alias_(keep_.size()) {
  const double scale = static_cast<double>(keep_.size()) / std::accumulate(keep_.begin(), keep_.end(), 0.0);
  std::vector<std::uint32_t> small, large;
  for (std::uint32_t i = 0; i < keep_.size(); ++i) {
    keep_[i] *= scale;
    (keep_[i] < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t low = small.back(), high = large.back();
    small.pop_back();
    alias_[low] = high;
    keep_[high] -= 1 - keep_[low];
    if (keep_[high] < 1) {
      large.pop_back();
      small.push_back(high);
    }
  }
  for (const auto* rest : {&small, &large})
    for (const std::uint32_t i : *rest) keep_[i] = 1;
}

SyntheticWorld::SyntheticWorld(std::uint64_t seed) : seed_(seed), genre_table_(genre_weights()) {
  // Both p_u and q_i are scaled by scale_, so that Var(p_uk q_ik) = scale_[k]^4, with sum kTaste^2.
  double variance = 1, total = 0;
  for (double& scale : scale_) {
    scale = std::pow(variance, 0.25);
    total += variance;
    variance *= kFactorDecay;
  }
  for (double& scale : scale_) scale *= std::pow(kTaste * kTaste / total, 0.25);

  RandomStream random(part_seed(seed, SyntheticPart::centers), 0);
  for (Center& center : genre_centers_)
    for (double& c : center) c = random.normal();
  for (Center* center : {&gender_center_, &age_center_})
    for (double& c : *center) c = random.normal();
}

SyntheticItem SyntheticWorld::item(std::uint64_t i) const {
  RandomStream random(part_seed(seed_, SyntheticPart::items), i);
  SyntheticItem item;
  Center center{};
  double n_genres = 0;
  for (std::uint32_t draws = 1 + random.below(3); draws > 0; --draws) {
    const std::uint32_t genre = genre_table_.draw(random);
    if ((item.genre_bits >> genre & 1U) != 0) continue;
    item.genre_bits |= 1U << genre;
    for (std::size_t k = 0; k < center.size(); ++k) center[k] += genre_centers_[genre][k];
    ++n_genres;
  }
  const double shared = std::sqrt(kGenreShare / n_genres), own = std::sqrt(1 - kGenreShare);
  for (std::size_t k = 0; k < center.size(); ++k)
    item.factors[k] = static_cast<float>(scale_[k] * (shared * center[k] + own * random.normal()));
  item.bias = kItemBias * random.normal();
  item.year = std::max(1921, 2000 - static_cast<int>(-15 * std::log(1 - random.uniform())));
  return item;
}

SyntheticUser SyntheticWorld::user(std::uint64_t u) const {
  RandomStream random(part_seed(seed_, SyntheticPart::users), u);
  SyntheticUser user;
  const std::uint32_t band = random.below(kAgeBands.size());
  const bool is_woman = random.uniform() < 0.3;
  user.age = kAgeBands[band];
  user.gender = is_woman ? 'F' : 'M';
  user.occupation = static_cast<std::int16_t>(random.below(21));
  user.zip = random.below(100'000);
  user.bias = kUserBias * random.normal();
  const double by_gender = is_woman ? 1 : -1, by_age = (static_cast<double>(band) - 3) / 2;
  const double shared = std::sqrt(kDemographicShare / 2), own = std::sqrt(1 - kDemographicShare);
  for (std::size_t k = 0; k < user.factors.size(); ++k) {
    const double group = by_gender * gender_center_[k] + by_age * age_center_[k];
    user.factors[k] = static_cast<float>(scale_[k] * (shared * group + own * random.normal()));
  }
  return user;
}

Catalog synthetic_catalog(const DataOptions& options, const ItemMap& items) {
  const SyntheticWorld world(options.synthetic_seed);
  Catalog catalog;
  for (const SyntheticGenre& genre : kSyntheticGenres) catalog.genre_names.emplace_back(genre.name);
  for (const std::int64_t id : items.table().numbers()) {
    const auto i = static_cast<std::uint64_t>(id - 1);
    const SyntheticItem item = world.item(i);
    catalog.titles.push_back(title_of(i, item.year));
    catalog.years.push_back(static_cast<std::int16_t>(item.year));
    catalog.genre_bits.push_back(item.genre_bits);
  }
  return catalog;
}

UserFeatures synthetic_users(const DataOptions& options, const UserMap& users) {
  const SyntheticWorld world(options.synthetic_seed);
  UserFeatures features;
  features.occupation_names = ml_1m_occupations();
  for (const std::int64_t id : users.table().numbers()) {
    const SyntheticUser user = world.user(static_cast<std::uint64_t>(id - 1));
    features.ages.push_back(user.age);
    features.genders.push_back(user.gender);
    features.occupations.push_back(user.occupation);
    features.zips.push_back(fmt::format("{:05}", user.zip));
  }
  return features;
}

}  // namespace movrec
