#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/field.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/random.hpp"
#include "movrec/core/state_dict.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

struct Options {
  int epochs = 20;
  double lr = 0.003;
  bool shuffle = true;
  std::string kind = "a";
  std::vector<std::int64_t> layers{64, 32};

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "epochs", .help = "", .min = 1, .max = 100}, self.epochs);
    visit(Field{.name = "lr", .help = "", .min = 0}, self.lr);
    visit(Field{.name = "shuffle", .help = ""}, self.shuffle);
    visit(Field{.name = "kind", .help = "", .choices = {"alpha", "beta", "a"}}, self.kind);
    visit(Field{.name = "layers", .help = "", .min = 1, .max = 4096}, self.layers);
  }
};

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message() + "|" + error.why() + "|" + error.remedy();
  }
  return "no error";
}

TEST(Field, RoundTripsEveryTypeThroughTextAndJson) {
  Options options;
  const OptionRefs refs = option_refs(options);
  set_from_text(refs[0], "7");
  set_from_text(refs[1], "0.1");
  set_from_text(refs[2], "false");
  set_from_text(refs[3], "beta");
  set_from_text(refs[4], "256, 128,64");
  EXPECT_EQ(options.epochs, 7);
  EXPECT_FALSE(options.shuffle);
  EXPECT_THAT(options.layers, ElementsAre(256, 128, 64));

  Options copy;
  options_from_json(copy, options_to_json(options));
  EXPECT_EQ(copy.lr, 0.1);
  EXPECT_EQ(copy.kind, "beta");
  EXPECT_THAT(copy.layers, ElementsAre(256, 128, 64));
  for (const OptionRef& ref : refs) {
    const std::string text = to_text(ref);
    set_from_text(ref, text);
    EXPECT_EQ(to_text(ref), text);
  }
}

TEST(Field, RefusesWhatIsOutOfRangeOrNotOfTheType) {
  Options options;
  const OptionRefs refs = option_refs(options);
  EXPECT_THAT(error_of([&] { set_from_text(refs[0], "0"); }),
              HasSubstr("‹epochs›: '0' is not allowed|expected a whole number from 1 to 100"));
  EXPECT_THAT(error_of([&] { set_from_text(refs[0], "1.5"); }), HasSubstr("not allowed"));
  EXPECT_THAT(error_of([&] { set_from_text(refs[1], "nan"); }), HasSubstr("not allowed"));
  EXPECT_THAT(error_of([&] { set_from_text(refs[3], "alpa"); }), HasSubstr("‹kind› alpha"));
  EXPECT_THAT(error_of([&] { set_from_text(refs[4], "128,,64"); }),
              HasSubstr("‹layers›: '128,,64' is not allowed"));
  EXPECT_THAT(error_of([&] { set_from_json(refs[0], nlohmann::json("x")); }), HasSubstr("not allowed"));
  EXPECT_THAT(error_of([&] { set_from_json(refs[3], nlohmann::json(3)); }), HasSubstr("not allowed"));
  EXPECT_EQ(options.epochs, 20);
}

TEST(Field, ListsMayHoldCommasBetweenOtherSeparators) {
  std::vector<std::string> titles;
  const OptionRef option{Field{.name = "like", .help = "", .separator = '\n'}, &titles};
  set_from_text(option, "Matrix, The (1999)\nHeat");
  EXPECT_THAT(titles, ElementsAre("Matrix, The (1999)", "Heat"));
  EXPECT_EQ(to_text(option), "Matrix, The (1999)\nHeat");
  set_from_json(option, nlohmann::json{"Heat", "Matrix, The"});
  EXPECT_THAT(titles, ElementsAre("Heat", "Matrix, The"));
}

TEST(Error, ContextGoesBeforeTheMessage) {
  EXPECT_EQ(
      error_of([] { in_context("ratings.dat:7", [] { fail(ErrorKind::data, "expected {} fields", 4); }); }),
      "ratings.dat:7: expected 4 fields||");
}

TEST(Error, ClosestKnowsTyposOnly) {
  const std::vector<std::string_view> names{"train", "recommend", "evaluate"};
  EXPECT_EQ(closest_of("trian", names), "train");
  EXPECT_EQ(closest_of("recomend", names), "recommend");
  EXPECT_EQ(closest_of("xyz", names), "");
}

