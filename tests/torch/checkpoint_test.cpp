#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/core/files.hpp"
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
  saved.spec.options.train.lr = 0.125;
  saved.spec.options.net.layers = {9, 8, 7};
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
  EXPECT_EQ(loaded.spec.options.train.lr, 0.125);
  EXPECT_EQ(loaded.spec.options.net.layers, (std::vector<std::int64_t>{9, 8, 7}));
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

/// The number that an older program looks at.
std::int64_t format_of(const std::filesystem::path& path) {
  const std::string content = read_file(path);
  const auto dict = torch::jit::pickle_load({content.begin(), content.end()}).toGenericDict();
  return dict.at("movrec_format").toInt();
}

TEST_F(CheckpointFile, HoldsAddedRatingsInANewerFormat) {
  EXPECT_EQ(format_of(path_), 1);
  Checkpoint saved = load_checkpoint(path_);
  EXPECT_TRUE(saved.added.stars.empty());
  saved.added = {{UserId{7}, UserId{99999}}, {ItemId{3}, ItemId{1}}, {4.5F, 1}};
  save_checkpoint(path_, saved);
  EXPECT_EQ(format_of(path_), 2);
  const Checkpoint loaded = load_checkpoint(path_);
  EXPECT_EQ(loaded.added.users, saved.added.users);
  EXPECT_EQ(loaded.added.items, saved.added.items);
  EXPECT_EQ(loaded.added.stars, saved.added.stars);
  EXPECT_EQ(loaded.users, saved.users);
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
          "it was written by a newer movrec | its format is 3, this program knows up to 2 | update movrec"));
}

TEST_F(CheckpointFile, IsNamedWhenMissing) {
  EXPECT_THAT(error_of(path_.parent_path() / "none.pt"), HasSubstr("none.pt: No such file"));
}

}  // namespace
