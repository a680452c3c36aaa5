#include "movrec/checkpoint/checkpoint.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "checkpoint/checkpoint_meta.hpp"
#include "checkpoint/file/checkpoint_file.hpp"
#include "checkpoint/file/id_arrays.hpp"
#include "checkpoint/file/refused.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

static_assert(Checkpoint::kFormat == kNewestFormat);

/// No arrays where nothing was added.
StateDict added_to_state(const AddedRatings& added) {
  StateDict state;
  if (added.stars.empty()) return state;
  save_ids(state, "users", added.users);
  save_ids(state, "items", added.items);
  state.set("stars", added.stars);
  if (!added.times.empty()) state.set("times", added.times);
  return state;
}

AddedRatings added_from(const StateDict& state) {
  if (state.arrays().empty()) return {};
  const auto stars = state.get("stars").as<float>();
  if (!std::ranges::all_of(stars, [](float value) { return std::isfinite(value); }))
    fail(ErrorKind::model, "its added ratings are not finite");
  return {load_ids<UserId>(state, "users", stars.size()), load_ids<ItemId>(state, "items", stars.size()),
          std::vector(stars.begin(), stars.end()),
          state.contains("times") ? state.list<std::int64_t>("times", stars.size())
                                  : std::vector<std::int64_t>{}};
}

Checkpoint from_file(CheckpointFile file) {
  if (file.meta.is_object() && file.meta.contains("n_ratings"))
    throw Error(ErrorKind::model, "it holds a run's data and no model", {}, "best.pt beside it");
  Checkpoint out = from_meta(file.meta, file.format);
  out.users = UserMap(load_table(file.ids, "users", out.spec.n_users));
  out.items = ItemMap(load_table(file.ids, "items", out.spec.n_items));
  if (file.ids.arrays().size() != n_id_arrays(file.ids, "users") + n_id_arrays(file.ids, "items"))
    refuse_damaged();
  out.model = std::move(file.model);
  if (!file.trainer.arrays().empty()) out.trainer = std::move(file.trainer);
  out.added = added_from(file.added);
  return out;
}

/// Anything else might be waited for, or never end.
void require_regular_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error)
    fail(ErrorKind::model, "cannot read {}: {}", shown(path.string(), kMostOfPath),
         errno_text(error.value()));
  if (status.type() != fs::file_type::regular)
    throw Error(ErrorKind::model, fmt::format("{} is not a usable checkpoint", path.string()),
                "it is not a regular file");
}

}  // namespace

void save_checkpoint(const fs::path& path, const Checkpoint& checkpoint) {
  StateDict ids;
  save_ids(ids, "users", checkpoint.users.ids());
  save_ids(ids, "items", checkpoint.items.ids());
  const StateDict none;
  const StateDict& trainer = checkpoint.trainer ? *checkpoint.trainer : none;
  in_context("saving the checkpoint", [&] {
    write_stream_atomically(path, [&](std::ostream& out) {
      write_checkpoint(out, to_meta(checkpoint), ids, checkpoint.model, trainer,
                       added_to_state(checkpoint.added));
    });
  });
}

Checkpoint load_checkpoint(const fs::path& path) {
  require_regular_file(path);
  const std::string context = fmt::format("{} is not a usable checkpoint", path.string());
  try {
    const MappedFile file(path);
    return from_file(read_checkpoint(file.text()));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::model, fmt::format("{} does not fit into memory", path.string()));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::data) throw Error(ErrorKind::model, error.message());
    if (!error.why().empty())
      throw Error(ErrorKind::model, fmt::format("{}: {}", path.string(), error.message()), error.why(),
                  error.remedy());
    throw Error(ErrorKind::model, context, error.message());
  } catch (const std::exception&) {
    throw Error(ErrorKind::model, context, kDamaged);  // a library's own words are about its internals
  }
}

std::unique_ptr<Model> load_model(const Checkpoint& checkpoint) {
  const std::string& algorithm = checkpoint.spec.algorithm;
  const auto refuse = [&](const std::string& what) {
    return Error(ErrorKind::model, what,
                 fmt::format("this version of {} saves other arrays, or the file is damaged", algorithm),
                 "train it again, or use the version of movrec that wrote it");
  };
  try {
    return find_algorithm(algorithm).load(checkpoint.spec, checkpoint.model);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::model && error.why().empty()) throw refuse(error.message());
    throw Error(ErrorKind::model, error.message(), error.why(), error.remedy());
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::model, "the model does not fit into memory");
  } catch (const std::exception&) {
    throw refuse(fmt::format("its arrays are no {} model", algorithm));
  }
}

}  // namespace movrec
