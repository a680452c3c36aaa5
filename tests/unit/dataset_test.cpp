#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/data/dataset.hpp"
#include "support/error_of.hpp"
#include "support/small_data.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using movrec::test::TempDir;
using movrec::test::write_text;
using movrec::test::write_zip;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::vector<int> numbers(const auto& ids) {
  std::vector<int> out;
  for (const auto idx : ids) out.push_back(number(idx));
  return out;
}
std::vector<std::string> spelt(const auto& map) {
  std::vector<std::string> out;
  for (const auto& id : map.ids()) out.push_back(id.text);
  return out;
}

Dataset load(const std::filesystem::path& path) {
  DataOptions options;
  options.data = path.string();
  return load_dataset(options, {});
}

class LoadDataset : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    write_text(folder_ / name, text);
    return folder_ / name;
  }
  TempDir folder_;
};

TEST_F(LoadDataset, NumbersUsersAndItemsByAscendingRawId) {
  const Dataset dataset = load(write("r.csv", "900000000,7,5,30\n2,70,3,10\n2,7,4,20\n64,63,1,5\n"));
  EXPECT_EQ(dataset.name, "r.csv");
  EXPECT_EQ(dataset.source, (folder_ / "r.csv").string());
  EXPECT_THAT(spelt(dataset.users), ElementsAre("2", "64", "900000000"));
  EXPECT_THAT(spelt(dataset.items), ElementsAre("7", "63", "70"));
  EXPECT_THAT(numbers(dataset.ratings.users), ElementsAre(2, 0, 0, 1));  // rows as in the file
  EXPECT_THAT(numbers(dataset.ratings.items), ElementsAre(0, 2, 0, 1));
  EXPECT_THAT(dataset.ratings.times, ElementsAre(30, 10, 20, 5));
  EXPECT_EQ(dataset.ratings.n_users, 3);
  EXPECT_EQ(dataset.ratings.n_items, 3);
  EXPECT_THAT(dataset.catalog.titles, ElementsAre("item 7", "item 63", "item 70"));
  EXPECT_TRUE(dataset.user_features.empty());
  EXPECT_FALSE(dataset.predefined_test_begin.has_value());
}

TEST_F(LoadDataset, ChecksumIsOfTheRawColumns) {
  const Dataset dataset = load(write("a.csv", "1,7,5,30\n2,70,3,10\n"));
  const std::int32_t users[] = {1, 2}, items[] = {7, 70};
  const float stars[] = {5, 3};
  const std::int64_t times[] = {30, 10};
  std::string bytes(reinterpret_cast<const char*>(users), sizeof users);
  bytes.append(reinterpret_cast<const char*>(items), sizeof items);
  bytes.append(reinterpret_cast<const char*>(stars), sizeof stars);
  bytes.append(reinterpret_cast<const char*>(times), sizeof times);
  EXPECT_EQ(dataset.checksum, sha256_hex(bytes));
  EXPECT_EQ(load(write("b.dat", "1::7::5::30\r\n2::70::3::10")).checksum, dataset.checksum);
  EXPECT_NE(load(write("c.csv", "2,70,3,10\n1,7,5,30\n")).checksum, dataset.checksum);
}

TEST_F(LoadDataset, StarScaleIsMovieLensOrWhatWasObserved) {
  const auto scale = [&](const std::string& name, const std::string& text, bool whole_folder) {
    const auto path = write(name, text);
    const StarScale stars = load(whole_folder ? path.parent_path() : path).stars;
    return std::pair(stars.min, stars.max);
  };
  EXPECT_EQ(scale("a/ratings.dat", "1::2::4::5\n1::3::2::5\n", true), std::pair(1.F, 5.F));
  EXPECT_EQ(scale("b/ratings.dat", "1::2::3.5::5\n1::3::2::5\n", true), std::pair(0.5F, 5.F));
  EXPECT_EQ(scale("c/ratings.dat", "1::2::10::5\n1::3::2::5\n", true), std::pair(2.F, 10.F));
  EXPECT_EQ(scale("d/r.csv", "1,2,4,5\n1,3,2,5\n", false), std::pair(2.F, 4.F));
}

