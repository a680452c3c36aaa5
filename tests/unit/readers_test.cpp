#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/catalog_reader.hpp"
#include "data/ratings_reader.hpp"
#include "data/users_reader.hpp"
#include "movrec/core/error.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using movrec::test::TempDir;
using movrec::test::write_text;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

RawRatings read(std::string_view text, std::string_view columns = "", StarScale allowed = kAnyStars) {
  BadLines bad_lines(false);
  RawRatings ratings;
  read_ratings(text, "R", {.columns = std::string(columns), .allowed = allowed}, bad_lines, ratings);
  return ratings;
}

/// The ids of a column.
std::vector<std::string> spelt(const IdInterner& interner, const auto& places) {
  const IdInterner::Sorted sorted = interner.sorted();
  std::vector<std::string> out;
  for (const auto place : places)
    out.push_back(sorted.ids.spelling(static_cast<std::size_t>(sorted.rank[index(place)])));
  return out;
}
std::vector<std::string> users(const RawRatings& ratings) {
  return spelt(ratings.user_ids, ratings.users);
}
std::vector<std::string> items(const RawRatings& ratings) {
  return spelt(ratings.item_ids, ratings.items);
}

std::string message_of(std::string_view text, std::string_view columns = "", StarScale allowed = kAnyStars) {
  return error_of([&] { read(text, columns, allowed); }).message();
}

void expect_two_ratings(const RawRatings& ratings) {
  EXPECT_THAT(users(ratings), ElementsAre("7", "1"));
  EXPECT_THAT(items(ratings), ElementsAre("31", "1029"));
  EXPECT_THAT(ratings.stars, ElementsAre(2.5F, 3));
  EXPECT_THAT(ratings.times, ElementsAre(1260759144, 5));
}

TEST(ReadRatings, KnowsTheSeparatorsOfAllLayouts) {
  expect_two_ratings(read("7::31::2.5::1260759144\n1::1029::3::5\n"));
  expect_two_ratings(read("7\t31\t2.5\t1260759144\n1\t1029\t3\t5\n"));
  expect_two_ratings(read("7;31;2.5;1260759144\n1;1029;3;5\n"));
  expect_two_ratings(read("7,31,2.5,1260759144\n1,1029,3.0,5\n"));
}

TEST(ReadRatings, FindsColumnsByTheHeader) {
  expect_two_ratings(read("userId,movieId,rating,timestamp\n7,31,2.5,1260759144\n1,1029,3.0,5\n"));
  expect_two_ratings(
      read("time\tUser ID\tcomment\tstars\titem_id\n1260759144\t7\t\t2.5\t31\n5\t1\tx\t3\t1029\n"));
  expect_two_ratings(
      read("\"userId\",\"movieId\",\"note\",\"rating\",\"timestamp\"\n7,31,\"a, \"\"b\"\"\",2.5,1260759144\n"
           "\"1\",1029,\"two\nlines\",3,5\n"));
}

TEST(ReadRatings, FindsColumnsByTheOption) {
  expect_two_ratings(read("31,2.5,7,1260759144\n1029,3,1,5\n", "item,rating,user,time"));
  expect_two_ratings(read("x,31,2.5,7,1260759144\ny,1029,3,1,5\n", "-, item, rating, user, time"));
  expect_two_ratings(read("when;what;who;how\n1260759144;31;7;2.5\n5;1029;1;3\n", "who,what,how,when"));
  // A header with the roles' own names is followed, whatever the order of the words.
  expect_two_ratings(
      read("item,user,time,rating\n31,7,1260759144,2.5\n1029,1,5,3\n", "user,item,rating,time"));
  // Words that the header does not have stand for the columns in order.
  expect_two_ratings(read("a,b,c,d\n7,31,2.5,1260759144\n1,1029,3,5\n", "user,item,rating,time"));
  EXPECT_THAT(read("7,31,2.5,1\n", "user,item,rating").times, IsEmpty());
}

