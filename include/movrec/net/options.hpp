#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "movrec/core/field.hpp"

namespace movrec {

/// The shape of a Net. Which of these a model uses stands in its row of the algorithm table.
struct NetOptions {
  std::vector<std::int64_t> layers{64, 32, 16};
  std::int64_t embedding_dim = 64;
  double dropout = 0;
  std::string init = "normal";
  double init_std = 0.02;
  std::string output = "raw";
  bool bias_terms = false;
  bool global_mean = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "layers",
                .help =
                    "embedding width, then the widths of the tower: 256,128,64 means two embeddings of 256, "
                    "Linear 512 to 256 to 128",
                .min = 1,
                .max = 65536},
          self.layers);
    visit(Field{.name = "embedding-dim",
                .help = "width of the embeddings that are multiplied",
                .min = 1,
                .max = 65536},
          self.embedding_dim);
    visit(
        Field{.name = "dropout", .help = "share of hidden units left out in training", .min = 0, .max = 0.99},
        self.dropout);
    visit(
        Field{
            .name = "init",
            .help =
                "initial embeddings: normal and uniform use --init-std, torch is N(0, 1), s1 is that of each "
                "model's first publication",
            .choices = {"normal", "uniform", "xavier", "kaiming", "torch"}},
        self.init);
    visit(
        Field{
            .name = "init-std", .help = "standard deviation of the initial embeddings", .min = 0, .max = 10},
        self.init_std);
    visit(
        Field{
            .name = "output",
            .help =
                "raw, or sigmoid: squashed into the range of the stars, in training and in prediction alike",
            .choices = {"raw", "sigmoid"}},
        self.output);
    visit(Field{.name = "bias-terms", .help = "add a trained bias for each user and each item"},
          self.bias_terms);
    visit(Field{.name = "global-mean", .help = "start from the mean of the training stars"},
          self.global_mean);
  }
};

}  // namespace movrec