TEST_F(LoadDataset, FolderZipAndFileAreTheSame) {
  const Dataset small = test::small_dataset();
  const auto folder = test::write_ml_folder(folder_ / "mine", small);
  std::vector<test::ZipEntry> entries;
  for (const char* name : {"ratings.dat", "movies.dat", "users.dat"}) {
    std::ifstream file(folder / name, std::ios::binary);
    entries.push_back(
        {.name = std::string("mine/") + name, .content = {std::istreambuf_iterator<char>(file), {}}});
  }
  write_zip(folder_ / "mine.zip", entries);
  for (const auto& path : {folder, folder_ / "mine.zip", folder / "ratings.dat"}) {
    SCOPED_TRACE(path);
    const Dataset dataset = load(path);
    EXPECT_EQ(dataset.name, path == folder / "ratings.dat" ? "ratings.dat" : "mine");
    EXPECT_EQ(dataset.checksum, small.checksum);
    EXPECT_EQ(dataset.ratings.users, small.ratings.users);
    EXPECT_EQ(dataset.ratings.items, small.ratings.items);
    EXPECT_EQ(dataset.users, small.users);
    EXPECT_EQ(dataset.items, small.items);
    EXPECT_EQ(dataset.catalog.titles, small.catalog.titles);
    EXPECT_EQ(dataset.catalog.years, small.catalog.years);
    EXPECT_EQ(dataset.catalog.genres(ItemIdx{3}).size(), small.catalog.genres(ItemIdx{3}).size());
    EXPECT_EQ(dataset.user_features.ages, small.user_features.ages);
    EXPECT_EQ(dataset.user_features.occupations, small.user_features.occupations);
    EXPECT_EQ(dataset.user_features.zips, small.user_features.zips);
  }
  EXPECT_EQ(load(folder_ / "mine/").name, "mine");
}