TEST(ReadRatings, RefusesColumnsThatDoNotFit) {
  EXPECT_EQ(message_of("1,2,3\n", "user,rating"), "‹columns› user,rating: no column is named 'item'");
  EXPECT_EQ(message_of("1,2,3\n", "user,item,rating,time"),
            "‹columns› user,item,rating,time: 4 columns, but R has 3");
  EXPECT_EQ(message_of("1,2,3\n", "user,user,rating"),
            "‹columns› user,user,rating: the column 'user' is named twice");
  EXPECT_THAT(message_of("a,b,c\n1,2,3\n", "a,b,d"), HasSubstr("expected columns of R"));
  EXPECT_EQ(error_of([] { read("1,2,3\n", "user,rating"); }).kind(), ErrorKind::usage);
  EXPECT_EQ(message_of("a,b,c\n1,2,3\n"), "R:1: no column is named 'user' or alike, found 'a,b,c'");
}

TEST(ReadRatings, TakesAnyLineEnd) {
  expect_two_ratings(read("7::31::2.5::1260759144\r\n1::1029::3::5\r\n"));
  expect_two_ratings(
      read("\xEF\xBB\xBF"
           "7::31::2.5::1260759144\n1::1029::3::5"));
  expect_two_ratings(read("\n7::31::2.5::1260759144\n1::1029::3::5\n\n\r\n\n"));
  expect_two_ratings(
      read("\xEF\xBB\xBFuserId,movieId,rating,timestamp\r\n\"7\",31,2.5,1260759144\r\n1,1029,3,5\r\n\r\n"));
}

TEST(ReadRatings, HasNoTimesWithThreeColumns) {
  const RawRatings ratings = read("1\t2\t3\n4\t5\t0\n");
  EXPECT_THAT(users(ratings), ElementsAre("1", "4"));
  EXPECT_THAT(ratings.times, IsEmpty());
}

TEST(ReadRatings, NamesFileLineAndFieldOfABadLine) {
  const std::string good = "1::2::3::4\n";
  EXPECT_EQ(message_of(good + "1::2::3\n"), "R:2: expected 4 fields separated by '::', found '1::2::3'");
  EXPECT_EQ(message_of(good + "1::2::3::4::5\n"),
            "R:2: expected 4 fields separated by '::', found '1::2::3::4::5'");
  EXPECT_EQ(message_of(good + "\n" + good + " ::2::3::4\n"), "R:4: expected a user's id, found ' ::2::3::4'");
  EXPECT_EQ(message_of(good + "1::::3::4\n"), "R:2: expected an item's id, found '1::::3::4'");
  EXPECT_THAT(items(read(good + "1::\xff::3::4\n")), ElementsAre("2", "ÿ")) << "latin-1";
  for (const char* stars : {"nan", "NaN", "inf", "-inf", "-1", "", "5.5", "0", "3x", "1e9", "0x3"})
    EXPECT_EQ(message_of(fmt::format("{}1::2::{}::4\n", good, stars), "", kMovieLensStars),
              fmt::format("R:2: expected stars from 0.5 to 5, found '1::2::{}::4'", stars));
  EXPECT_EQ(message_of(good + "1::2::many::4\n"), "R:2: expected a rating in numbers, found '1::2::many::4'");
  EXPECT_EQ(message_of(good + "1::2::3::yesterday\n"),
            "R:2: expected a time in seconds since 1970, up to the year 2100, found '1::2::3::yesterday'");
  EXPECT_EQ(message_of("userId,movieId,rating\n1,2,3\n\"1,2,3\n4,5,1\n"),
            "R:3: expected quotation marks that close, found '\"1,2,3'");
}

TEST(ReadRatings, TakesNumbersOfEverySpelling) {
  const RawRatings ratings = read(
      "2147483647::007::4.5::-5\n0::2147483647::4.0::4102444800\n123456789::1::3.50::1\n"
      "1::1::4e0::1\n1::1::3.7::000000000000000000001\n1::1::.5::1\n1::1::10::1\n");
  EXPECT_THAT(users(ratings), ElementsAre("2147483647", "0", "123456789", "1", "1", "1", "1"));
  EXPECT_THAT(items(ratings), ElementsAre("007", "2147483647", "1", "1", "1", "1", "1"));
  EXPECT_THAT(ratings.stars, ElementsAre(4.5F, 4, 3.5F, 4, 3.7F, 0.5F, 10));
  EXPECT_THAT(ratings.times, ElementsAre(-5, 4102444800, 1, 1, 1, 1, 1));
}

