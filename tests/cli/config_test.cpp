#include "cli/parse/config.hpp"
#include "cli/parse/model_flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/model/table/algorithm.hpp"
#include "movrec/report/config_file.hpp"
#include "support/cli_run.hpp"
#include "support/environment.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::cli;
using movrec::test::run_cli;
using movrec::test::ScopedVariable;
using movrec::test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

struct TrainLike {
  int epochs = 20;
  double lr = 0.003;
  bool nesterov = false;
  std::uint64_t seed = 1;
  std::string optimizer = "adam";
  std::string data;
  std::vector<std::int64_t> layers{64, 32};
  std::vector<std::string> tags;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "epochs", .help = "", .min = 1, .max = 1e6}, self.epochs);
    visit(Field{.name = "lr", .help = "", .min = 0}, self.lr);
    visit(Field{.name = "nesterov", .help = ""}, self.nesterov);
    visit(Field{.name = "seed", .help = ""}, self.seed);
    visit(Field{.name = "optimizer", .help = "", .choices = {"sgd", "adam"}}, self.optimizer);
    visit(Field{.name = "data", .help = ""}, self.data);
    visit(Field{.name = "layers", .help = "", .min = 1}, self.layers);
    visit(Field{.name = "tags", .help = ""}, self.tags);
  }
  bool operator==(const TrainLike&) const = default;
};

/// movrec {train, data {info}} with a few options.
struct Tree {
  GlobalOptions global;
  TrainLike train;
  std::string data_dir, top;
  CommandNode root{.name = "movrec", .summary = "", .path = "movrec"};

  Tree() {
    add(root, option_refs(global));
    CommandNode& train_node =
        root.children.emplace_back(CommandNode{.name = "train", .summary = "", .path = "movrec train"});
    add(train_node, option_refs(train));
    CommandNode& data =
        root.children.emplace_back(CommandNode{.name = "data", .summary = "", .path = "movrec data"});
    CommandNode& list =
        data.children.emplace_back(CommandNode{.name = "list", .summary = "", .path = "movrec data list"});
    add(list, {{Field{.name = "data-dir", .help = ""}, &list_dir}});
    CommandNode& info =
        data.children.emplace_back(CommandNode{.name = "info", .summary = "", .path = "movrec data info"});
    add(info, {{Field{.name = "data-dir", .help = ""}, &data_dir}, {Field{.name = "top", .help = ""}, &top}});
  }
  std::string list_dir;

  static void add(CommandNode& node, const OptionRefs& refs) {
    for (const OptionRef& ref : refs) node.options.push_back({.ref = ref});
  }
};

class Config : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) {
    const auto path = folder_ / "recipe.toml";
    std::ofstream(path) << text;
    return path;
  }
  /// "message|why|remedy" with the folder cut off.
  std::string error_of(const std::string& text) {
    Tree tree;
    try {
      apply_config(tree.root, write(text));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      const std::string prefix = folder_.path().string() + "/";
      EXPECT_EQ(error.message().substr(0, prefix.size()), prefix);
      return error.message().substr(std::min(prefix.size(), error.message().size())) + "|" + error.why() +
             "|" + error.remedy();
    }
    return "no error";
  }
  TempDir folder_;
};

TEST_F(Config, SetsGlobalAndCommandOptionsAndRemembersWhere) {
  Tree tree;
  const auto path = write(
      "threads = 2\n"
      "[train]\n"
      "# a comment\n"
      "layers = [256,\n 128]  # over two lines\n"
      "lr = 1e-2\n"
      "optimizer = \"sgd\"\n"
      "nesterov = true\n");
  apply_config(tree.root, path);
  EXPECT_EQ(tree.global.threads, 2);
  EXPECT_THAT(tree.train.layers, ElementsAre(256, 128));
  EXPECT_EQ(tree.train.lr, 0.01);
  EXPECT_EQ(tree.train.optimizer, "sgd");
  EXPECT_TRUE(tree.train.nesterov);
  EXPECT_EQ(tree.train.epochs, 20);
  BoundOption& layers = *tree.root.children[0].find_option("layers");
  EXPECT_EQ(layers.origin, Origin::config);
  EXPECT_EQ(layers.origin_text, path.string() + ":4 (layers)");
  EXPECT_EQ(tree.root.children[0].find_option("epochs")->origin, Origin::standard);
}

TEST_F(Config, AListMayBeText) {
  Tree tree;
  apply_config(tree.root, write("[train]\nlayers = \"8,4\"\n"));
  EXPECT_THAT(tree.train.layers, ElementsAre(8, 4));
}

TEST_F(Config, SectionOfAParentServesItsChildrenAndTheNarrowerOneWins) {
  Tree tree;
  apply_config(tree.root,
               write("[data-info]\ndata-dir = \"narrow\"\n[data]\ndata-dir = \"wide\"\ntop = \"5\"\n"));
  EXPECT_EQ(tree.data_dir, "narrow");
  EXPECT_EQ(tree.list_dir, "wide");
  EXPECT_EQ(tree.top, "5");
}

TEST_F(Config, UnknownKeysNameFileLineAndTheNearest) {
  EXPECT_EQ(error_of("[train]\nlr = 1\nepochz = 5\n"),
            "recipe.toml:3: unknown key 'epochz' in [train]||epochs");
  EXPECT_EQ(error_of("thread = 5\n"),
            "recipe.toml:1: unknown key 'thread' before the first section||threads");
  EXPECT_EQ(error_of("config = 'x'\n"), "recipe.toml:1: unknown key 'config' before the first section||");
}