TEST_F(LoadDataset, FoldIsTheReleasesOwnTrainAndTestFile) {
  write("k/u.data", "1\t1\t5\t1\n");
  write("k/u2.base", "1\t1\t5\t1\n3\t1\t4\t1\n");
  write("k/u2.test", "2\t9\t3\t1\n");
  DataOptions options;
  options.data = (folder_ / "k").string();
  options.fold = "u2";
  const Dataset dataset = load_dataset(options, {});
  EXPECT_EQ(dataset.predefined_test_begin, 2U);
  EXPECT_THAT(dataset.ratings.stars, ElementsAre(5, 4, 3));
  EXPECT_THAT(spelt(dataset.users), ElementsAre("1", "2", "3"));
  EXPECT_THAT(spelt(dataset.items), ElementsAre("1", "9"));

  options.fold = "ua";
  const Error error = error_of([&] { load_dataset(options, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_EQ(error.message(), "‹fold› ua: the data set has no ua.base and ua.test");
}

TEST_F(LoadDataset, TrainAndTestFileOfTheUser) {
  DataOptions options;
  options.train_file = write("x/mine_train.csv", "user,item,rating\n1,4,5\n3,4,4\n").string();
  options.test_file = write("y/mine_test.csv", "2\t9\t3\n").string();
  write("x/movies.csv", "movieId,title,genres\n9,\"Nine, The (2001)\",War\n");
  const Dataset dataset = load_dataset(options, {});
  EXPECT_EQ(dataset.name, "mine_train.csv");
  EXPECT_EQ(dataset.predefined_test_begin, 2U);
  EXPECT_THAT(dataset.ratings.stars, ElementsAre(5, 4, 3));
  EXPECT_THAT(dataset.ratings.times, IsEmpty());
  EXPECT_THAT(dataset.catalog.titles, ElementsAre("item 4", "Nine, The (2001)"));
}

TEST_F(LoadDataset, RefusesOptionsThatContradict) {
  const auto message = [](const std::function<void(DataOptions&)>& set) {
    DataOptions options;
    set(options);
    const Error error = error_of([&] { load_dataset(options, {}); });
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.message();
  };
  EXPECT_THAT(message([](DataOptions& o) { o.train_file = "a"; }), HasSubstr("‹test-file› is missing"));
  EXPECT_EQ(message([](DataOptions& o) { o.dataset = "synthetic", o.missing = {"3"}; }),
            "‹missing›: the synthetic data set has no file");
  EXPECT_THAT(message([](DataOptions& o) { o.test_file = "a"; }), HasSubstr("‹train-file› is missing"));
  EXPECT_THAT(message([](DataOptions& o) { o.train_file = o.test_file = "a", o.fold = "u1"; }),
              HasSubstr("give one of them"));
  EXPECT_EQ(message([](DataOptions& o) { o.dataset = "synthetic", o.fold = "u1"; }),
            "‹fold› u1: the synthetic data set has no folds");
  EXPECT_THAT(message([](DataOptions& o) { o.dataset = "synthetic", o.columns = "user"; }),
              HasSubstr("‹columns›"));
}

TEST_F(LoadDataset, SaysWhatIsWrongWithAPath) {
  EXPECT_EQ(error_of([&] { load(folder_ / "no.csv"); }).message(),
            "cannot read " + (folder_ / "no.csv").string() + ": No such file or directory");
  write("e/readme.txt", "x");
  const Error error = error_of([&] { load(folder_ / "e"); });
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_THAT(error.message(),
              HasSubstr("holds no ratings file (u.data, ratings.dat, ratings.csv, ratings_small.csv)"));
  EXPECT_EQ(error.why(), "it holds readme.txt");
  EXPECT_THAT(error_of([&] { load(write("empty.csv", "")); }).message(), HasSubstr("empty.csv is empty"));
  EXPECT_THAT(
      error_of([&] { load(write("f/ratings.dat", "1::2::3::4\n1::2::nan::4\n").parent_path()); }).message(),
      HasSubstr("ratings.dat:2: expected a rating in numbers, found '1::2::nan::4'"));
}

TEST_F(LoadDataset, CountsSkippedLinesOfAllFiles) {
  DataOptions options;
  options.data = write("g/ratings.dat", "1::2::3::4\nbad\n").parent_path().string();
  write("g/movies.dat", "2::A (1999)::War\nbad\n");
  options.skip_bad_lines = true;
  const Dataset dataset = load_dataset(options, {});
  EXPECT_EQ(dataset.n_skipped_lines, 2U);
  EXPECT_EQ(dataset.ratings.size(), 1U);
  EXPECT_EQ(dataset.catalog.title(ItemIdx{0}), "A (1999)");
}

TEST_F(LoadDataset, KaggleSmallFileIsFoundWhereTheLargeOneIsNot) {
  write("h/ratings_small.csv", "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n");
  EXPECT_THAT(load(folder_ / "h").ratings.stars, ElementsAre(2.5F));
  write("h/ratings.csv", "userId,movieId,rating,timestamp\n1,110,1.0,1425941529\n");
  EXPECT_THAT(load(folder_ / "h").ratings.stars, ElementsAre(1.F));
}

TEST_F(LoadDataset, IdsThatAreFarBetweenTakeNoMemory) {
  const Dataset dataset = load(write("r.csv", "2147483647,5,4\n1,2147483646,3\n1,5,2\n"));
  EXPECT_THAT(spelt(dataset.users), ElementsAre("1", "2147483647"));
  EXPECT_THAT(spelt(dataset.items), ElementsAre("5", "2147483646"));
  EXPECT_THAT(numbers(dataset.ratings.users), ElementsAre(1, 0, 0));
  EXPECT_THAT(numbers(dataset.ratings.items), ElementsAre(0, 1, 0));
}

TEST_F(LoadDataset, APathThatNoCheckpointCouldNameIsRefused) {
  const std::filesystem::path path = write("r\xFF.csv", "1,1,5\n");
  const Error error = error_of([&] { load(path); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.message(), HasSubstr("r\\xff.csv' is not valid UTF-8"));
}

}  // namespace
