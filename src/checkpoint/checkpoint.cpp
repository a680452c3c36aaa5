#include "movrec/checkpoint/checkpoint.hpp"

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include <ostream>

#include "movrec/core/build_info.hpp"
#include "movrec/core/digest.hpp"
#include "movrec/core/files.hpp"
#include "movrec/ops/state.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

using Arrays = c10::Dict<std::string, at::Tensor>;

at::ScalarType scalar_type(StateArray::Type type) {
  switch (type) {
    case StateArray::Type::f32:
      return at::kFloat;
    case StateArray::Type::f64:
      return at::kDouble;
    case StateArray::Type::i32:
      return at::kInt;
    case StateArray::Type::i64:
      return at::kLong;
  }
  return at::kFloat;
}

/// The array itself, seen as a tensor.
at::Tensor to_tensor(const StateArray& array) {
  return at::from_blob(const_cast<std::byte*>(array.bytes.data()), array.shape, scalar_type(array.type));
}

Arrays to_arrays(const StateDict& state) {
  Arrays out;
  for (const auto& [name, array] : state.arrays()) out.insert(name, to_tensor(array));
  return out;
}

StateDict from_arrays(const c10::IValue& value) {
  StateDict out;
  for (const auto& entry : value.toGenericDict())
    out.set(entry.key().toStringRef(), to_state(entry.value().toTensor()));
  return out;
}

/// Over everything that a flipped bit could change unnoticed.
std::string digest_of(const std::string& meta, std::initializer_list<const StateDict*> states) {
  Digest digest(Digest::Kind::sha256);
  digest.update(meta);
  for (const StateDict* state : states)
    for (const auto& [name, array] : state->arrays()) {
      digest.update(name);
      digest.update({reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()});
    }
  return digest.hex();
}

/// What torch::jit::pickle_save makes, array by array instead of as one string in memory.
void write_archive(std::ostream& out, const c10::IValue& value) {
  std::string pickled;
  torch::jit::Pickler pickler([&](const char* bytes, std::size_t n) { pickled.append(bytes, n); });
  pickler.protocol();
  pickler.pushIValue(value);
  pickler.stop();
  std::exception_ptr failure;  // kept until the writer, which is C inside, has finished
  caffe2::serialize::PyTorchStreamWriter writer([&](const void* bytes, std::size_t n) {
    try {
      if (!failure) out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(n));
    } catch (...) {
      failure = std::current_exception();
    }
    return n;
  });
  std::size_t n_tensors = 0;
  for (const at::Tensor& tensor : pickler.tensorData())
    writer.writeRecord(fmt::format("data/{}", n_tensors++), tensor.data_ptr(), tensor.nbytes());
  writer.writeRecord("data.pkl", pickled.data(), pickled.size());
  writer.writeEndOfFile();
  if (failure) std::rethrow_exception(failure);
}

template <class Id>
StateArray array_of(std::span<const Id> ids) {
  std::vector<std::int32_t> numbers;
  for (const Id id : ids) numbers.push_back(number(id));
  return StateArray::of(std::span<const std::int32_t>(numbers), {std::ssize(numbers)});
}

template <class Map, class Id>
Map id_map(const StateDict& state, const std::string& name) {
  std::vector<Id> ids;
  for (std::int32_t id : state.get(name).as<std::int32_t>()) ids.push_back(Id{id});
  return Map(std::move(ids));
}

template <class Id>
std::vector<Id> ids_of(const StateDict& state, const std::string& name, std::size_t n) {
  std::vector<Id> ids;
  for (const std::int32_t id : state.values<std::int32_t>(name, n)) ids.push_back(Id{id});
  return ids;
}

/// No arrays where nothing was added.
StateDict added_to_state(const AddedRatings& added) {
  StateDict state;
  if (added.stars.empty()) return state;
  state.set("users", array_of(std::span(added.users)));
  state.set("items", array_of(std::span(added.items)));
  state.set("stars", StateArray::of(std::span<const float>(added.stars), {std::ssize(added.stars)}));
  return state;
}

AddedRatings added_from(const StateDict& state) {
  const auto stars = state.get("stars").as<float>();
  return {ids_of<UserId>(state, "users", stars.size()), ids_of<ItemId>(state, "items", stars.size()),
          std::vector(stars.begin(), stars.end())};
}

nlohmann::json spec_to_json(const ModelSpec& spec) {
  nlohmann::json json = {{"algorithm", spec.algorithm},
                         {"options", options_to_json(spec.options)},
                         {"n_users", spec.n_users},
                         {"n_items", spec.n_items},
                         {"stars", {spec.stars.min, spec.stars.max}}};
  for (const ModelSpec& member : spec.members) json["members"].push_back(spec_to_json(member));
  return json;
}

ModelSpec spec_from_json(const nlohmann::json& json) {
  ModelSpec spec;
  spec.algorithm = json.at("algorithm").get<std::string>();
  options_from_json(spec.options, json.at("options"));
  spec.n_users = json.at("n_users").get<std::int32_t>();
  spec.n_items = json.at("n_items").get<std::int32_t>();
  spec.stars = {json.at("stars").at(0).get<float>(), json.at("stars").at(1).get<float>()};
  if (json.contains("members"))
    for (const auto& member : json.at("members")) spec.members.push_back(spec_from_json(member));
  return spec;
}