TEST(ReadRatings, RefusesFilesWithoutRatings) {
  EXPECT_EQ(message_of(""), "R is empty");
  EXPECT_EQ(message_of("\n\n"), "R is empty: expected ratings");
  EXPECT_EQ(message_of("userId,movieId,rating\n"), "R holds no ratings");
  EXPECT_THAT(message_of("<html>not a ratings file</html>\n"), HasSubstr("R is a web page, not the data"));
  EXPECT_EQ(error_of([] { read(""); }).kind(), ErrorKind::data);
}

TEST(ReadRatings, CountsBadLinesThatAreSkipped) {
  BadLines bad_lines(true);
  RawRatings ratings;
  read_ratings("7::31::2.5::1260759144\nbad\n1::2::nan::4\n1::1029::3::5\n1::1029::3::", "R", {}, bad_lines,
               ratings);
  expect_two_ratings(ratings);
  EXPECT_EQ(bad_lines.count(), 3U);
  // A line that is bad in its last field leaves nothing behind in any column.
  EXPECT_EQ(ratings.users.size(), 2U);
}

TEST(ReadRatings, AppendsASecondFile) {
  BadLines bad_lines(false);
  RawRatings ratings;
  read_ratings("7,31,2.5,1260759144\n", "A", {}, bad_lines, ratings);
  read_ratings("1\t1029\t3\t5\n", "B", {}, bad_lines, ratings);
  expect_two_ratings(ratings);
  const auto error = error_of([&] { read_ratings("1,2,3\n", "C", {}, bad_lines, ratings); });
  EXPECT_EQ(error.message(), "C: has no times, unlike the ratings before it");
}

TEST(ReadRatings, KeepsIdsAsTheyAreSpelt) {
  const RawRatings ratings =
      read("user-17@shop.example,SKU_242,4\n0003, 9223372036854775807 ,5\n3,\"a, b\",1\n");
  EXPECT_THAT(users(ratings), ElementsAre("user-17@shop.example", "0003", "3"));
  EXPECT_THAT(items(ratings), ElementsAre("SKU_242", "9223372036854775807", "a, b"));
  EXPECT_THAT(ratings.stars, ElementsAre(4, 5, 1));
}

TEST(ReadRatings, TakesAnySeparator) {
  for (const char* separator : {"|", "^", "~", "\x01", "#", "!", "$"}) {
    std::string text;
    for (const char* line : {"7@31@2.5@1260759144\n", "1@1029@3@5\n"})
      for (const char* c = line; *c != 0; ++c) text += *c == '@' ? separator : std::string(1, *c);
    expect_two_ratings(read(text));
  }
  expect_two_ratings(read("7 31  2.5 1260759144\n  1 1029 3 \t 5 \n"));
  expect_two_ratings(read("7, 31, 2.5, 1260759144\n1, 1029, 3.0, 5\n"));
  expect_two_ratings(read("sep=;\n7;31;2,5;1260759144\n1;1029;3;5\n"));
  expect_two_ratings(read("# user item stars time\n7 31 2.5 1260759144\n1 1029 3 5\n"));
}

TEST(ReadRatings, KnowsTheNamesOfColumnsThatPeopleUse) {
  for (const char* header :
       {"customer_id,sku,stars,date", "reviewerID,asin,overall,unixReviewTime",
        "user_id:token,item_id:token,rating:float,timestamp:float", "Uid,ISBN,Book-Rating,time",
        "\"User-ID\",\"anime_id\",\"score\",\"created_at\""})
    expect_two_ratings(read(std::string(header) + "\n7,31,2.5,1260759144\n1,1029,3,5\n"));
  expect_two_ratings(
      read("title,asin,parent_asin,user_id,rating,timestamp\nx,9,31,7,2.5,1260759144\ny,9,1029,1,3,5\n"));
  // Of Google Local, where the name is the reviewer's.
  expect_two_ratings(read("user_id,name,time,rating,gmap_id\n7,Ann,1260759144,2.5,31\n1,Bob,5,3,1029\n"));
}

