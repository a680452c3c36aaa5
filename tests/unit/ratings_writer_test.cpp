#include "movrec/report/ratings_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "movrec/core/error.hpp"
#include "support/small_data.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

Dataset read(const std::filesystem::path& path) {
  DataOptions options;
  options.data = path.string();
  return load_dataset(options, {});
}

Dataset from_text(const TempDir& dir, std::string_view text) {
  std::ofstream(dir / "in.csv") << text;
  return read(dir / "in.csv");
}

constexpr std::array<const char*, 5> kFiles{"out.csv", "out.dat", "out.tsv", "out.jsonl", "out.inter"};

TEST(RatingsWriter, WhatIsWrittenInAnyFormReadsAsTheSame) {
  const TempDir dir;
  const Dataset dataset = small_dataset();
  for (const char* name : kFiles) {
    std::ofstream out(dir / name);
    write_ratings(dataset, ratings_form_of(name), out);
    out.close();
    const Dataset again = read(dir / name);
    EXPECT_EQ(again.checksum, dataset.checksum) << name;
  }
}

TEST(RatingsWriter, IdsAreSpeltAsTheyWere) {
  const TempDir dir;
  const Dataset dataset = from_text(
      dir, "user,item,rating\n0003,\"a, b\",4.5\n3,\"say \"\"x\"\"\",1\n9223372036854775807,größe,2\n");
  for (const char* name : {"out.csv", "out.jsonl"}) {
    std::ofstream out(dir / name);
    write_ratings(dataset, ratings_form_of(name), out);
    out.close();
    EXPECT_EQ(read(dir / name).checksum, dataset.checksum) << name;
  }
  std::ostringstream out;
  try {
    write_ratings(from_text(dir, "user,item,rating\n1,a::b,4\n2,c,5\n"), "dat", out);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_THAT(error.message(), HasSubstr("'a::b' cannot stand in a file of form dat"));
  }
}

TEST(RatingsWriter, WhatIsOnlySeenHasNoRating) {
  const TempDir dir;
  const Dataset dataset = from_text(dir, "user,item,time\n1,5,10\n2,6,20\n");
  std::ostringstream out;
  write_ratings(dataset, "csv", out);
  EXPECT_EQ(out.str(), "userId,movieId,timestamp\n1,5,10\n2,6,20\n");
  EXPECT_THAT(head_text(dataset, 1), HasSubstr("1970-01-01 00:00:10"));
  EXPECT_THAT(head_json(dataset, 1), HasSubstr("\"ratings\": 2"));
}

TEST(RatingsWriter, AnUnknownEndingNamesTheForms) {
  try {
    ratings_form_of("ratings.xyz");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.remedy(), StartsWith("‹form› csv|dat|tsv|jsonl|recbole"));
  }
}

}  // namespace
