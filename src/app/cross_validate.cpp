#include "movrec/app/cross_validate.hpp"

#include <algorithm>

#include "app/run_data.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/ops/machine.hpp"
#include "movrec/report/run_folder.hpp"
#include "movrec/train/common/options.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

/// "u1..u5" or "u1,u3": names of --fold; none if the text is a number.
std::vector<std::string> named_folds(const std::string& text) {
  if (text == "u1..u5") return {"u1", "u2", "u3", "u4", "u5"};
  if (text.empty() || text.front() != 'u') return {};
  std::vector<std::string> names;
  set_from_text({Field{.name = "folds", .help = {}}, &names}, text);
  return names;
}

/// Of k random parts each is test once, `repeats` times over; or named folds; or so many random splits.
std::vector<Member> make_folds(const CvRequest& request) {
  const CvOptions& options = request.folds;
  const std::vector<std::string> names = named_folds(options.folds);
  int n_folds = 5;
  if (names.empty() && !options.folds.empty())
    set_from_text({Field{.name = "folds", .help = {}, .min = 2, .max = 1000}, &n_folds}, options.folds);
  std::vector<Member> out;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    const auto add = [&](const std::string& name) -> FitRequest& {
      const std::string again =
          options.repeats > 1 && !request.is_random ? fmt::format(".{}", repeat + 1) : "";
      return out.emplace_back(Member{.name = name + again, .request = request.base, .test = request.test})
          .request;
    };
    const auto shift = static_cast<std::uint64_t>(repeat);
    if (!names.empty()) {
      for (const std::string& name : names) {
        FitRequest& fold = add(name);
        for (const OptionRef& option : option_refs(fold))
          if (option.field.name == "fold") set_from_text(option, name);
        if (auto* fit = fold.options.find<FitOptions>()) fit->seed += shift;
      }
    } else if (request.is_random) {
      add(fmt::format("{}", repeat + 1)).split.split_seed += shift;
    } else {
      for (int k = 1; k <= n_folds; ++k) {
        SplitOptions& split = add(fmt::format("{}", k)).split;
        split.split = "k-fold";
        split.fold_count = n_folds;
        split.fold_index = k;
        split.split_seed += shift;
      }
    }
  }
  return out;
}

/// How many folds at once: one a thread, as far as memory goes for the ratings and a process of LibTorch
/// each.
int choose_jobs(const CvOptions& options,
                std::size_t n_folds,
                std::size_t n_ratings,
                const RunSettings& settings) {
  constexpr double kProcessBytes = 6e8, kRatingBytes = 150;
  if (options.jobs > 0) return options.jobs;
  if (resolve_device(settings.device) != "cpu") return 1;
  const std::int64_t threads = settings.threads > 0 ? settings.threads : usable_cores();
  const double fits = available_memory() / (kProcessBytes + kRatingBytes * static_cast<double>(n_ratings));
  return std::clamp(static_cast<int>(std::min(fits, 1024.0)), 1,
                    static_cast<int>(std::min<std::size_t>(n_folds, static_cast<std::size_t>(threads))));
}

}  // namespace

CvReport cross_validate(const CvRequest& request, const Runtime& runtime) {
  std::vector<Member> folds = make_folds(request);
  const RunSettings& settings = request.base.settings;
  const Dataset dataset = load_dataset(request.base.data, request.base.cache);
  const int jobs = choose_jobs(request.folds, folds.size(), dataset.ratings.size(), settings);
  CvReport report{.algorithm = request.base.algorithm,
                  .dataset = dataset.name,
                  .folder = make_run_folder(settings.runs_dir, "cv-" + request.base.algorithm, dataset.name),
                  .names = {},
                  .results = std::vector<nlohmann::ordered_json>(folds.size())};
  keep_data(report.folder, dataset);
  const std::int64_t threads = settings.threads > 0 ? settings.threads : usable_cores();
  for (Member& fold : folds) {
    report.names.push_back(fold.name);
    fold.request.settings.runs_dir = report.folder.string();
    fold.request.settings.threads = std::max<std::int64_t>(threads / jobs, 1);
    const std::string base = (report.folder / ("fold-" + fold.name)).string();
    write_file_atomically(base + ".toml", resolved_config(fold.request));
    fold.log = base + ".log";
    fold.name = "fold " + fold.name;
  }
  log_info("{} on {}: {} folds, {} at a time, in {}", report.algorithm, report.dataset, folds.size(), jobs,
           report.folder.string());
  Progress progress("cv", std::ssize(folds), "folds");
  std::int64_t done = 0;
  progress.update(0);
  runtime.run(folds, jobs, [&](std::size_t k, nlohmann::json result) {
    report.results[k] = std::move(result);
    progress.clear();
    const nlohmann::ordered_json& test = report.results[k].at("test");
    for (const auto& [name, heading] : {std::pair("rmse", "RMSE"), std::pair("ndcg@10", "NDCG@10")})
      if (test.contains(name) && test.at(name).is_number()) {
        log_info("{}: test {} {:.4f}", folds[k].name, heading, test.at(name).get<double>());
        break;
      }
    progress.update(++done);
  });
  progress.clear();
  write_file_atomically(report.folder / "result.json", json_text(cv_json(report), 2) + "\n");
  return report;
}

}  // namespace movrec
