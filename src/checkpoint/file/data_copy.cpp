#include "movrec/checkpoint/file/data_copy.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "checkpoint/file/checkpoint_file.hpp"
#include "checkpoint/file/data_copy_meta.hpp"
#include "checkpoint/file/id_arrays.hpp"
#include "checkpoint/file/narrow_arrays.hpp"
#include "checkpoint/file/refused.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

using nlohmann::json;

constexpr std::size_t kMostStarValues = 256;

void save_stars(StateDict& state, const std::vector<float>& stars) {
  std::set<float> distinct;
  for (const float value : stars)
    if (distinct.insert(value); distinct.size() > kMostStarValues) break;
  if (distinct.size() > kMostStarValues) {
    state.set("stars", stars);
    return;
  }
  const std::vector<float> values(distinct.begin(), distinct.end());
  state.set("stars.values", values);
  save_narrow(state, "stars", stars.size(),
              [&](std::size_t row) { return std::ranges::lower_bound(values, stars[row]) - values.begin(); });
}

std::vector<float> load_stars(const StateDict& state, std::size_t n) {
  if (!state.contains("stars.values")) return state.list<float>("stars", n);
  const auto values = state.list<float>("stars.values");
  return load_narrow(state, "stars", n, 0, std::ssize(values) - 1,
                     [&](std::int64_t value) { return values[static_cast<std::size_t>(value)]; });
}

template <class Idx>
void save_indices(StateDict& state, const std::string& name, const std::vector<Idx>& column) {
  save_narrow(state, name, column.size(), [&](std::size_t row) { return std::int64_t{number(column[row])}; });
}
template <class Idx>
std::vector<Idx> load_indices(const StateDict& state,
                              const std::string& name,
                              std::size_t n,
                              std::int32_t end) {
  return load_narrow(state, name, n, 0, std::int64_t{end} - 1,
                     [](std::int64_t value) { return Idx{static_cast<std::int32_t>(value)}; });
}

template <class Number>
void save_numbers(StateDict& state, const std::string& name, const std::vector<Number>& column) {
  save_narrow(state, name, column.size(),
              [&](std::size_t row) { return static_cast<std::int64_t>(column[row]); });
}
template <class Number>
std::vector<Number> load_numbers(const StateDict& state, const std::string& name, std::size_t n) {
  using Limits = std::numeric_limits<Number>;
  return load_narrow(state, name, n, Limits::min(), Limits::max(),
                     [](std::int64_t value) { return static_cast<Number>(value); });
}

/// Ids and what else answers to them.
template <class Map>
void save_map(StateDict& state, const std::string& name, const Map& map) {
  save_ids(state, name, map.ids());
  if (map.others().empty()) return;
  std::vector<std::string> others;
  std::vector<std::int32_t> whom;
  for (const auto& [id, idx] : map.others()) {
    others.push_back(id.text);
    whom.push_back(static_cast<std::int32_t>(index(idx)));
  }
  save_texts(state, name + ".others", others);
  state.set(name + ".whom", whom);
}
template <class Map, class Id, class Idx>
Map load_map(const StateDict& state, const std::string& name, std::int32_t n) {
  Map map(load_table(state, name, n));
  if (!state.contains(name + ".whom")) return map;
  const auto whom = state.list<std::int32_t>(name + ".whom");
  const std::vector<std::string> others = load_texts(state, name + ".others", whom.size());
  for (std::size_t k = 0; k < whom.size(); ++k) {
    if (whom[k] < 0 || whom[k] >= n) refuse_damaged();
    map.answer_to(Id(others[k]), Idx{whom[k]});
  }
  return map;
}

