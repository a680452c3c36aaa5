// Trains on synthetic data, measures, and recommends; writes runs into the folder that it is given.
#include <movrec/app/audience.hpp>
#include <movrec/app/fit.hpp>

#include <cstdio>

struct Listener final : movrec::Observer {
  void log(movrec::LogLevel, std::string_view) override { ++n_messages; }
  int n_messages = 0;
};

int main(int, char** argv) {
  Listener listener;
  const movrec::RunScope scope({.observer = &listener});

  movrec::FitRequest request;
  request.algorithm = "biased-mf";
  request.options = movrec::default_options(request.algorithm);
  request.options.set("epochs", "8");
  request.data.dataset = "synthetic";
  request.settings.runs_dir = argv[1];
  const movrec::TrainedRun run = movrec::finish_run(movrec::fit_run(request), {.ranking = request.ranking});
  const double rmse = run.test.rating->all.rmse(), biases = run.test.references.bias.all.rmse();
  std::printf("test RMSE %.4f, biases %.4f\n", rmse, biases);

  const movrec::OpenedRun opened =
      movrec::open_run({.checkpoint = run.fit.checkpoint.string()}, request.settings);
  const movrec::Recommender recommender(*opened.model, opened.dataset, opened.train, {.top = 5});
  const movrec::Audience audience = movrec::find_audience({.user = {"1"}}, {.like = {"50"}}, opened);
  std::size_t n_listed = 0;
  movrec::for_each_lists(opened, recommender, audience, /*explains=*/false, [&](auto, auto lists) {
    for (const movrec::Line& line : lists[0])
      std::printf("%d. %s  %.2f stars\n", line.rank, opened.dataset.catalog.title(line.item).c_str(),
                  line.stars);
    n_listed += lists[0].size();
  });
  return rmse < biases && n_listed == 5 && listener.n_messages > 0 ? 0 : 1;
}