TEST_F(Config, KeysInTheWrongPlaceSayWhereTheyBelong) {
  EXPECT_EQ(error_of("epochs = 5\n"),
            "recipe.toml:1: unknown key 'epochs' before the first section|'epochs' is an option of [train]|");
  EXPECT_EQ(error_of("[train]\ndevice = 'cpu'\n"),
            "recipe.toml:2: unknown key 'device' in [train]|'device' is a global option and stands before "
            "the first "
            "section|");
}

TEST_F(Config, UnknownSection) {
  EXPECT_EQ(
      error_of("[trian]\nlr = 1\n"),
      "recipe.toml:1: unknown section [trian]|sections are named after commands: train, data, data-list, "
      "data-info|[train]");
}

TEST_F(Config, BadValuesNameFileLineAndWhatIsAllowed) {
  EXPECT_EQ(error_of("[train]\n\nepochs = 0\n"),
            "recipe.toml:3: epochs: '0' is not allowed|expected a whole number from 1 to 1000000|");
  EXPECT_EQ(error_of("[train]\nepochs = 2.5\n"),
            "recipe.toml:2: epochs: '2.5' is not allowed|expected a whole number from 1 to 1000000|");
  EXPECT_EQ(error_of("[train]\noptimizer = 'adan'\n"),
            "recipe.toml:2: optimizer: 'adan' is not allowed|expected one of sgd, adam|adam");
  EXPECT_EQ(error_of("[train]\nlr = nan\n"),
            "recipe.toml:2: lr: 'nan' is not allowed|expected a number of at least 0|");
  EXPECT_THAT(error_of("[train]\nlayers = [128, [64]]\n"), HasSubstr("recipe.toml:2: layers: '"));
  EXPECT_THAT(error_of("[train]\nlr = 2020-01-01\n"), HasSubstr("recipe.toml:2: lr: '"));
  EXPECT_THAT(error_of("[train.net]\nlr = 2\n"), HasSubstr("recipe.toml:1: unknown key 'net' in [train]"));
}

TEST_F(Config, SyntaxErrorsNameTheLine) {
  EXPECT_THAT(error_of("[train]\nlr = = 1\n"), HasSubstr("recipe.toml:2: "));
  EXPECT_THAT(error_of("[train]\nlr = 1\nlr = 2\n"), HasSubstr("recipe.toml:3: "));
}

TEST_F(Config, WhatIsWrittenReadsBackToTheSameValues) {
  TrainLike written{.epochs = 7,
                    .lr = 0.1 + 0.2,
                    .nesterov = true,
                    .seed = 18446744073709551615U,
                    .optimizer = "sgd",
                    .data = "C:\\a \"b\"\t\n\x7F é",
                    .layers = {512, 256},
                    .tags = {"a b", "c\"d"}};
  Tree tree;
  apply_config(tree.root, write(to_toml("train", option_refs(written))));
  EXPECT_EQ(tree.train, written);

  TrainLike empty{.epochs = 1, .lr = 1e-12, .optimizer = "adam", .data = "", .layers = {}, .tags = {}};
  apply_config(tree.root, write(to_toml("train", option_refs(empty))));
  EXPECT_EQ(tree.train, empty);
}

TEST_F(Config, FlagBeatsVariableBeatsFileBeatsDefault) {
  const auto threads = [](const std::vector<std::string>& arguments) {
    const auto result = run_cli(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return nlohmann::json::parse(result.out).at("threads").get<int>();
  };
  const std::string config = write("threads = 3\njson = true\n").string();
  EXPECT_EQ(threads({"doctor", "--config", config}), 3);
  EXPECT_EQ(threads({"--config", config, "doctor", "--threads", "5"}), 5);
  const ScopedVariable variable("MOVREC_THREADS", "4");
  EXPECT_EQ(threads({"doctor", "--config", config}), 4);
  EXPECT_EQ(threads({"doctor", "--config", config, "--threads", "5"}), 5);
  EXPECT_EQ(threads({"doctor", "--json"}), 4);
}

TEST_F(Config, ABadVariableIsNamed) {
  const ScopedVariable variable("MOVREC_THREADS", "many");
  const auto result = run_cli({"version"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err,
            "movrec: error: MOVREC_THREADS: 'many' is not allowed\n"
            "  why: expected a whole number from 0 to 4096\n");
}

TEST_F(Config, AnEmptyVariableIsNotSet) {
  const ScopedVariable variable("MOVREC_THREADS", "");
  EXPECT_EQ(run_cli({"version"}).code, 0);
}

TEST_F(Config, AMissingFileIsAUsageError) {
  const auto result = run_cli({"version", "--config", (folder_ / "absent.toml").string()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("movrec: error: --config: "));
  EXPECT_THAT(result.err, HasSubstr("absent.toml"));
}

TEST(ShippedConfigs, AllParseAndSetOnlyWhatTheirModelUses) {
  int n_files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(MOVREC_SOURCE_DIR) + "/configs")) {
    if (entry.path().extension() != ".toml") continue;
    ++n_files;
    GlobalOptions global;
    CommandNode root = declare_commands(global);
    ASSERT_NO_THROW(apply_config(root, entry.path())) << entry.path();
    CommandNode& train = *std::ranges::find(root.children, "train", &CommandNode::name);
    const BoundOption& solver = *train.find_option("solver");
    const ModelOptions options =
        default_options(to_text(train.find_option("model")->ref),
                        solver.origin == Origin::config ? to_text(solver.ref) : std::string());
    cli::ModelFlags all_flags;
    for (const OptionRef& ref : all_flags.refs()) {
      const BoundOption& option = *train.find_option(ref.field.name);
      if (option.origin == Origin::config) {
        EXPECT_TRUE(options.has(ref.field.name)) << option.origin_text;
      }
    }
  }
  EXPECT_GE(n_files, 5);
}

}  // namespace