TEST(ReadRatings, RefusesAHeaderThatNamesColumnsBeyondTheLines) {
  EXPECT_EQ(message_of("userId,movieId,rating,timestamp\n1,2\n3,4\n5,6\n"),
            "R:1: column 3 is the rating, but most lines have 2 fields, found "
            "'userId,movieId,rating,timestamp'");
}

TEST(ReadRatings, ALineLongerThanTheHeaderIsNoRepetitionOfIt) {
  BadLines bad_lines(true);
  RawRatings ratings;
  read_ratings("user,item\nuser,item,5\n1,2,3\n", "R", {}, bad_lines, ratings);
  EXPECT_THAT(users(ratings), ElementsAre("user", "1"));
  EXPECT_EQ(bad_lines.count(), 1U) << "the header";
}

TEST(ReadRatings, AHeaderMayNameFewerColumnsThanTheLinesHave) {
  BadLines bad_lines(true);
  RawRatings ratings;
  const ReadReport report =
      read_ratings("name\n1,2,3\n2,3,4\n", "R", {.columns = "user=1,item=2,rating=3"}, bad_lines, ratings);
  EXPECT_THAT(report.columns, ElementsAre("user=name", "item=column 2", "rating=column 3"));
}

TEST(ReadRatings, RefusesASeparatorThatSeparatesNothing) {
  EXPECT_THAT(message_of("sep=;\n1,2,3\n"),
              HasSubstr("R:2: expected a user, an item and a rating with a separator"));
}

TEST(ReadRatings, TakesPairsWithNamesForTheColumns) {
  expect_two_ratings(read("who,what,how,when\n7,31,2.5,1260759144\n1,1029,3,5\n",
                          "user=who,item=what,rating=how,time=when"));
  expect_two_ratings(read("x,31,2.5,7,1260759144\ny,1029,3,1,5\n", "user=4,item=2,rating=3,time=5"));
  EXPECT_EQ(message_of("a,b,c\nx,y,1\n", "user=a,item=q"), "‹columns› user=a,item=q: R has no column 'q'");
  EXPECT_EQ(message_of("1,2,3\n", "user=1,item=4"), "‹columns› user=1,item=4: R has no column '4'");
  EXPECT_EQ(message_of("1,2,3\n", "user=1,who=2"), "‹columns› user=1,who=2: cannot read 'who=2'");
  EXPECT_EQ(message_of("1,2,3\n", "user=1,user=2"),
            "‹columns› user=1,user=2: the column 'user' is named twice");
  EXPECT_THAT(read("user,item,rating,time\n1,2,3,4\n", "time=-").times, IsEmpty());
}

TEST(ReadRatings, TakesPairsWithoutARating) {
  for (const char* text :
       {"u1,i1\nu2,i2\n", "user,item\nu1,i1\nu2,i2\n", "user\titem\ttime\nu1\ti1\t5\nu2\ti2\t6\n"}) {
    BadLines bad_lines(false);
    RawRatings ratings;
    const ReadReport report = read_ratings(text, "R", {}, bad_lines, ratings);
    EXPECT_EQ(report.feedback, Feedback::seen) << text;
    EXPECT_THAT(users(ratings), ElementsAre("u1", "u2")) << text;
    EXPECT_THAT(ratings.stars, ElementsAre(1, 1)) << text;
  }
}

TEST(ReadRatings, RefusesToGuessWhichOfManyColumnsAreMeant) {
  const Error error = error_of([] { read("0,17,4,5,978300760\n1,17,9,3,978300761\n"); });
  EXPECT_THAT(error.message(),
              HasSubstr("R:1: 5 columns and no header: which are user, item, rating and time?"));
  EXPECT_THAT(error.remedy(), HasSubstr("‹columns› user=2,item=3"));
}

