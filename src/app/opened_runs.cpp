#include "movrec/app/opened_runs.hpp"

#include <algorithm>

#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec {
namespace {

std::vector<RowIdx> sorted(std::vector<RowIdx> rows) {
  std::ranges::sort(rows);
  return rows;
}

/// Whether both make the same rows of the file of `dataset`, which the first made.
bool counts_same_rows(PrepareOptions first, const PrepareOptions& other, const Dataset& dataset) {
  first.allow_overlap = other.allow_overlap;
  if (dataset.n_dropped_repeats == 0) first.duplicates = other.duplicates;
  return options_to_json(first) == options_to_json(other);
}

ComparableRun open_next(const std::string& given,
                        const ComparableRun& first,
                        const Dataset& dataset,
                        const RunSettings& settings) {
  ComparableRun run;
  run.path = find_checkpoint(given, settings.runs_dir);
  run.checkpoint = load_checkpoint(run.path);
  const std::string both = fmt::format("{} and {}", first.path.string(), run.path.string());
  if (run.checkpoint.dataset_checksum != first.checkpoint.dataset_checksum)
    throw Error(ErrorKind::model, fmt::format("{}: these runs have other ratings", both),
                fmt::format("{} and {}, with different checksums", first.checkpoint.dataset_name,
                            run.checkpoint.dataset_name));
  if (!counts_same_rows(first.checkpoint.data.prepare, run.checkpoint.data.prepare, dataset))
    throw Error(ErrorKind::model, fmt::format("{}: these runs count other ratings of one file", both),
                "their ‹duplicates›, ‹merge-titles› or filters differ", "train them with the same");
  run.split = in_context(run.path.string(), [&] { return make_split(dataset, run.checkpoint.split); });
  if (run.split.digest != run.checkpoint.split_digest)
    fail(ErrorKind::model, "{}: the same options select other rows than when it was trained",
         run.path.string());
  if (run.split.digest != first.split.digest && sorted(run.split.test) != sorted(first.split.test))
    throw Error(ErrorKind::model, fmt::format("{}: these runs have other test rows", both),
                "what one of them was trained on would be another's test",
                "train them with the same ‹split›, ‹test-fraction› and ‹split-seed›");
  run.split.test = first.split.test;  // in one order
  run.model = in_context(run.path.string(), [&] { return load_model(run.checkpoint); });
  return run;
}

}  // namespace

std::string ComparableRun::label() const {
  const std::filesystem::path folder = path.parent_path().filename();
  return fmt::format("{} ({})", (folder.empty() ? path : folder).string(), checkpoint.spec.algorithm);
}

OpenedRuns open_runs(std::span<const std::string> paths, OpenOptions options, const RunSettings& settings) {
  if (paths.size() < 2) fail(ErrorKind::usage, "two runs or more are needed, {} given", paths.size());
  options.checkpoint = paths.front();
  OpenedRun opened = open_run(options, settings);
  OpenedRuns out{std::move(opened.dataset), {}};
  out.runs.push_back({std::move(opened.path), std::move(opened.checkpoint), std::move(opened.split),
                      std::move(opened.model)});
  for (const std::string& path : paths.subspan(1))
    out.runs.push_back(open_next(path, out.runs.front(), out.dataset, settings));
  if (const std::string& caveat = out.caveat(); !caveat.empty())
    log_warning("{} is {}", shown_split(out.runs.front().checkpoint.split), caveat);
  for (ComparableRun& run : out.runs) {
    warn_of_added_ratings(run.path, run.checkpoint);
    run.checkpoint.model = {};
    if (!run.model->scores_are_stars())
      fail(ErrorKind::model, "{}: {} ranks items but predicts no stars of its own", run.path.string(),
           run.checkpoint.spec.algorithm);
  }
  return out;
}

}  // namespace movrec
