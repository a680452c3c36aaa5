#include "app/train_run.hpp"

#include <spdlog/spdlog.h>

#include "app/ranking_report.hpp"
#include "app/train_report.hpp"
#include "app/train_session.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/ops/machine.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec::cli {
namespace fs = std::filesystem;
namespace {

Checkpoint base_checkpoint(const TrainFlags& flags, const Dataset& dataset, const Split& split) {
  Checkpoint base;
  base.spec = {flags.model, flags.algorithm, dataset.users.size(), dataset.items.size(), dataset.stars};
  base.data = flags.data;
  base.split = flags.split;
  base.dataset_name = dataset.name;
  base.dataset_checksum = dataset.checksum;
  base.split_digest = split.digest;
  base.users = dataset.users;
  base.items = dataset.items;
  return base;
}

void check_split_flags(const TrainFlags& flags, const Dataset& dataset, const Invocation& invocation) {
  if (!takes_test_fraction(dataset, flags.split) && invocation.origin("test-fraction") == Origin::flag)
    throw Error(ErrorKind::usage,
                fmt::format("{} has no effect: the split gives the test part",
                            invocation.origin_text("test-fraction")),
                {}, "leave it out");
}

}  // namespace

FinishedRun train_run(TrainFlags& flags,
                      Invocation& invocation,
                      const Checkpoint* resumed,
                      const fs::path& wanted_folder) {
  set_threads(invocation.global.threads);
  const std::string device = resolve_device(invocation.global.device);
  if (flags.algorithm.train.amp && device == "cpu")
    throw Error(ErrorKind::usage, "--amp needs a GPU", "on the CPU bfloat16 would be slower",
                "--device cuda, or leave out --amp");

  Dataset dataset = load_dataset(flags.data, flags.cache);
  Split split = make_split(dataset, flags.split);
  if (resumed == nullptr) check_split_flags(flags, dataset, invocation);
  if (resumed != nullptr &&
      (resumed->dataset_checksum != dataset.checksum || resumed->split_digest != split.digest))
    throw Error(
        ErrorKind::model, fmt::format("{} belongs to other data", flags.resume),
        fmt::format("its run was trained on {} with another checksum or split", resumed->dataset_name));
  spdlog::info("{}: {} users, {} items; {} train, {} validation, {} test rows", dataset.name,
               dataset.users.size(), dataset.items.size(), split.train.size(), split.valid.size(),
               split.test.size());

  Checkpoint base = base_checkpoint(flags, dataset, split);
  RatingParts parts = take_parts(std::move(dataset.ratings), split);
  split.train = split.valid = split.test = {};
  const UserFeatures& users = dataset.user_features;
  const HeldOut valid(parts.valid, split.valid_queries, &users), test(parts.test, split.test_queries, &users);
  const bool ranks =
      measures_ranking(find_algorithm(flags.model), parts.train, flags.ranking, asks_for_ranking(invocation));
  const fs::path folder = resumed != nullptr ? fs::path(flags.resume).parent_path()
                          : !wanted_folder.empty()
                              ? wanted_folder
                              : make_run_folder(invocation.global.runs_dir, flags.model, dataset.name);
  write_file_atomically(folder / "config.toml", resolved_config(flags));
  const LogFile log_file(folder / "train.log");
  if (!split.caveat.empty()) spdlog::warn("{} is {}", flags.split.split, split.caveat);
  const SideInfo side{dataset.catalog, dataset.user_features};
  const bool wants_refit = flags.algorithm.train.refit && parts.valid.size() > 0;
  TrainSession session(folder, std::move(base), parts.train, valid, side, device,
                       wants_refit ? flags.time_budget / 2 : flags.time_budget);
  if (resumed != nullptr) session.resume(*resumed);
  std::unique_ptr<Model> model = session.fit();
  if (wants_refit && !session.interrupted()) {
    parts.train.append(parts.valid);
    model = session.refit(parts.train);
  }
  if (session.interrupted()) throw RunInterrupted(stop_signal(), folder);
  // The only look at test rows: everything is chosen by now.
  std::optional<RankingReport> ranking;
  if (ranks)
    ranking = report_ranking(*model, test, {&parts.train, &parts.valid}, side, flags.ranking, split.caveat);
  const TrainResult result{
      .folder = folder,
      .session = session,
      .spec = {flags.model, flags.algorithm, dataset.users.size(), dataset.items.size(), dataset.stars},
      .test = model->scores_are_stars()
                  ? std::optional(evaluate_ratings(*model, test, parts.train, dataset.stars))
                  : std::nullopt,
      .references = evaluate_references(test, parts.train, dataset.stars),
      .ranking = std::move(ranking),
      .caveat = split.caveat,
      .best_possible_rmse = dataset.best_rmse,
      .gemm_gflops = flags.profile ? std::optional(gemm_gflops(1, device)) : std::nullopt};
  write_run_report(result);
  return {folder, result_json(result), result_text(result)};
}

}  // namespace movrec::cli