TEST(ReadRatings, AStrayMarkCostsItsLineAtMost) {
  const std::string head = "user,item,rating,comment\n", good = "7,31,2.5,fine\n";
  EXPECT_EQ(read(head + good + "1,1029,3,\"so so\n" + good + good).size(), 4U)
      << "the comment is not looked at";
  EXPECT_EQ(read(head + good + "1,1029,3,\"so so\n" + good + "2,9,1,\"again\n" + good).size(), 5U);
  EXPECT_EQ(read(head + good + "1,1029,3,\"two\nlines, and \"\"marks\"\"\"\n" + good).size(), 3U);
  EXPECT_EQ(message_of(head + good + "\"1,1029,3,x\n" + good),
            "R:3: expected quotation marks that close, found '\"1,1029,3,x'");
  const RawRatings tabs = read("user\titem\trating\n\"a\t1\t3\nb\"\t2\t4\n\"c\"\t3\t5\n");
  EXPECT_THAT(users(tabs), ElementsAre("\"a", "b\"", "c"))
      << "among tabs a mark means nothing, but around a field";
}

TEST(ReadRatings, KnowsDecimalCommasAndIdsWrittenAsFloats) {
  EXPECT_THAT(read("user;item;rating\n1;2;3,5\n2;3;4\n").stars, ElementsAre(3.5F, 4));
  EXPECT_THAT(read("1\t2\t3,5\n2\t3\t4,0\n").stars, ElementsAre(3.5F, 4));
  const RawRatings ratings = read("user,item,rating\n1.0,20.0,3\n2.0,30.0,4\n");
  EXPECT_THAT(users(ratings), ElementsAre("1", "2"));
  EXPECT_THAT(items(ratings), ElementsAre("20", "30"));
  EXPECT_THAT(items(read("1,v1.0,3\n2,v2.0,4\n")), ElementsAre("v1.0", "v2.0"));
}

TEST(ReadRatings, LeavesOutWhatIsNotRatedAndCountsIt) {
  BadLines bad_lines(false);
  RawRatings ratings;
  const ReadReport report =
      read_ratings("user,item,rating\na,1,99\na,2,-3.5\nuser,item,rating\nb,1,\nb,2,10\n", "R",
                   {.missing = {99}}, bad_lines, ratings);
  EXPECT_THAT(ratings.stars, ElementsAre(-3.5F, 10));
  EXPECT_EQ(report.n_missing, 2U);
  EXPECT_EQ(report.n_headers, 1U);
  EXPECT_THAT(report.columns, ElementsAre("user=user (text)", "item=item", "rating=rating"));
}

TEST(ReadRatings, TakesObjectsOfJson) {
  expect_two_ratings(
      read("{\"user\":\"7\",\"item\":31,\"rating\":2.5,\"timestamp\":1260759144}\n"
           "{\"item\":1029,\"note\":{\"a\":[1]},\"user\":\"1\",\"rating\":3,\"timestamp\":5}\n"));
  expect_two_ratings(
      read("[{\"uid\":7,\"sku\":31,\"stars\":2.5,\"time\":1260759144},\n "
           "{\"uid\":1,\"sku\":1029,\"stars\":3,\"time\":5}]\n"));
  expect_two_ratings(
      read("{'reviewerID': '7', 'asin': '31', 'overall': 2.5, 'unixReviewTime': 1260759144}\n"
           "{'reviewerID': '1', 'asin': '1029', 'overall': 3.0, 'unixReviewTime': 5}\n"));
  expect_two_ratings(
      read("{\"a\":7,\"b\":31,\"c\":2.5,\"d\":1260759144}\n{\"a\":1,\"b\":1029,\"c\":3,\"d\":5}\n",
           "user=a,item=b,rating=c,time=d"));
  EXPECT_THAT(message_of("{\"a\":7,\"b\":31}\n"), HasSubstr("R: no key is named 'user' or alike"));
}

TEST(Text, IsUtf8OrLatin1ByFile) {
  EXPECT_EQ(to_utf8("Mis\xE9rables, Les"), "Misérables, Les");
  EXPECT_EQ(to_utf8("Misérables, Les"), "Misérables, Les");
  EXPECT_EQ(to_utf8("\xEF\xBB\xBF"
                    "Amélie"),
            "Amélie");
  EXPECT_EQ(to_utf8("é \xE9"), "Ã© é");              // one stray byte makes the whole file latin-1
  EXPECT_EQ(to_utf8("\xC0\xAF"), "À¯");              // an overlong sequence is not UTF-8
  EXPECT_EQ(to_utf8("\xED\xA0\x80"), "í\xC2\xA0€");  // nor is a surrogate
  EXPECT_EQ(to_utf8("cut \xE2\x82"), "cut â‚");
  EXPECT_EQ(to_utf8("日本 𝄞"), "日本 𝄞");
}

