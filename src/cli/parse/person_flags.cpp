#include "cli/parse/person_flags.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/data/written_ratings.hpp"
#include "movrec/eval/held_out.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

constexpr std::size_t kShown = 10;

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

/// The models whose rows say so.
std::vector<std::string_view> models_with(bool QuerySupport::*support) {
  std::vector<std::string_view> names;
  for (const Algorithm& algorithm : algorithms())
    if (algorithm.fit != nullptr && algorithm.supports.*support) names.push_back(algorithm.name);
  return names;
}

void require(const Fitted& fitted, bool QuerySupport::*support, std::string_view what, std::string_view why) {
  if (fitted.model->supports().*support) return;
  const std::vector<std::string_view> names = models_with(support);
  throw Error(ErrorKind::usage, fmt::format("{}: {} cannot use that", what, fitted.checkpoint.spec.algorithm),
              std::string(why),
              names.empty() ? "" : fmt::format("movrec train --model {}", fmt::join(names, "|")));
}

const UserFeatures& known_features(const Fitted& fitted, std::string_view what) {
  const UserFeatures& features = fitted.dataset.user_features;
  if (features.empty())
    fail(ErrorKind::usage, "{}: {} knows nothing of its users but ratings", what, fitted.dataset.name);
  return features;
}

/// "Toy Story=4.5".
std::pair<std::string, float> split_rate(const std::string& text, StarScale scale) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(ErrorKind::usage, fmt::format("--rate {}: expected TITLE=STARS", text), {},
                fmt::format("--rate \"{}=4\"", text.substr(0, equals)));
  float stars = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + equals + 1, end, stars);
  if (error != std::errc{} || stop != end || !(stars >= scale.min && stars <= scale.max))  // NaN fails both
    fail(ErrorKind::usage, "--rate {}: expected stars from {} to {}", text, scale.min, scale.max);
  return {text.substr(0, equals), stars};
}

void add_history(const PersonOptions& options,
                 const Fitted& fitted,
                 const TitleSearch& search,
                 Person& person) {
  const std::string text = in_context("--history", [&] { return read_file(options.history); });
  for (const WrittenRating& rating :
       read_written_ratings(text, options.history, /*has_users=*/false, fitted.dataset.stars))
    give(person, fitted,
         resolve_item(search, fmt::format("{}:{}", options.history, rating.line), rating.item, false),
         rating.stars);
}

void add_ratings(const PersonOptions& options, const Fitted& fitted, Person& person) {
  const TitleSearch search = title_search(fitted);
  const StarScale scale = fitted.dataset.stars;
  if (!options.history.empty()) add_history(options, fitted, search, person);
  for (const std::string& text : options.rate) {
    const auto [title, stars] = split_rate(text, scale);
    give(person, fitted, resolve_item(search, "--rate", title, true), stars);
  }
  for (const std::string& text : options.like)
    give(person, fitted, resolve_item(search, "--like", text, true), scale.max);
  for (const std::string& text : options.dislike)
    give(person, fitted, resolve_item(search, "--dislike", text, true), scale.min);
  if (!person.left_out().empty())
    spdlog::info("{} learns from who rated what, not how: what you do not like is left out, and no more",
                 fitted.checkpoint.spec.algorithm);
}

void add_demographics(const PersonOptions& options, const Fitted& fitted, Person& person) {
  const UserFeatures& known = known_features(fitted, "--age, --gender, --occupation");
  Demographics facts = demographics_of(known, person.user()).value_or(Demographics{});
  if (options.age > 0) facts.age = known_age(fitted, options.age);
  if (!options.gender.empty()) facts.gender = gender_of(options.gender);
  if (!options.occupation.empty()) facts.occupation = find_occupation(fitted, options.occupation);
  person.demographics = facts;
}

}  // namespace

TitleSearch title_search(const Fitted& fitted) {
  return {fitted.dataset.catalog, fitted.dataset.items, ratings_per_item(fitted.train)};
}

