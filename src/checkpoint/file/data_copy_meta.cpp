#include "checkpoint/file/data_copy_meta.hpp"

#include <cmath>

#include "checkpoint/file/refused.hpp"
#include "movrec/core/build_info.hpp"

namespace movrec {
namespace {

using nlohmann::json;

json sizes_of(const std::vector<SideColumn>& columns) {
  json sizes = json::array();
  for (const SideColumn& column : columns) sizes.push_back({column.categories.size(), column.values.size()});
  return sizes;
}

std::int32_t n_of(const json& meta, const char* name) {
  const auto n = meta.at(name).get<std::int64_t>();
  if (n < 0 || n > std::numeric_limits<std::int32_t>::max()) refuse_damaged();
  return static_cast<std::int32_t>(n);
}

}  // namespace

json to_meta(const Dataset& dataset) {
  json meta{{"movrec", build_info().version},
            {"n_ratings", dataset.ratings.size()},
            {"n_users", dataset.users.size()},
            {"n_items", dataset.items.size()},
            {"dataset", dataset.name},
            {"source", dataset.source},
            {"dataset_checksum", dataset.checksum},
            {"stars", {dataset.stars.min, dataset.stars.max}},
            {"feedback", static_cast<int>(dataset.feedback)},
            {"n_skipped_lines", dataset.n_skipped_lines},
            {"n_dropped_repeats", dataset.n_dropped_repeats},
            {"overlap", dataset.overlap},
            {"genre_names", dataset.catalog.genre_names},
            {"item_columns", sizes_of(dataset.catalog.columns)},
            {"occupation_names", dataset.user_features.occupation_names},
            {"user_columns", sizes_of(dataset.user_features.columns)}};
  if (dataset.predefined_test_begin) meta["test_begin"] = *dataset.predefined_test_begin;
  if (dataset.best_rmse) meta["best_rmse"] = *dataset.best_rmse;
  return meta;
}

DataCopyMeta data_copy_meta(const json& meta) {
  DataCopyMeta out;
  out.n_ratings = meta.at("n_ratings").get<std::size_t>();
  out.n_users = n_of(meta, "n_users");
  out.n_items = n_of(meta, "n_items");
  Dataset& dataset = out.dataset;
  dataset.name = meta.at("dataset").get<std::string>();
  dataset.source = meta.at("source").get<std::string>();
  dataset.checksum = meta.at("dataset_checksum").get<std::string>();
  dataset.stars = {meta.at("stars").at(0).get<float>(), meta.at("stars").at(1).get<float>()};
  if (!std::isfinite(dataset.stars.min) || !std::isfinite(dataset.stars.max) ||
      dataset.stars.min > dataset.stars.max)
    refuse_damaged();
  const auto feedback = meta.at("feedback").get<int>();
  if (feedback < 0 || feedback > static_cast<int>(Feedback::seen)) refuse_damaged();
  dataset.feedback = static_cast<Feedback>(feedback);
  dataset.n_skipped_lines = meta.at("n_skipped_lines").get<std::size_t>();
  dataset.n_dropped_repeats = meta.at("n_dropped_repeats").get<std::size_t>();
  dataset.overlap = meta.at("overlap").get<std::string>();
  if (meta.contains("best_rmse")) dataset.best_rmse = meta.at("best_rmse").get<double>();
  if (!meta.contains("test_begin")) return out;
  dataset.predefined_test_begin = meta.at("test_begin").get<std::size_t>();
  if (*dataset.predefined_test_begin > out.n_ratings) refuse_damaged();
  return out;
}

}  // namespace movrec