TEST(Csv, FollowsRfc4180) {
  CsvRecords records("a,\"b, \"\"c\"\"\",\r\n\r\n\"two\nlines\",x\ny\"z,\"open", ',');
  std::vector<std::string> fields;
  ASSERT_TRUE(records.next(fields));
  EXPECT_THAT(fields, ElementsAre("a", "b, \"c\"", ""));
  ASSERT_TRUE(records.next(fields));
  EXPECT_THAT(fields, ElementsAre("two\nlines", "x"));
  EXPECT_EQ(records.number(), 3U);
  EXPECT_FALSE(records.unterminated());
  ASSERT_TRUE(records.next(fields));
  EXPECT_THAT(fields, ElementsAre("y\"z", "open"));
  EXPECT_EQ(records.number(), 5U);
  EXPECT_TRUE(records.unterminated());
  EXPECT_FALSE(records.next(fields));
}

/// The catalogue of ids 1 … 4 from files in a folder.
class Catalogs : public testing::Test {
 protected:
  Members members() const { return Members::beside(folder_ / "ratings"); }
  Catalog read() {
    BadLines bad_lines(false);
    return align_catalog(read_catalog(members(), bad_lines),
                         ItemMap({ItemId{1}, ItemId{2}, ItemId{3}, ItemId{4}}));
  }
  void write(const std::string& name, const std::string& text) { write_text(folder_ / name, text); }
  TempDir folder_;
};

TEST_F(Catalogs, MoviesDat) {
  write("movies.dat",
        "1::Mis\xE9rables, Les (1995)::Drama|Musical\r\n3::Babylon 5::\n9::Unrated (2000)::War\n4::A::B "
        "(1999)::Drama");
  const Catalog catalog = read();
  EXPECT_THAT(catalog.titles, ElementsAre("Misérables, Les (1995)", "item 2", "Babylon 5", "A::B (1999)"));
  EXPECT_THAT(catalog.years, ElementsAre(1995, 0, 0, 1999));
  EXPECT_THAT(catalog.genres(ItemIdx{0}), ElementsAre("Drama", "Musical"));
  EXPECT_THAT(catalog.genres(ItemIdx{1}), IsEmpty());
  EXPECT_THAT(catalog.genres(ItemIdx{2}), IsEmpty());
  EXPECT_THAT(catalog.genres(ItemIdx{3}), ElementsAre("Drama"));
}

TEST_F(Catalogs, UItem) {
  write("u.genre", "unknown|0\nAction|1\nWar|2\n\n");
  write("u.item", "2|Kolya (1996)|24-Jan-1997||http://x|0|1|1\n1|unknown||||1|0|0\n");
  const Catalog catalog = read();
  EXPECT_THAT(catalog.titles, ElementsAre("unknown", "Kolya (1996)", "item 3", "item 4"));
  EXPECT_THAT(catalog.genres(ItemIdx{0}), ElementsAre("unknown"));
  EXPECT_THAT(catalog.genres(ItemIdx{1}), ElementsAre("Action", "War"));
  EXPECT_EQ(catalog.year(ItemIdx{1}), 1996);
}

TEST_F(Catalogs, MoviesCsv) {
  write("movies.csv",
        "movieId,title,genres\n1,\"American President, The (1995)\",Comedy|Drama\n"
        "2,\"\"\"Great Performances\"\" Cats (1998)\",Musical\n3,Amélie (2001),(no genres listed)\n");
  const Catalog catalog = read();
  EXPECT_THAT(catalog.titles, ElementsAre("American President, The (1995)",
                                          "\"Great Performances\" Cats (1998)", "Amélie (2001)", "item 4"));
  EXPECT_THAT(catalog.years, ElementsAre(1995, 1998, 2001, 0));
  EXPECT_THAT(catalog.genres(ItemIdx{2}), IsEmpty());
}

