#include "movrec/app/described_person.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "data/text.hpp"
#include "movrec/app/title_lookup.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/eval/held_out.hpp"
#include "movrec/model/rank/topn_models.hpp"

namespace movrec {
namespace {

/// The models whose rows say so.
std::vector<std::string_view> models_with(bool QuerySupport::*support) {
  std::vector<std::string_view> names;
  for (const Algorithm& algorithm : algorithms())
    if (algorithm.fit != nullptr && algorithm.supports.*support) names.push_back(algorithm.name);
  return names;
}

void require(const OpenedRun& run, bool QuerySupport::*support, std::string_view what, std::string_view why) {
  if (run.model->supports().*support) return;
  const std::vector<std::string_view> names = models_with(support);
  throw Error(ErrorKind::usage, fmt::format("{}: {} cannot use that", what, run.algorithm()),
              std::string(why),
              names.empty() ? "" : fmt::format("movrec train ‹model› {}", fmt::join(names, "|")));
}

const UserFeatures& known_features(const OpenedRun& run, std::string_view what) {
  const UserFeatures& features = run.dataset.user_features;
  if (features.empty())
    fail(ErrorKind::usage, "{}: {} knows nothing of its users but ratings", what, run.dataset.name);
  return features;
}

/// "Toy Story=4.5".
std::pair<std::string, float> split_rate(const std::string& text, StarScale scale) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(ErrorKind::usage, fmt::format("‹rate› {}: expected TITLE=STARS", shown(text)), {},
                fmt::format("‹rate› \"{}=4\"", shown(text.substr(0, equals))));
  float stars = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + equals + 1, end, stars);
  if (error != std::errc{} || stop != end || !(stars >= scale.min && stars <= scale.max))  // NaN fails both
    fail(ErrorKind::usage, "‹rate› {}: expected stars from {} to {}", shown(text), scale.min, scale.max);
  return {text.substr(0, equals), stars};
}

void add_ratings(const PersonOptions& options, const OpenedRun& run, Person& person) {
  const TitleSearch search = title_search(run);
  const StarScale scale = run.dataset.stars;
  if (!options.history.empty())
    for (const HistoryRating& rating : read_history(options.history, /*has_users=*/false, run, search))
      give(person, run, rating.item, rating.written.stars);
  for (const std::string& text : options.rate) {
    const auto [title, stars] = split_rate(text, run.dataset.sayable());
    give(person, run, resolve_item(search, "‹rate›", title, true), stars);
  }
  for (const std::string& text : options.like)
    give(person, run, resolve_item(search, "‹like›", text, true), scale.max);
  for (const std::string& text : options.dislike) {
    const ItemIdx item = resolve_item(search, "‹dislike›", text, true);
    if (run.dataset.has_stars())
      give(person, run, item, scale.min);
    else
      person.leave_out(item);
  }
  if (!person.left_out().empty())
    log_info("{} learns from who rated what, not how: what you do not like is left out, and no more",
             run.algorithm());
}

void add_demographics(const PersonOptions& options, const OpenedRun& run, Person& person) {
  const UserFeatures& known = known_features(run, "‹age›, ‹gender›, ‹occupation›");
  Demographics facts = demographics_of(known, person.user()).value_or(Demographics{});
  if (options.age > 0) facts.age = known_age(run, options.age);
  if (!options.gender.empty()) facts.gender = gender_of(options.gender);
  if (!options.occupation.empty()) facts.occupation = find_occupation(run, options.occupation);
  person.demographics = facts;
}

}  // namespace

void require_histories(const OpenedRun& run, std::string_view what) {
  require(run, &QuerySupport::history, what, "it knows users by their training ratings alone");
}
void require_demographics(const OpenedRun& run, std::string_view what) {
  require(run, &QuerySupport::demographics, what, "it knows users by their ratings alone");
}

void give(Person& person, const OpenedRun& run, ItemIdx item, float stars) {
  tell(person, *run.model, run.dataset, item, stars);
}

std::int16_t known_age(const OpenedRun& run, int age) {
  const std::vector<std::int16_t>& ages = known_features(run, "‹age›").ages;
  std::set<std::int16_t> known(ages.begin(), ages.end());
  known.erase(0);
  if (known.empty()) return static_cast<std::int16_t>(age);
  const auto above = known.upper_bound(static_cast<std::int16_t>(age));
  return above == known.begin() ? *above : *std::prev(above);
}

char gender_of(const std::string& text) {
  const std::string word = lower(text);
  if (word == "f" || word == "female" || word == "0") return 'F';
  if (word == "m" || word == "male" || word == "1") return 'M';
  fail(ErrorKind::usage, "'{}' is no gender here: F or M", shown(text));
}

std::int16_t find_occupation(const OpenedRun& run, const std::string& text) {
  const std::vector<std::string>& names = known_features(run, "‹occupation›").occupation_names;
  const auto n = static_cast<std::int16_t>(names.size());
  std::int16_t code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (error == std::errc{} && end == text.data() + text.size() && code >= 0 && code < n) return code;
  const std::string wanted = lower(text);
  std::vector<std::string> lowered;
  std::vector<std::int16_t> holding;
  for (std::int16_t k = 0; k < n; ++k) {
    lowered.push_back(lower(names[static_cast<std::size_t>(k)]));
    if (lowered.back() == wanted) return k;
    if (lowered.back().find(wanted) != std::string::npos) holding.push_back(k);
  }
  if (holding.size() == 1) return holding[0];
  fail_unknown("occupation", text, fmt::format("{}", fmt::join(names, ", ")), closest_of(wanted, lowered));
}

Person describe_person(const PersonOptions& options, Person base, const OpenedRun& run) {
  if (options.has_ratings()) {
    require_histories(run, !options.like.empty()      ? "‹like›"
                           : !options.dislike.empty() ? "‹dislike›"
                           : !options.rate.empty()    ? "‹rate›"
                                                      : "‹history›");
    add_ratings(options, run, base);
  }
  if (options.has_demographics()) {
    add_demographics(options, run, base);  // first: what cannot be meant is wrong for any model
    require_demographics(run, options.age > 0           ? "‹age›"
                              : !options.gender.empty() ? "‹gender›"
                                                        : "‹occupation›");
  }
  return base;
}

}  // namespace movrec