std::string candidates_table(const TitleSearch& search, std::span<const ItemIdx> candidates) {
  using enum Table::Align;
  Table table({{"id", right}, {"title"}, {"ratings", right}});
  for (const ItemIdx item : candidates.first(std::min(kShown, candidates.size())))
    table.add_row({fmt::to_string(number(search.id(item))), search.catalog().title(item),
                   format_count(search.n_ratings(item))});
  std::string text = table.text();
  if (candidates.size() > kShown) text += fmt::format("  and {} more\n", candidates.size() - kShown);
  return text;
}

ItemIdx resolve_item(const TitleSearch& search,
                     const std::string& label,
                     const std::string& text,
                     bool is_told) {
  const std::vector<ItemIdx> found = search.find(text);
  if (found.size() == 1) {
    const std::string& title = search.catalog().title(found[0]);
    const bool is_exact =
        text.find_first_not_of("0123456789") == std::string::npos || plain_title(text) == plain_title(title);
    if (is_told || !is_exact) spdlog::info("{} {}: {}", label, text, title);
    return found[0];
  }
  const bool is_flag = label.starts_with("--") || label.starts_with("movrec ");
  const auto as_flag = [&](const std::string& value) {
    return is_flag ? fmt::format("{} {}", label, value) : fmt::format("{} instead of the title", value);
  };
  if (!found.empty()) {
    std::string table = candidates_table(search, found);
    table.pop_back();
    throw Error(ErrorKind::usage,
                fmt::format("{} {}: {} items may be meant", label, text, format_count(std::ssize(found))),
                "\n" + table, as_flag(fmt::to_string(number(search.id(found[0])))));
  }
  const std::vector<ItemIdx> near = search.nearest(text, 3);
  std::vector<std::string_view> titles;
  for (const ItemIdx item : near) titles.push_back(search.catalog().title(item));
  throw Error(
      ErrorKind::usage, fmt::format("{} {}: no item is called that", label, text),
      titles.empty() ? "" : fmt::format("the nearest titles are {}", fmt::join(titles, "; ")),
      titles.empty() ? "" : as_flag(is_flag ? fmt::format("\"{}\"", titles[0]) : std::string(titles[0])));
}

void require_histories(const Fitted& fitted, std::string_view what) {
  require(fitted, &QuerySupport::history, what, "it knows users by their training ratings alone");
}
void require_demographics(const Fitted& fitted, std::string_view what) {
  require(fitted, &QuerySupport::demographics, what, "it knows users by their ratings alone");
}

void give(Person& person, const Fitted& fitted, ItemIdx item, float stars) {
  const StarScale scale = fitted.dataset.stars;
  const bool sees_stars =
      fitted.model->scores_are_stars() || fitted.checkpoint.spec.options.topn.stars_weight > 0;
  if (sees_stars || 2 * stars >= scale.min + scale.max)
    person.rate(item, stars);
  else
    person.leave_out(item);
}

std::int16_t known_age(const Fitted& fitted, int age) {
  const std::vector<std::int16_t>& ages = known_features(fitted, "--age").ages;
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
  fail(ErrorKind::usage, "'{}' is no gender here: F or M", text);
}

std::int16_t find_occupation(const Fitted& fitted, const std::string& text) {
  const std::vector<std::string>& names = known_features(fitted, "--occupation").occupation_names;
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

Person describe_person(const PersonOptions& options, Person base, const Fitted& fitted) {
  if (options.has_ratings()) {
    require_histories(fitted, !options.like.empty()      ? "--like"
                              : !options.dislike.empty() ? "--dislike"
                              : !options.rate.empty()    ? "--rate"
                                                         : "--history");
    add_ratings(options, fitted, base);
  }
  if (options.has_demographics()) {
    add_demographics(options, fitted, base);  // first: what cannot be meant is wrong for any model
    require_demographics(fitted, options.age > 0           ? "--age"
                                 : !options.gender.empty() ? "--gender"
                                                           : "--occupation");
  }
  return base;
}

}  // namespace movrec::cli
