#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <functional>
#include <sstream>

#include "checkpoint/file/checkpoint_file.hpp"
#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/core/files.hpp"
#include "movrec/model/torch/mf_model.hpp"
#include "support/fitted_run.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;

namespace {

/// "message | why | try" of the Error{model} that loading the file gives.
std::string error_of(const std::filesystem::path& path) {
  try {
    load_checkpoint(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.message();
    return error.message() + " | " + error.why() + " | " + error.remedy();
  }
  return "no error";
}

class CheckpointFile : public testing::Test {
 protected:
  CheckpointFile() : run_("bias"), path_(run_.dir / "runs/run/best.pt"), content_(read_file(path_)) {}
  FittedRun run_;
  std::filesystem::path path_;
  std::string content_;
};

TEST_F(CheckpointFile, HoldsAllThatWasSaved) {
  Checkpoint saved = load_checkpoint(path_);
  saved.spec.options.get<BiasOptions>().item_damping = 0.125;
  saved.split.test_fraction = 0.3;
  saved.data.synthetic_seed = 12345678901234567890ULL;
  saved.refitted = true;
  saved.epoch = 4;
  saved.metrics = {{"valid_rmse", 0.875}};
  saved.progress = {{"history", {1, 2}}};
  saved.trainer = StateDict{};
  const std::vector<double> numbers{1.5, 2.5};
  saved.trainer->set("numbers", StateArray::of(std::span(numbers), {2}));
  save_checkpoint(path_, saved);
  const Checkpoint loaded = load_checkpoint(path_);
  EXPECT_EQ(loaded.spec.algorithm, "bias");
  EXPECT_EQ(loaded.spec.options.get<BiasOptions>().item_damping, 0.125);
  EXPECT_EQ(loaded.split.test_fraction, 0.3);
  EXPECT_EQ(loaded.data.synthetic_seed, 12345678901234567890ULL);
  EXPECT_TRUE(loaded.refitted);
  EXPECT_EQ(loaded.epoch, 4);
  EXPECT_EQ(loaded.metrics, saved.metrics);
  EXPECT_EQ(loaded.progress, saved.progress);
  EXPECT_EQ(loaded.users, run_.dataset.users);
  EXPECT_EQ(loaded.items, run_.dataset.items);
  EXPECT_EQ(loaded.split_digest, run_.split.digest);
  EXPECT_THAT(loaded.trainer->values<double>("numbers", 2), testing::ElementsAre(1.5, 2.5));
}

TEST(OptionsInCheckpoints, OfOtherModelsAreLeftOutAndUnknownOnesAreErrors) {
  // Before models had options of their own, checkpoints held those of all.
  nlohmann::json old{{"epochs", 7}, {"sweeps", 3}, {"solver", "als"}, {"layers", {9, 8}}};
  const ModelOptions mlp = model_options_from_json("mlp", old);
  EXPECT_EQ(mlp.get<MlpOptions>().epochs, 7);
  EXPECT_EQ(mlp.get<MlpOptions>().layers, (std::vector<std::int64_t>{9, 8}));
  EXPECT_EQ(mlp.get<MlpOptions>().lr, 0.002);
  EXPECT_EQ(mlp.to_json(), model_options_from_json("mlp", mlp.to_json()).to_json());
  EXPECT_FALSE(mlp.to_json().contains("sweeps"));
  old["epochz"] = 7;
  EXPECT_EQ(model_options_from_json("mlp", old, /*refuses_unknown=*/false).get<MlpOptions>().epochs, 7);
  try {
    model_options_from_json("mlp", old);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_THAT(error.message(), HasSubstr("'epochz'"));
  }
}

TEST(OptionsInCheckpoints, AreThoseOfTheSolver) {
  ModelOptions sgd = default_options("biased-mf", "sgd");
  sgd.get<MfBySgdOptions>().lr = 0.5;
  const ModelOptions loaded = model_options_from_json("biased-mf", sgd.to_json());
  EXPECT_EQ(loaded.get<MfBySgdOptions>().lr, 0.5);
  EXPECT_TRUE(loaded.get<OffsetOptions>().bias_terms);
  EXPECT_EQ(loaded.find<MfByAlsOptions>(), nullptr);
}

TEST_F(CheckpointFile, HoldsAddedRatings) {
  Checkpoint saved = load_checkpoint(path_);
  EXPECT_TRUE(saved.added.stars.empty());
  saved.added = {{UserId{7}, UserId{99999}}, {ItemId{3}, ItemId{1}}, {4.5F, 1}};
  save_checkpoint(path_, saved);
  const Checkpoint loaded = load_checkpoint(path_);
  EXPECT_EQ(loaded.added.users, saved.added.users);
  EXPECT_EQ(loaded.added.items, saved.added.items);
  EXPECT_EQ(loaded.added.stars, saved.added.stars);
  EXPECT_EQ(loaded.users, saved.users);
}

TEST_F(CheckpointFile, IsOpenedByLibTorchToo) {
  const auto dict = torch::jit::pickle_load({content_.begin(), content_.end()}).toGenericDict();
  EXPECT_EQ(dict.at("movrec_format").toInt(), 3);
  const at::Tensor users = dict.at("ids").toGenericDict().at("users").toTensor();
  ASSERT_EQ(users.sizes(), at::IntArrayRef({run_.dataset.users.size()}));
  EXPECT_EQ(users[1].item<int>(), std::stoi(run_.dataset.users.id(UserIdx{1}).text));
}

TEST_F(CheckpointFile, IsRefusedWhenCut) {
  for (const std::size_t size : {content_.size() - 1, content_.size() / 2, std::size_t{10}, std::size_t{0}}) {
    write_file_atomically(path_, content_.substr(0, size));
    EXPECT_THAT(error_of(path_), HasSubstr("is not a usable checkpoint | it is cut short")) << size;
  }
}

TEST_F(CheckpointFile, IsRefusedWhenABitFlips) {
  const StateDict saved = run_.model->state();
  for (std::size_t at = content_.size() / 10; at < content_.size(); at += content_.size() / 10) {
    std::string damaged = content_;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    write_file_atomically(path_, damaged);
    try {
      const Checkpoint loaded = load_checkpoint(path_);
      // Padding and the zip's own bookkeeping may change; what is loaded may not.
      EXPECT_EQ(loaded.model.arrays().size(), saved.arrays().size());
      for (const auto& [name, array] : saved.arrays())
        EXPECT_EQ(loaded.model.get(name).bytes, array.bytes) << "flip at " << at;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
    }
  }
}

TEST_F(CheckpointFile, IsRefusedWhenForeign) {
  write_file_atomically(path_, "PK\x03\x04 this is no checkpoint");
  EXPECT_THAT(error_of(path_), HasSubstr("was not written by movrec"));
  const std::vector<char> other = torch::jit::pickle_save(at::ones({3}));
  write_file_atomically(path_, std::string_view(other.data(), other.size()));
  EXPECT_THAT(error_of(path_), HasSubstr("was not written by movrec"));
  c10::impl::GenericDict dict(c10::StringType::get(), c10::AnyType::get());
  dict.insert("epoch", 3);
  dict.insert("loss", 0.5);
  const std::vector<char> foreign = torch::jit::pickle_save(dict);
  write_file_atomically(path_, std::string_view(foreign.data(), foreign.size()));
  EXPECT_THAT(error_of(path_), HasSubstr("it holds no movrec format number"));
}

TEST_F(CheckpointFile, IsRefusedWhenNewer) {
  c10::impl::GenericDict dict(c10::StringType::get(), c10::AnyType::get());
  dict.insert("movrec_format", std::int64_t{Checkpoint::kFormat + 1});
  dict.insert("meta", "{}");
  const std::vector<char> newer = torch::jit::pickle_save(dict);
  write_file_atomically(path_, std::string_view(newer.data(), newer.size()));
  EXPECT_THAT(
      error_of(path_),
      HasSubstr(
          "it was written by a newer movrec | its format is 4, this program knows up to 3 | update movrec"));
}

/// The file's content, changed and saved again with a right digest.
std::string rewritten(const std::string& content,
                      const std::function<void(movrec::CheckpointFile&)>& change) {
  movrec::CheckpointFile file = read_checkpoint(content);
  change(file);
  std::ostringstream out;
  write_checkpoint(out, file.meta, file.ids, file.model, file.trainer, file.added);
  return out.str();
}

// Torture 16: all of these were accepted, or ended with another exit code or with a library's words.
TEST_F(CheckpointFile, IsRefusedWhenItSaysWhatNobodySays) {
  const auto error_after = [&](const std::function<void(movrec::CheckpointFile&)>& change) {
    write_file_atomically(path_, rewritten(content_, change));
    return error_of(path_);
  };
  const auto array = [](std::vector<std::int32_t> values) {
    return StateArray::of(std::span<const std::int32_t>(values), {std::ssize(values)});
  };
  EXPECT_EQ(error_after([](movrec::CheckpointFile&) {}), "no error");
  EXPECT_THAT(error_after([](movrec::CheckpointFile& file) { file.meta["algorithm"] = "nmf"; }),
              HasSubstr("its model is 'nmf', which this program does not know | update movrec"));
  EXPECT_THAT(
      error_after([](movrec::CheckpointFile& file) { file.meta["state_version"] = 99; }),
      HasSubstr("it was written by a newer movrec | its bias model is of version 99, this program knows "
                "up to 1 | update movrec"));
  EXPECT_THAT(error_after([](movrec::CheckpointFile& file) { file.meta["state_version"] = 0; }),
              HasSubstr("damaged"));
  EXPECT_THAT(error_after([](movrec::CheckpointFile& file) { file.meta.erase("state_version"); }),
              HasSubstr("damaged"));
  EXPECT_THAT(error_after([](movrec::CheckpointFile& file) { file.meta["colour"] = "red"; }),
              HasSubstr("it holds 'colour', which this program does not know"));
  for (const char* options : {"options", "data", "split"})
    EXPECT_THAT(error_after([&](movrec::CheckpointFile& file) { file.meta[options]["colour"] = "red"; }),
                HasSubstr("it holds 'colour', which this program does not know"));
  for (const nlohmann::json& wrong : {nlohmann::json(-1), nlohmann::json(1e300), nlohmann::json("many"),
                                      nlohmann::json(nullptr), nlohmann::json(1LL << 40)})
    for (const char* count : {"n_users", "n_items", "epoch"})
      EXPECT_THAT(error_after([&](movrec::CheckpointFile& file) { file.meta[count] = wrong; }),
                  HasSubstr("damaged"))
          << count;
  for (const nlohmann::json& wrong : {nlohmann::json{1}, nlohmann::json{5, 1}, nlohmann::json("5")})
    EXPECT_THAT(error_after([&](movrec::CheckpointFile& file) { file.meta["stars"] = wrong; }),
                HasSubstr("damaged"));
  EXPECT_THAT(error_after([&](movrec::CheckpointFile& file) {
                auto ids = file.ids.values<std::int32_t>("users", 60);
                std::vector<std::int32_t> swapped(ids.begin(), ids.end());
                std::swap(swapped[3], swapped[4]);
                file.ids.set("users", array(swapped));
              }),
              HasSubstr("its users are not in ascending order"));
  EXPECT_THAT(error_after([&](movrec::CheckpointFile& file) {
                file.ids.set("users", array({1, 2, 3}));
              }),
              HasSubstr("array 'users' of the checkpoint has 3 elements, expected 60"));
}

// `members` nested 20,000 deep exhausted the stack.
TEST_F(CheckpointFile, IsRefusedWhenBlendsAreNestedDeeply) {
  write_file_atomically(
      path_, rewritten(content_, [](movrec::CheckpointFile& file) {
        nlohmann::json spec;
        for (const char* key : {"algorithm", "state_version", "options", "n_users", "n_items", "stars"})
          spec[key] = file.meta[key];
        spec["algorithm"] = "blend";
        nlohmann::json nested = spec;
        for (int depth = 0; depth < 10; ++depth) {
          nlohmann::json outer = spec;
          outer["members"] = nlohmann::json::array({nested});
          nested = std::move(outer);
        }
        file.meta["algorithm"] = "blend";
        file.meta["members"] = nlohmann::json::array({nested});
      }));
  EXPECT_THAT(error_of(path_), HasSubstr("blends of blends, more than 4 deep"));
}

TEST_F(CheckpointFile, IsRefusedWhenAnArrayIsNotWhatItsModelExpects) {
  const auto error_after = [&](const char* name, const StateArray& array) {
    Checkpoint checkpoint = load_checkpoint(path_);
    checkpoint.model.set(name, array);
    try {
      load_model(checkpoint);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
      return error.message();
    }
    return std::string("no error");
  };
  const std::vector<double> doubles(60);
  const std::vector<float> floats(59);
  EXPECT_THAT(error_after("user", StateArray::of(std::span(doubles), {60})), HasSubstr("wrong type"));
  EXPECT_THAT(error_after("user", StateArray::of(std::span(floats), {59})),
              HasSubstr("59 elements, expected 60"));
}

// A FIFO was waited for, a link that names itself ended with exit code 1.
TEST_F(CheckpointFile, IsRefusedWhenItIsNoFile) {
  const std::filesystem::path fifo = path_.parent_path() / "fifo.pt", loop = path_.parent_path() / "loop.pt";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::filesystem::create_symlink(loop, loop);
  EXPECT_THAT(error_of(fifo), HasSubstr("fifo.pt is not a usable checkpoint | it is not a regular file"));
  EXPECT_THAT(error_of("/dev/zero"), HasSubstr("it is not a regular file"));
  EXPECT_THAT(error_of(path_.parent_path()), HasSubstr("it is not a regular file"));
  EXPECT_THAT(error_of(loop), HasSubstr("loop.pt: Too many levels of symbolic links"));
  EXPECT_THAT(error_of(std::string(5000, 'x')), HasSubstr("File name too long"));
}

TEST_F(CheckpointFile, IsNamedWhenMissing) {
  EXPECT_THAT(error_of(path_.parent_path() / "none.pt"), HasSubstr("none.pt: No such file"));
}

}  // namespace
