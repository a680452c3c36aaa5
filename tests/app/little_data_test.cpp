#include <gtest/gtest.h>

#include <fstream>

#include "support/fit_request.hpp"

namespace movrec::test {
namespace {

// A validation row of a pair that has been trained on cannot be ranked: the last epoch is the best one.
TEST(FitRun, TrainsRankersOnOnePairAlone) {
  const TempDir dir;
  std::ofstream train(dir / "train.csv"), test(dir / "test.csv");
  train << "user,item,rating\n";
  for (int k = 0; k < 100; ++k) train << "1,1," << 4 + k % 2 << '\n';
  test << "user,item,rating\n1,1,4\n";
  train.close();
  test.close();
  for (const char* algorithm : {"ials", "bpr", "profile", "multvae", "recvae", "autoencoder"}) {
    SCOPED_TRACE(algorithm);
    FitRequest request = fit_request(algorithm, dir);
    set(request, "epochs", "2");
    set(request, "train-file", (dir / "train.csv").string());
    set(request, "test-file", (dir / "test.csv").string());
    set(request, "duplicates", "keep");
    set(request, "allow-overlap", "true");
    const Fit fit = fit_run(request);
    EXPECT_EQ(fit.summary.best_epoch, 2);
    EXPECT_EQ(fit.model->n_items(), 1);
  }
}

}  // namespace
}  // namespace movrec::test
