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
  std::string init = "torch";
  double init_std = 0.02;
  std::string output = "raw";
  std::string loss = "mse";
  double huber_delta = 1;
  bool bias_terms = false;
  bool global_mean = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "layers",
                .help = "width of the tower's embeddings, then half the width of each hidden layer: "
                        "256,128,64 is two "
                        "embeddings of 256, then Linear 512 to 256 to 128; models of whole rows: the hidden "
                        "layers (autoencoder: to the code, and mirrored back; multvae: the last is latent)",
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
                "initial weights of layers: torch is LibTorch's U(±1/sqrt(inputs)); normal and uniform have "
                "standard deviation --init-std",
            .choices = {"torch", "xavier", "kaiming", "normal", "uniform"}},
        self.init);
    visit(Field{.name = "init-std",
                .help = "standard deviation of the initial embeddings, normal (with --init uniform: uniform)",
                .min = 0,
                .max = 10},
          self.init_std);
    visit(
        Field{
            .name = "output",
            .help =
                "raw, or sigmoid: squashed into the range of the stars, in training and in prediction alike",
            .choices = {"raw", "sigmoid"}},
        self.output);
    visit(Field{.name = "loss",
                .help = "mse; huber: linear beyond --huber-delta; ordinal: stars are ordered classes with "
                        "trained cuts; softmax: they are classes. Classes are predicted as their expectation",
                .choices = {"mse", "huber", "ordinal", "softmax"}},
          self.loss);
    visit(Field{.name = "huber-delta", .help = "huber: stars of error", .min = 1e-3, .max = 1e3},
          self.huber_delta);
    visit(Field{.name = "bias-terms", .help = "a trained bias for each user and each item"}, self.bias_terms);
    visit(Field{.name = "global-mean", .help = "add the mean of the training stars"}, self.global_mean);
  }
};

}  // namespace movrec
