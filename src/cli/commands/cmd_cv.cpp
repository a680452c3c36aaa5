#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "app/child_runs.hpp"
#include "cli/commands/commands.hpp"
#include "cli/parse/train_flags.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/ops/machine.hpp"
#include "movrec/report/run_folder.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

struct CvOptions {
  std::string folds;
  int repeats = 1;
  int jobs = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "folds",
                .help =
                    "a number: so many random parts take turns as test; or ml-100k's own, u1..u5, or a list "
                    "of them (default: 5, or with --repeats one random split each)",
                .value_name = "FOLDS"},
          self.folds);
    visit(
        Field{.name = "repeats",
              .help = "do it all so many times, with the next split seed (u1..u5: the next model seed) each",
              .min = 1,
              .max = 1000},
        self.repeats);
    visit(
        Field{.name = "jobs",
              .help = "folds trained at the same time, sharing the threads (0: as many as threads and memory "
                      "allow; on a GPU 1)",
              .min = 0,
              .max = 1024},
        self.jobs);
  }
};

/// One training run of the cross-validation.
struct Fold {
  std::string name;
  TrainFlags flags;
};

/// "u1..u5" or "u1,u3": names of --fold; none if the text is a number.
std::vector<std::string> named_folds(const std::string& text) {
  if (text == "u1..u5") return {"u1", "u2", "u3", "u4", "u5"};
  if (text.empty() || text.front() != 'u') return {};
  std::vector<std::string> names;
  set_from_text({Field{.name = "folds", .help = {}}, &names}, text);
  return names;
}