TEST_F(Catalogs, KaggleMetadataIsJoinedByLinks) {
  write("movies_metadata.csv",
        "adult,genres,id,release_date,title\n"
        "False,\"[{'id': 16, 'name': 'Animation'}, {'id': 35, 'name': 'Comedy'}]\",862,1995-10-30,Toy Story\n"
        "False,[],8844,,\"Jumanji, the film\"\nshifted,1997-08-20\n");
  write("links.csv", "movieId,imdbId,tmdbId\n1,0114709,862\n2,0113497,8844\n3,1,\n");
  const Catalog catalog = read();
  EXPECT_THAT(catalog.titles, ElementsAre("Toy Story (1995)", "Jumanji, the film", "item 3", "item 4"));
  EXPECT_THAT(catalog.genres(ItemIdx{0}), ElementsAre("Animation", "Comedy"));
}

TEST_F(Catalogs, BadLinesAreErrorsWithFileAndLine) {
  write("movies.dat", "1::A::Drama\nno fields\n");
  EXPECT_THAT(error_of([&] { read(); }).message(),
              HasSubstr("movies.dat:2: expected ID::title::genres, found 'no fields'"));
  write("u.genre", "unknown|0\nAction|1\n");
  write("u.item", "1|A|||u|0|2\n");
  EXPECT_THAT(error_of([&] { read(); }).message(),
              HasSubstr("u.item:1: expected genre flags 0 or 1, found '1|A|||u|0|2'"));
  BadLines skipped(true);
  EXPECT_THAT(read_catalog(members(), skipped).items, IsEmpty());
  EXPECT_EQ(skipped.count(), 1U);
}

TEST(Catalog, YearIsTheLastOneInParentheses) {
  EXPECT_EQ(year_of_title("Toy Story (1995)"), 1995);
  EXPECT_EQ(year_of_title("Land Before Time III (1995) (V)"), 1995);
  EXPECT_EQ(year_of_title("(500) Days of Summer (2009)"), 2009);
  EXPECT_EQ(year_of_title("Big Bang Theory, The (2007-)"), 2007);
  EXPECT_EQ(year_of_title("Fawlty Towers (1975–1979)"), 1975);
  EXPECT_EQ(year_of_title("2001: A Space Odyssey"), 0);
  EXPECT_EQ(year_of_title("(19"), 0);
  EXPECT_EQ(year_of_title(""), 0);
}

TEST_F(Catalogs, UsersOf1MHaveTheNamesOfTheirOccupations) {
  write("users.dat", "3::F::1::10::48067\n9::M::25::0::1\n1::M::56::16::70072\n");
  BadLines bad_lines(false);
  const UserFeatures users = read_users(members(), UserMap({UserId{1}, UserId{2}, UserId{3}}), bad_lines);
  EXPECT_THAT(users.ages, ElementsAre(56, 0, 1));
  EXPECT_THAT(users.genders, ElementsAre('M', '?', 'F'));
  EXPECT_THAT(users.occupations, ElementsAre(16, -1, 10));
  EXPECT_THAT(users.zips, ElementsAre("70072", "", "48067"));
  EXPECT_EQ(users.occupation_names[16], "self-employed");
  EXPECT_EQ(users.occupation_names[10], "K-12 student");
  EXPECT_EQ(users.occupation_names.size(), 21U);
}

TEST_F(Catalogs, UsersOf100K) {
  write("u.occupation", "artist\nwriter\n");
  write("u.user", "1|24|M|writer|85711\n2|53|F|artist|V3N4P\n");
  BadLines bad_lines(false);
  const UserFeatures users = read_users(members(), UserMap({UserId{1}, UserId{2}}), bad_lines);
  EXPECT_THAT(users.ages, ElementsAre(24, 53));
  EXPECT_THAT(users.occupations, ElementsAre(1, 0));
  EXPECT_THAT(users.zips, ElementsAre("85711", "V3N4P"));

  write("u.user", "1|24|M|writer|85711\n2|53|F|poet|1\n");
  EXPECT_THAT(error_of([&] { read_users(members(), UserMap({UserId{1}}), bad_lines); }).message(),
              HasSubstr("u.user:2: expected an occupation of u.occupation, found '2|53|F|poet|1'"));
}

}  // namespace