void save_columns(StateDict& state, const std::string& of, const std::vector<SideColumn>& columns) {
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const SideColumn& column = columns[k];
    const std::string name = fmt::format("{}.{}", of, k);
    save_texts(state, name + ".name", {column.name});
    if (column.is_number()) {
      state.set(name + ".numbers", column.numbers);
      continue;
    }
    save_texts(state, name + ".categories", column.categories);
    save_numbers(state, name + ".begin", column.begin);
    save_numbers(state, name + ".values", column.values);
  }
}
std::vector<SideColumn> load_columns(const StateDict& state,
                                     const std::string& of,
                                     const json& sizes,
                                     std::int32_t n) {
  std::vector<SideColumn> columns;
  const auto n_rows = static_cast<std::size_t>(n);
  for (const json& size : sizes) {
    const std::string name = fmt::format("{}.{}", of, columns.size());
    SideColumn column;
    column.name = load_texts(state, name + ".name", 1)[0];
    const auto n_categories = size.at(0).get<std::size_t>(), n_values = size.at(1).get<std::size_t>();
    if (n_categories == 0) {
      column.numbers = state.list<float>(name + ".numbers", n_rows);
    } else {
      column.categories = load_texts(state, name + ".categories", n_categories);
      column.begin = load_numbers<std::uint32_t>(state, name + ".begin", n_rows + 1);
      column.values = load_numbers<std::uint32_t>(state, name + ".values", n_values);
      const auto is_none = [&](std::uint32_t value) { return value >= n_categories; };
      if (column.begin.front() != 0 || !std::ranges::is_sorted(column.begin) ||
          column.begin.back() != n_values || std::ranges::any_of(column.values, is_none))
        refuse_damaged();
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

void save_catalog(StateDict& state, const Catalog& catalog) {
  save_texts(state, "titles", catalog.titles);
  save_numbers(state, "years", catalog.years);
  save_numbers(state, "genres", catalog.genre_bits);
  save_columns(state, "item_columns", catalog.columns);
}
Catalog load_catalog(const StateDict& state, const json& meta, std::int32_t n_items) {
  const auto n = static_cast<std::size_t>(n_items);
  Catalog catalog;
  catalog.titles = load_texts(state, "titles", n);
  catalog.years = load_numbers<std::int16_t>(state, "years", n);
  catalog.genre_bits = load_numbers<std::uint32_t>(state, "genres", n);
  catalog.genre_names = meta.at("genre_names").get<std::vector<std::string>>();
  catalog.columns = load_columns(state, "item_columns", meta.at("item_columns"), n_items);
  const std::size_t n_genres = catalog.genre_names.size();
  if (n_genres > 32 || std::ranges::any_of(catalog.genre_bits, [&](std::uint32_t bits) {
        return n_genres < 32 && bits >> n_genres != 0;
      }))
    refuse_damaged();
  return catalog;
}

void save_features(StateDict& state, const UserFeatures& features) {
  save_columns(state, "user_columns", features.columns);
  if (features.empty()) return;
  save_numbers(state, "ages", features.ages);
  save_numbers(state, "genders", features.genders);
  save_numbers(state, "occupations", features.occupations);
  save_texts(state, "zips", features.zips);
}
UserFeatures load_features(const StateDict& state, const json& meta, std::int32_t n_users) {
  const auto n = static_cast<std::size_t>(n_users);
  UserFeatures features;
  features.columns = load_columns(state, "user_columns", meta.at("user_columns"), n_users);
  if (!state.contains("ages")) return features;
  features.ages = load_numbers<std::int16_t>(state, "ages", n);
  features.genders = load_numbers<char>(state, "genders", n);
  features.occupations = load_numbers<std::int16_t>(state, "occupations", n);
  features.zips = load_texts(state, "zips", n);
  features.occupation_names = meta.at("occupation_names").get<std::vector<std::string>>();
  const auto n_names = std::ssize(features.occupation_names);
  if (std::ranges::any_of(features.occupations, [&](auto o) { return o < -1 || o >= n_names; }))
    refuse_damaged();
  return features;
}

Dataset from_file(const CheckpointFile& file) {
  if (!file.meta.is_object() || !file.meta.contains("n_ratings"))
    fail(ErrorKind::model, "it is no copy of a run's data");
  const DataCopyMeta meta = data_copy_meta(file.meta);
  Dataset dataset = meta.dataset;
  dataset.users = load_map<UserMap, UserId, UserIdx>(file.ids, "users", meta.n_users);
  dataset.items = load_map<ItemMap, ItemId, ItemIdx>(file.ids, "items", meta.n_items);
  Ratings& ratings = dataset.ratings;
  ratings.n_users = meta.n_users, ratings.n_items = meta.n_items;
  ratings.users = load_indices<UserIdx>(file.model, "users", meta.n_ratings, meta.n_users);
  ratings.items = load_indices<ItemIdx>(file.model, "items", meta.n_ratings, meta.n_items);
  ratings.stars = load_stars(file.model, meta.n_ratings);
  if (file.model.contains("times"))
    ratings.times = load_numbers<std::int64_t>(file.model, "times", meta.n_ratings);
  dataset.catalog = load_catalog(file.ids, file.meta, meta.n_items);
  dataset.user_features = load_features(file.ids, file.meta, meta.n_users);
  return dataset;
}

}  // namespace

Dataset data_copy_from(const CheckpointFile& file) {
  try {
    return from_file(file);
  } catch (const json::exception&) {
    refuse_damaged();
  }
}

void save_data_copy(const std::filesystem::path& path, const Dataset& dataset) {
  StateDict ids, columns;
  save_map(ids, "users", dataset.users);
  save_map(ids, "items", dataset.items);
  save_catalog(ids, dataset.catalog);
  save_features(ids, dataset.user_features);
  save_indices(columns, "users", dataset.ratings.users);
  save_indices(columns, "items", dataset.ratings.items);
  save_stars(columns, dataset.ratings.stars);
  if (!dataset.ratings.times.empty()) save_numbers(columns, "times", dataset.ratings.times);
  in_context("saving the run's copy of its data", [&] {
    write_stream_atomically(path, [&](std::ostream& out) {
      write_checkpoint(out, to_meta(dataset), ids, columns, StateDict(), StateDict());
    });
  });
}

Dataset load_data_copy(const std::filesystem::path& path) {
  const std::string context = fmt::format("{} is not usable", shown(path.string(), kMostOfPath));
  try {
    const MappedFile file(path);
    return data_copy_from(read_checkpoint(file.text()));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::model, fmt::format("{} does not fit into memory", path.string()));
  } catch (const Error& error) {
    throw Error(ErrorKind::model, context, error.message());
  } catch (const std::exception&) {
    throw Error(ErrorKind::model, context, kDamaged);
  }
}

}  // namespace movrec