std::vector<Fold> make_folds(const TrainFlags& flags,
                             const CvOptions& options,
                             const Invocation& invocation) {
  const std::vector<std::string> names = named_folds(options.folds);
  const bool is_random = options.folds.empty() && invocation.origin("repeats") > Origin::preset;
  int n_folds = 5;
  if (names.empty() && !options.folds.empty())
    set_from_text({Field{.name = "folds", .help = {}, .min = 2, .max = 1000}, &n_folds}, options.folds);
  for (const char* own : {"fold", "fold-count", "fold-index", "train-file", "test-file", "split"})
    if (invocation.origin(own) == Origin::flag && !(is_random && std::string_view(own) == "split"))
      throw Error(ErrorKind::usage, fmt::format("{} has no effect", invocation.origin_text(own)),
                  "cross-validation makes its own splits", "--folds, or --repeats alone");
  std::vector<Fold> out;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    const auto add = [&](const std::string& name) -> TrainFlags& {
      const std::string again = options.repeats > 1 && !is_random ? fmt::format(".{}", repeat + 1) : "";
      return out.emplace_back(Fold{name + again, flags}).flags;
    };
    const auto shift = static_cast<std::uint64_t>(repeat);
    if (!names.empty()) {
      for (const std::string& name : names) {
        TrainFlags& fold = add(name);
        set_option(fold, "fold", name);
        fold.algorithm.train.seed += shift;
      }
    } else if (is_random) {
      add(fmt::format("{}", repeat + 1)).split.split_seed += shift;
    } else {
      for (int k = 1; k <= n_folds; ++k) {
        TrainFlags& fold = add(fmt::format("{}", k));
        fold.split.split = "k-fold";
        fold.split.fold_count = n_folds;
        fold.split.fold_index = k;
        fold.split.split_seed += shift;
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
                const GlobalOptions& global) {
  constexpr double kProcessBytes = 6e8, kRatingBytes = 150;
  if (options.jobs > 0) return options.jobs;
  if (resolve_device(global.device) != "cpu") return 1;
  const std::int64_t threads = global.threads > 0 ? global.threads : usable_cores();
  const double fits = available_memory() / (kProcessBytes + kRatingBytes * static_cast<double>(n_ratings));
  return std::clamp(static_cast<int>(std::min(fits, 1024.0)), 1,
                    static_cast<int>(std::min<std::size_t>(n_folds, static_cast<std::size_t>(threads))));
}

std::vector<ChildRun> make_children(std::vector<Fold>& folds,
                                    const fs::path& folder,
                                    int jobs,
                                    const GlobalOptions& global) {
  const std::int64_t threads = global.threads > 0 ? global.threads : usable_cores();
  std::vector<ChildRun> children;
  for (Fold& fold : folds) {
    const fs::path base = folder / ("fold-" + fold.name);
    const fs::path config = base.string() + ".toml";
    write_file_atomically(config, resolved_config(fold.flags));
    ChildRun child{.arguments = {"train", "--json", "--config", config.string(), "--runs-dir",
                                 folder.string(), "--device", global.device, "--threads",
                                 fmt::to_string(std::max<std::int64_t>(threads / jobs, 1))},
                   .out = base.string() + ".json",
                   .err = base.string() + ".log"};
    for (const OptionRef& option : option_refs(fold.flags.cache)) {
      const std::string text = to_text(option);
      if (text == "true")
        child.arguments.push_back(fmt::format("--{}", option.field.name));
      else if (text != "false" && !text.empty())
        child.arguments.insert(child.arguments.end(), {fmt::format("--{}", option.field.name), text});
    }
    if (fold.flags.time_budget > 0)
      child.arguments.insert(child.arguments.end(),
                             {"--time-budget", fmt::to_string(fold.flags.time_budget)});
    children.push_back(std::move(child));
  }
  return children;
}

/// The error that ended a fold, as the process told it.
[[noreturn]] void fail_fold(const Fold& fold, const ChildRun& child, int code) {
  const std::string log = read_file(child.err);
  constexpr std::string_view kMark = "movrec: error: ";
  const std::size_t at = log.rfind(kMark);
  const std::string what = at == std::string::npos
                               ? fmt::format("it ended with code {}", code)
                               : log.substr(at + kMark.size(), log.find('\n', at) - at - kMark.size());
  const bool is_ours =
      code >= static_cast<int>(ErrorKind::failure) && code <= static_cast<int>(ErrorKind::gate);
  throw Error(is_ours ? static_cast<ErrorKind>(code) : ErrorKind::failure,
              fmt::format("fold {}: {}", fold.name, what), {}, fmt::format("more in {}", child.err.string()));
}

struct Spread {
  double mean = 0, deviation = 0;  ///< of the sample (n - 1)
};

Spread spread_of(const std::vector<double>& values) {
  Spread out;
  for (const double v : values) out.mean += v / static_cast<double>(values.size());
  for (const double v : values) out.deviation += (v - out.mean) * (v - out.mean);
  out.deviation = values.size() > 1 ? std::sqrt(out.deviation / static_cast<double>(values.size() - 1)) : 0;
  return out;
}

/// Mean and deviation over the folds of every number that `test` holds in all of them.
std::pair<Json, Json> summarize(const std::vector<Json>& folds) {
  Json means, deviations;
  for (const auto& [name, value] : folds.front().at("test").items()) {
    std::vector<double> values;
    for (const Json& fold : folds)
      if (fold.at("test").contains(name) && fold.at("test").at(name).is_number())
        values.push_back(fold.at("test").at(name).get<double>());
    if (values.size() != folds.size()) continue;
    const Spread spread = spread_of(values);
    means[name] = spread.mean;
    deviations[name] = spread.deviation;
  }
  return {means, deviations};
}

std::string to_text(const std::vector<Fold>& folds,
                    const std::vector<Json>& results,
                    const fs::path& folder) {
  using enum Table::Align;
  Table table({{"fold"},
               {"test rows", right},
               {"RMSE", right},
               {"MAE", right},
               {"validation", right},
               {"seconds", right}});
  for (std::size_t k = 0; k < folds.size(); ++k) {
    const Json& test = results[k].at("test");
    const Json& valid = results[k].at("valid").at("rmse");
    table.add_row({folds[k].name, format_count(test.at("rows").get<std::int64_t>()),
                   fmt::format("{:.4f}", test.at("rmse").get<double>()),
                   fmt::format("{:.4f}", test.at("mae").get<double>()),
                   valid.is_null() ? "-" : fmt::format("{:.4f}", valid.get<double>()),
                   fmt::format("{:.1f}", results[k].at("seconds").get<double>())});
  }
  const auto [means, deviations] = summarize(results);
  const auto add = [&](std::string name, const Json& of) {
    table.add_row({std::move(name), "", fmt::format("{:.4f}", of.at("rmse").get<double>()),
                   fmt::format("{:.4f}", of.at("mae").get<double>()), "", ""});
  };
  add("mean", means);
  add("standard deviation", deviations);
  return fmt::format("{}, cross-validation\n\n{}\nruns: {}\n", results.front().at("model").get<std::string>(),
                     table.text(), folder.string());
}

int cross_validate(TrainFlags& flags, const CvOptions& options, Invocation& invocation) {
  if (flags.model == "best")
    throw Error(ErrorKind::usage, "cv trains one model", "best is several", "cv --model bfm");
  apply_algorithm(flags, invocation);
  std::vector<Fold> folds = make_folds(flags, options, invocation);
  const GlobalOptions& global = invocation.global;
  const Dataset dataset = load_dataset(flags.data, flags.cache);
  const int jobs = choose_jobs(options, folds.size(), dataset.ratings.size(), global);
  const fs::path folder = make_run_folder(global.runs_dir, "cv-" + flags.model, dataset.name);
  const std::vector<ChildRun> children = make_children(folds, folder, jobs, global);
  spdlog::info("{} on {}: {} folds, {} at a time, in {}", flags.model, dataset.name, folds.size(), jobs,
               folder.string());

  std::vector<Json> results(folds.size());
  Progress progress("cv", std::ssize(folds), "folds");
  std::int64_t done = 0;
  progress.update(0);
  run_children(invocation.program, children, jobs, [&](std::size_t k, int code) {
    if (code != 0) fail_fold(folds[k], children[k], code);
    results[k] = Json::parse(read_file(children[k].out));
    progress.clear();
    spdlog::info("fold {}: test RMSE {:.4f}", folds[k].name, results[k].at("test").at("rmse").get<double>());
    progress.update(++done);
  });
  progress.clear();

  const auto [means, deviations] = summarize(results);
  Json json{{"schema", "movrec.cv/1"}, {"model", flags.model}, {"dataset", dataset.name},
            {"run", folder.string()},  {"mean", means},        {"standard_deviation", deviations}};
  for (std::size_t k = 0; k < folds.size(); ++k) {
    json["folds"].push_back(results[k]);
    json["folds"].back()["fold"] = folds[k].name;
  }
  write_file_atomically(folder / "result.json", json.dump(2) + "\n");
  *invocation.out << (global.json ? json.dump() + "\n" : to_text(folds, results, folder));
  return 0;
}

}  // namespace

Action declare_cv(FlagSet& set) {
  const auto flags = std::make_shared<TrainFlags>();
  const auto options = std::make_shared<CvOptions>();
  set.bind(*options);
  bind_train_flags(set, *flags);
  set.set_footer(
      "Examples:\n"
      "  movrec cv --dataset ml-100k --model bfm --folds u1..u5\n"
      "  movrec cv --model biased-mf --folds 10\n"
      "  movrec cv --model neumf --repeats 3 --test-fraction 0.1");
  return [=](Invocation& invocation) { return cross_validate(*flags, *options, invocation); };
}

}  // namespace movrec::cli