nlohmann::json meta_of(const Checkpoint& checkpoint) {
  nlohmann::json meta = spec_to_json(checkpoint.spec);
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

Checkpoint from_meta(const nlohmann::json& meta) {
  Checkpoint out;
  out.spec = spec_from_json(meta);
  options_from_json(out.data, meta.at("data"));
  options_from_json(out.split, meta.at("split"));
  out.dataset_name = meta.at("dataset").get<std::string>();
  out.dataset_checksum = meta.at("dataset_checksum").get<std::string>();
  out.split_digest = meta.at("split_digest").get<std::string>();
  out.refitted = meta.at("refitted").get<bool>();
  out.epoch = meta.at("epoch").get<int>();
  out.metrics = meta.at("metrics");
  out.progress = meta.at("progress");
  return out;
}

constexpr const char* kDamaged = "it is cut short, damaged, or was not written by movrec";

/// Whether the archive's end record is the very end of the file. LibTorch's reader would miss a byte or two.
bool is_whole(std::string_view content) {
  constexpr std::string_view kSignature = "PK\x05\x06";
  constexpr std::size_t kEndRecord = 22;
  return content.size() >= kEndRecord && content.substr(content.size() - kEndRecord).starts_with(kSignature);
}

Checkpoint parse(const std::string& content) {
  if (!is_whole(content)) throw std::invalid_argument(kDamaged);
  const auto dict =
      torch::jit::pickle_load(std::vector<char>(content.begin(), content.end())).toGenericDict();
  if (!dict.contains("movrec_format")) throw std::invalid_argument("it holds no movrec format number");
  const std::int64_t format = dict.at("movrec_format").toInt();
  if (format > Checkpoint::kFormat)
    throw Error(ErrorKind::model, "it was written by a newer movrec",
                fmt::format("its format is {}, this program knows up to {}", format, Checkpoint::kFormat),
                "update movrec");
  const std::string meta = dict.at("meta").toStringRef();
  const StateDict ids = from_arrays(dict.at("ids"));
  const StateDict model = from_arrays(dict.at("model"));
  const StateDict trainer = from_arrays(dict.at("trainer"));
  const StateDict added = format >= Checkpoint::kFormatOfAdded ? from_arrays(dict.at("added")) : StateDict();
  if (digest_of(meta, {&ids, &model, &trainer, &added}) != dict.at("digest").toStringRef())
    throw std::invalid_argument("its content does not match its digest");
  Checkpoint out = from_meta(nlohmann::json::parse(meta));
  out.users = id_map<UserMap, UserId>(ids, "users");
  out.items = id_map<ItemMap, ItemId>(ids, "items");
  if (out.users.size() != out.spec.n_users || out.items.size() != out.spec.n_items)
    throw std::invalid_argument("its id maps do not fit its model");
  out.model = model;
  if (!trainer.arrays().empty()) out.trainer = trainer;
  if (!added.arrays().empty()) out.added = added_from(added);
  return out;
}

}  // namespace

void save_checkpoint(const fs::path& path, const Checkpoint& checkpoint) {
  StateDict ids;
  ids.set("users", array_of(checkpoint.users.ids()));
  ids.set("items", array_of(checkpoint.items.ids()));
  const StateDict none;
  const StateDict& trainer = checkpoint.trainer ? *checkpoint.trainer : none;
  const StateDict added = added_to_state(checkpoint.added);
  const bool has_added = !added.arrays().empty();
  const std::string meta = meta_of(checkpoint).dump();

  c10::impl::GenericDict dict(c10::StringType::get(), c10::AnyType::get());
  // A program that knows nothing of added ratings must not answer as if there were none.
  dict.insert("movrec_format", std::int64_t{has_added ? Checkpoint::kFormatOfAdded : 1});
  dict.insert("meta", meta);
  dict.insert("ids", to_arrays(ids));
  dict.insert("model", to_arrays(checkpoint.model));
  dict.insert("trainer", to_arrays(trainer));
  if (has_added) dict.insert("added", to_arrays(added));
  dict.insert("digest", digest_of(meta, {&ids, &checkpoint.model, &trainer, &added}));
  in_context("saving the checkpoint",
             [&] { write_stream_atomically(path, [&](std::ostream& out) { write_archive(out, dict); }); });
}

Checkpoint load_checkpoint(const fs::path& path) {
  std::string content;
  try {
    content = read_file(path);
  } catch (const Error& error) {
    throw Error(ErrorKind::model, error.message());
  }
  const std::string context = fmt::format("{} is not a usable checkpoint", path.string());
  try {
    return in_context(path.string(), [&] { return parse(content); });
  } catch (const Error& error) {
    throw Error(ErrorKind::model, error.message(), error.why(), error.remedy());
  } catch (const c10::Error&) {
    // LibTorch's own words are about its reader's internals; what a person needs to know is which file.
    throw Error(ErrorKind::model, context, kDamaged);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::model, context, error.what());
  }
}

std::unique_ptr<Model> load_model(const Checkpoint& checkpoint) {
  try {
    return find_algorithm(checkpoint.spec.algorithm).load(checkpoint.spec, checkpoint.model);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::model || !error.why().empty()) throw;
    throw Error(ErrorKind::model, error.message(),
                fmt::format("this version of {} saves other arrays, or the file is damaged",
                            checkpoint.spec.algorithm),
                "train it again, or use the version of movrec that wrote it");
  }
}

}  // namespace movrec