TEST(Digest, EqualsPublishedVectors) {
  EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// Known answers of Random123's kat_vectors for philox4x32-10.
TEST(Random, PhiloxEqualsItsKnownAnswers) {
  EXPECT_THAT(philox4x32({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U));
  EXPECT_THAT(philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}),
              ElementsAre(0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU));
}

TEST(Random, NormalHasMeanZeroAndVarianceOne) {
  RandomStream random(3, 5);
  double sum = 0, squares = 0;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0, 0.015);
  EXPECT_NEAR(squares / n, 1, 0.02);
}

TEST(Random, PermutationHoldsEveryIndexOnceAndDependsOnTheStream) {
  auto a = random_permutation(1000, 1, 1);
  EXPECT_NE(a, random_permutation(1000, 1, 2));
  EXPECT_EQ(a, random_permutation(1000, 1, 1));
  std::sort(a.begin(), a.end());
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(a[i], i);
}

TEST(Files, AFailedAtomicWriteLeavesTheOldFileAndNoTemporary) {
  const auto folder = std::filesystem::temp_directory_path() / "movrec-files-test";
  std::filesystem::remove_all(folder);
  make_directories(folder);
  write_file_atomically(folder / "a", "old");
  EXPECT_THROW(write_stream_atomically(folder / "a",
                                       [](std::ostream& out) {
                                         out << "half" << std::flush;
                                         fail(ErrorKind::failure, "disk full");
                                       }),
               Error);
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_THAT(error_of([&] { write_file_atomically(folder / "none" / "b", "x"); }),
              HasSubstr("No such file"));
  EXPECT_EQ(MappedFile(folder / "a").text(), "old");
  const std::string pages(50'000, 'x');
  write_file_atomically(folder / "a", pages);
  const MappedFile mapped(folder / "a");
  mapped.forget(5'000, 20'000);
  mapped.forget(20'000, 90'000);
  EXPECT_EQ(mapped.text(), pages);
  std::filesystem::remove_all(folder);
}

TEST(Files, AStreamIsWrittenWholeOrNotAtAll) {
  const auto folder = std::filesystem::temp_directory_path() / "movrec-streams-test";
  std::filesystem::remove_all(folder);
  make_directories(folder);
  write_stream_atomically(folder / "a", [](std::ostream& out) { out << "one\n" << 2; });
  EXPECT_EQ(read_file(folder / "a"), "one\n2");
  EXPECT_THAT(error_of([&] {
                write_stream_atomically(folder / "a", [](std::ostream& out) {
                  out << "half";
                  out.setstate(std::ios::badbit);  // as a full disk does
                });
              }),
              HasSubstr("cannot write " + (folder / "a").string()));
  EXPECT_EQ(read_file(folder / "a"), "one\n2");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_THAT(error_of([&] { write_stream_atomically(folder / "none" / "b", [](std::ostream&) {}); }),
              HasSubstr("No such file"));
  std::filesystem::remove_all(folder);
}

TEST(Files, AFullDiskIsOneClearError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  EXPECT_THAT(error_of([] { append_line("/dev/full", "x"); }), HasSubstr("No space left on device"));
}

TEST(StateDict, ChecksTypeAndSize) {
  StateDict state;
  const std::vector<float> values{1, 2, 3};
  state.set("w", StateArray::of(std::span(values), {3}));
  EXPECT_THAT(state.values<float>("w", 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(error_of([&] { state.values<float>("w", 4); }), HasSubstr("has 3 elements, expected 4"));
  EXPECT_THAT(error_of([&] { state.values<double>("w", 3); }), HasSubstr("wrong type"));
  EXPECT_THAT(error_of([&] { state.get("v"); }), HasSubstr("no array 'v'"));
}

TEST(Progress, FormatsNumbersForPeople) {
  EXPECT_EQ(format_count(1000209), "1,000,209");
  EXPECT_EQ(format_count(-1234), "-1,234");
  EXPECT_EQ(format_count(12), "12");
  EXPECT_EQ(format_duration(6.2), "0:07");
  EXPECT_EQ(format_duration(3723), "1:02:03");
}

}  // namespace
