#include "checkpoint/checkpoint_meta.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "checkpoint/file/pickled_checkpoint.hpp"
#include "checkpoint/file/refused.hpp"
#include "movrec/core/build_info.hpp"

namespace movrec {
namespace {

using nlohmann::json;

constexpr int kMaxNestedBlends = 4;
constexpr std::array kSpecKeys{"algorithm", "state_version", "options", "n_users",
                               "n_items",   "stars",         "members"};
constexpr std::array kOwnKeys{"movrec",       "revision", "data",  "split",   "dataset", "dataset_checksum",
                              "split_digest", "refitted", "epoch", "metrics", "progress"};

template <class Known>
void refuse_unknown_keys(const json& object, const Known& is_known) {
  for (const auto& [key, value] : object.items())
    if (!is_known(key)) fail(ErrorKind::model, "it holds '{}', which this program does not know", key);
}

template <class Options>
void read_options(Options& options, const json& object, std::int64_t format) {
  if (!object.is_object()) refuse_damaged();
  const OptionRefs refs = option_refs(options);
  if (format >= kFormatOfStrict)
    refuse_unknown_keys(object, [&](const std::string& key) {
      return std::ranges::any_of(refs, [&](const OptionRef& ref) { return ref.field.name == key; });
    });
  set_from_json(refs, object);
}

std::int32_t count_from(const json& value) {
  if (!value.is_number_integer()) refuse_damaged();
  const auto count = value.get<std::int64_t>();
  if (count < 0 || count > std::numeric_limits<std::int32_t>::max()) refuse_damaged();
  return static_cast<std::int32_t>(count);
}

StarScale stars_from(const json& value) {
  if (!value.is_array() || value.size() != 2) refuse_damaged();
  const StarScale stars{value.at(0).get<float>(), value.at(1).get<float>()};
  if (!std::isfinite(stars.min) || !std::isfinite(stars.max) || stars.min > stars.max) refuse_damaged();
  return stars;
}

json spec_to_json(const ModelSpec& spec) {
  json out = {
      {"algorithm", spec.algorithm},       {"state_version", find_algorithm(spec.algorithm).state_version},
      {"options", spec.options.to_json()}, {"n_users", spec.n_users},
      {"n_items", spec.n_items},           {"stars", {spec.stars.min, spec.stars.max}}};
  for (const ModelSpec& member : spec.members) out["members"].push_back(spec_to_json(member));
  return out;
}

/// Before format 3, all arrays were of version 1.
void check_state_version(const std::string& name, const json& object, std::int64_t format) {
  const auto row = std::ranges::find(algorithms(), name, &Algorithm::name);
  if (row == algorithms().end())
    throw Error(ErrorKind::model, "it was written by another movrec",
                fmt::format("its model is '{}', which this program does not know", name), "update movrec");
  const std::int32_t version = format < kFormatOfStrict ? 1 : count_from(object.at("state_version"));
  if (version > row->state_version)
    throw Error(ErrorKind::model, "it was written by a newer movrec",
                fmt::format("its {} model is of version {}, this program knows up to {}", name, version,
                            row->state_version),
                "update movrec");
  if (version < 1) refuse_damaged();
}

ModelSpec spec_from_json(const json& object, std::int64_t format, int depth = 0) {
  if (depth > kMaxNestedBlends)
    fail(ErrorKind::model, "it holds blends of blends, more than {} deep", kMaxNestedBlends);
  ModelSpec spec;
  spec.algorithm = object.at("algorithm").get<std::string>();
  check_state_version(spec.algorithm, object, format);
  if (!object.at("options").is_object()) refuse_damaged();
  spec.options = model_options_from_json(spec.algorithm, object.at("options"), format >= kFormatOfStrict);
  spec.n_users = count_from(object.at("n_users"));
  spec.n_items = count_from(object.at("n_items"));
  spec.stars = stars_from(object.at("stars"));
  if (!object.contains("members")) return spec;
  for (const json& member : object.at("members")) {
    if (format >= kFormatOfStrict)
      refuse_unknown_keys(member,
                          [](const std::string& key) { return std::ranges::count(kSpecKeys, key) > 0; });
    spec.members.push_back(spec_from_json(member, format, depth + 1));
    if (spec.members.back().n_users != spec.n_users || spec.members.back().n_items != spec.n_items)
      fail(ErrorKind::model, "the members of its blend know other users or items");
  }
  return spec;
}

}  // namespace

json to_meta(const Checkpoint& checkpoint) {
  json meta = spec_to_json(checkpoint.spec);
  meta.update({{"movrec", build_info().version},
               {"revision", build_info().revision},
               {"data", options_to_json(checkpoint.data)},
               {"split", options_to_json(checkpoint.split)},
               {"dataset", checkpoint.dataset_name},
               {"dataset_checksum", checkpoint.dataset_checksum},
               {"split_digest", checkpoint.split_digest},
               {"refitted", checkpoint.refitted},
               {"epoch", checkpoint.epoch},
               {"metrics", checkpoint.metrics},
               {"progress", checkpoint.progress}});
  return meta;
}

Checkpoint from_meta(const json& meta, std::int64_t format) {
  if (!meta.is_object()) refuse_damaged();
  Checkpoint out;
  try {
    out.spec = spec_from_json(meta, format);
    if (format >= kFormatOfStrict)
      refuse_unknown_keys(meta, [](const std::string& key) {
        return std::ranges::count(kSpecKeys, key) + std::ranges::count(kOwnKeys, key) > 0;
      });
    if (!meta.at("data").contains("duplicates")) out.data.prepare = PrepareOptions::every_row();
    read_options(out.data, meta.at("data"), format);
    read_options(out.split, meta.at("split"), format);
    out.dataset_name = meta.at("dataset").get<std::string>();
    out.dataset_checksum = meta.at("dataset_checksum").get<std::string>();
    out.split_digest = meta.at("split_digest").get<std::string>();
    out.refitted = meta.at("refitted").get<bool>();
    out.epoch = count_from(meta.at("epoch"));
    out.metrics = meta.at("metrics");
    out.progress = meta.at("progress");
  } catch (const json::exception&) {
    refuse_damaged();
  }
  return out;
}

}  // namespace movrec
