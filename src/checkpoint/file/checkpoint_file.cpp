#include "checkpoint/file/checkpoint_file.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "checkpoint/file/crc32.hpp"
#include "checkpoint/file/refused.hpp"
#include "checkpoint/file/stored_zip.hpp"
#include "movrec/core/digest.hpp"

namespace movrec {
namespace {

constexpr std::string_view kFolder = "archive/";
constexpr int kMaxJsonDepth = 64;

std::string_view text_of(const StateArray& array) {
  return {reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()};
}

StoredArrays views_of(const StateDict& state) {
  StoredArrays out;
  for (const auto& [name, array] : state.arrays())
    out.push_back({name, array.type, array.shape, text_of(array)});
  return out;
}

/// Over everything that a flipped bit could change unnoticed. Formats 1 and 2 left types and shapes out.
std::string digest_of(std::int64_t format,
                      std::string_view meta,
                      std::initializer_list<const StoredArrays*> sections) {
  Digest digest(Digest::Kind::sha256);
  digest.update(meta);
  for (const StoredArrays* section : sections) {
    if (format >= kFormatOfStrict) digest.update(fmt::format("\n{}\n", section->size()));
    for (const StoredArray& array : *section) {
      digest.update(array.name);
      if (format >= kFormatOfStrict)
        digest.update(fmt::format("\n{} [{}]\n", static_cast<int>(array.type), fmt::join(array.shape, ",")));
      digest.update(array.bytes);
    }
  }
  return digest.hex();
}

/// The pickle's arrays with their values. Each record belongs to one array, so that a small file cannot speak of
/// many large ones: `n_left` bytes may still come.
StoredArrays find_arrays(const StoredZip& zip,
                         const std::vector<PickledArray>& arrays,
                         std::uint64_t& n_left) {
  StoredArrays out;
  out.reserve(arrays.size());
  for (const PickledArray& array : arrays) {
    const StoredZip::Record* record = zip.find(fmt::format("{}data/{}", kFolder, array.record));
    if (record == nullptr || record->content.size() != array.n_bytes || array.n_bytes > n_left)
      refuse_damaged();
    n_left -= array.n_bytes;
    out.push_back({array.name, array.type, array.shape, record->content});
  }
  return out;
}

StateDict copy_of(const StoredArrays& arrays) {
  StateDict out;
  for (const StoredArray& array : arrays) {
    const auto* bytes = reinterpret_cast<const std::byte*>(array.bytes.data());
    out.set(std::string(array.name), {array.type, array.shape, {bytes, bytes + array.bytes.size()}});
  }
  return out;
}

bool is_finite(const StateArray& array) {
  const auto all_finite = [](const auto& values) {
    return std::ranges::all_of(values, [](auto value) { return std::isfinite(value); });
  };
  if (array.type == StateArray::Type::f32) return all_finite(array.as<float>());
  return array.type != StateArray::Type::f64 || all_finite(array.as<double>());
}

/// Not nested more deeply than anything that movrec writes, so that whoever walks through it may recurse.
nlohmann::json parse_json(std::string_view text) {
  const auto limit_depth = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kMaxJsonDepth) refuse_damaged();
    return true;
  };
  try {
    return nlohmann::json::parse(text, limit_depth);
  } catch (const nlohmann::json::exception&) {
    refuse_damaged();
  }
}

}  // namespace

CheckpointRecords::CheckpointRecords(std::string_view bytes) {
  const StoredZip zip(bytes);
  const StoredZip::Record* pickle = zip.find(fmt::format("{}data.pkl", kFolder));
  if (pickle == nullptr) refuse_damaged();
  pickle_is_whole_ = crc32(pickle->content) == pickle->crc;
  pickled_ = read_pickle(pickle->content);
  std::uint64_t n_left = bytes.size();
  ids_ = find_arrays(zip, pickled_.ids, n_left);
  model_ = find_arrays(zip, pickled_.model, n_left);
  trainer_ = find_arrays(zip, pickled_.trainer, n_left);
  added_ = find_arrays(zip, pickled_.added, n_left);
}

bool CheckpointRecords::match_digest() const {
  return pickle_is_whole_ &&
         digest_of(pickled_.format, pickled_.meta, {&ids_, &model_, &trainer_, &added_}) == pickled_.digest;
}

CheckpointFile CheckpointRecords::content() const {
  CheckpointFile out{.format = pickled_.format,
                     .meta = parse_json(pickled_.meta),
                     .ids = copy_of(ids_),
                     .model = copy_of(model_),
                     .trainer = copy_of(trainer_),
                     .added = copy_of(added_)};
  for (const auto& [name, array] : out.model.arrays())
    if (!is_finite(array))
      fail(ErrorKind::model, "array '{}' of its model holds a number that is not finite", name);
  return out;
}

CheckpointFile read_checkpoint(std::string_view bytes) {
  const CheckpointRecords records(bytes);
  if (!records.match_digest()) fail(ErrorKind::model, "its content does not match its digest");
  return records.content();
}

void write_checkpoint(std::ostream& out,
                      const nlohmann::json& meta,
                      const StateDict& ids,
                      const StateDict& model,
                      const StateDict& trainer,
                      const StateDict& added) {
  // A path may hold any bytes; better one that opens nothing than a run that cannot be saved.
  const std::string text = meta.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const NamedStates sections{{"ids", &ids}, {"model", &model}, {"trainer", &trainer}, {"added", &added}};
  const StoredArrays of_ids = views_of(ids), of_model = views_of(model), of_trainer = views_of(trainer),
                     of_added = views_of(added);
  const std::string digest = digest_of(kNewestFormat, text, {&of_ids, &of_model, &of_trainer, &of_added});

  StoredZipWriter zip(out);
  std::size_t record = 0;
  for (const StoredArrays* section : {&of_ids, &of_model, &of_trainer, &of_added})
    for (const StoredArray& array : *section)
      zip.add(fmt::format("{}data/{}", kFolder, record++), array.bytes);
  zip.add(fmt::format("{}data.pkl", kFolder), write_pickle(text, sections, digest));
  zip.add(fmt::format("{}version", kFolder), "3\n");
  zip.finish();
}

}  // namespace movrec
