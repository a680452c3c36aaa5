#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/core/field.hpp"

namespace movrec {

/// The names of the tables that options choose from.
std::vector<std::string_view> init_names();
std::vector<std::string_view> loss_names();

// The shape of a net in parts, of which each model has those that it looks at.

struct LayerOptions {
  std::vector<std::int64_t> layers{64, 32, 16};

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "layers", .help = "widths of the hidden layers", .min = 1, .max = 65536},
          self.layers);
  }
};

struct DropoutOptions {
  double dropout = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(
        Field{.name = "dropout", .help = "share of hidden units left out in training", .min = 0, .max = 0.99},
        self.dropout);
  }
};

struct FactorOptions {
  std::int64_t embedding_dim = 64;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "embedding-dim",
                .help = "width of the embeddings that are multiplied",
                .min = 1,
                .max = 65536},
          self.embedding_dim);
  }
};

struct FactorInitOptions {
  double init_std = 0.02;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "init-std",
                .help = "standard deviation of the initial embeddings, which are normal",
                .min = 0,
                .max = 10},
          self.init_std);
  }
};

struct InitOptions : FactorInitOptions {
  std::string init = "torch";

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(
        Field{
            .name = "init",
            .help =
                "initial weights of layers: torch is LibTorch's U(±1/sqrt(inputs)); normal and uniform have "
                "standard deviation ‹init-std›",
            .choices = init_names()},
        self.init);
    visit_parts<FactorInitOptions>(self, visit);
    visit(Reworded{"init-std",
                   "standard deviation of the initial embeddings, normal (with ‹init› uniform: uniform)"});
  }
};

/// What becomes of a net's number for a pair of user and item.
struct HeadOptions {
  std::string output = "raw";
  std::string loss = "mse";
  double huber_delta = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(
        Field{
            .name = "output",
            .help =
                "raw, or sigmoid: squashed into the range of the stars, in training and in prediction alike",
            .choices = {"raw", "sigmoid"}},
        self.output);
    visit(Field{.name = "loss",
                .help = "mse; huber: linear beyond ‹huber-delta›; ordinal: stars are ordered classes with "
                        "trained cuts; softmax: they are classes. Classes are predicted as their expectation",
                .choices = loss_names()},
          self.loss);
    visit(Field{.name = "huber-delta", .help = "huber: stars of error", .min = 1e-3, .max = 1e3},
          self.huber_delta);
  }
};

/// What is added to it.
struct OffsetOptions {
  bool bias_terms = false;
  bool global_mean = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "bias-terms", .help = "a trained bias for each user and each item"}, self.bias_terms);
    visit(Field{.name = "global-mean", .help = "add the mean of the training stars"}, self.global_mean);
  }
};

/// All that a Net's shape may depend on.
struct NetOptions : LayerOptions, FactorOptions, DropoutOptions, InitOptions, HeadOptions, OffsetOptions {
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<LayerOptions, FactorOptions, DropoutOptions, InitOptions, HeadOptions, OffsetOptions>(self,
                                                                                                      visit);
  }
};

}  // namespace movrec
