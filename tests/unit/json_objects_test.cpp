#include "data/json_objects.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "movrec/core/error.hpp"
#include "support/error_of.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

using Rows = std::vector<std::vector<std::string>>;

struct Read {
  Rows rows;
  std::vector<std::size_t> numbers;
  std::vector<std::string> faults;
  std::string what;
};

Read read(std::string_view text, const std::vector<std::string>& keys) {
  TextBlocks blocks(text, "R");
  TextBlock block;
  Read out;
  std::optional<JsonObjects> objects;
  while (blocks.next(block)) {
    if (!objects) objects.emplace(block, keys, "R");
    objects->begin(block);
    while (objects->next()) {
      out.numbers.push_back(objects->number());
      out.faults.emplace_back(objects->fault());
      if (objects->fault().empty()) out.rows.emplace_back(objects->values().begin(), objects->values().end());
    }
    objects->end(blocks);
  }
  out.what = objects->what();
  return out;
}

Error error_of(std::string_view text) {
  return test::error_of([&] { read(text, {"a"}); });
}

std::vector<std::string> keys_of(std::string_view text) {
  return json_keys({text, 1}, "R");
}

TEST(JsonObjects, ReadLines) {
  const Read lines = read(
      "{\"u\": \"A1\", \"i\":\"0003\",\"r\":5.0, \"t\" : 1.7e9}\n\n "
      "{\"i\":7,\"u\":9223372036854775807,\"x\":[1,{\"u\":2}],\"r\":null}\n{}\n",
      {"u", "i", "r", "t"});
  EXPECT_EQ(lines.rows,
            (Rows{{"A1", "0003", "5.0", "1.7e9"}, {"9223372036854775807", "7", "", ""}, {"", "", "", ""}}));
  EXPECT_THAT(lines.numbers, ElementsAre(1, 3, 4));
  EXPECT_EQ(lines.what, "JSON lines");
}

TEST(JsonObjects, ReadPythonDictionaries) {
  const Read lines = read(
      "{'reviewerID': 'A2', 'helpful': [0, 1], 'reviewText': \"it's {not} 'bad'\", 'overall': 5.0, u'n': "
      "None, 's': u'a\\'b\\xe9'}\n",
      {"reviewerID", "overall", "n", "s", "reviewText"});
  EXPECT_EQ(lines.rows, (Rows{{"A2", "5.0", "", "a'bé", "it's {not} 'bad'"}}));
  EXPECT_EQ(lines.what, "Python dictionaries");
}

TEST(JsonObjects, ReadArraysHoweverTheyAreBroken) {
  for (const std::string_view text : {"[{\"a\":1,\"b\":\"x\"},{\"a\":2}]",
                                      " [\n  {\n    \"a\": 1,\n    \"b\": \"x\"\n  },\n  {\"a\": 2}\n]\n",
                                      "[{\"a\":1,\"b\":\"x\"}\n,{\"a\":2}]\n\n"}) {
    const Read array = read(text, {"a", "b"});
    EXPECT_EQ(array.rows, (Rows{{"1", "x"}, {"2", ""}}));
    EXPECT_EQ(array.what, "a JSON array");
  }
  const Read objects = read("{\n\"a\":1\n}\n{\n\"a\": [ ],\n\"b\":true\n}\n", {"a", "b"});
  EXPECT_EQ(objects.rows, (Rows{{"1", ""}, {"[ ]", "true"}}));
  EXPECT_THAT(objects.numbers, ElementsAre(1, 4));
  EXPECT_EQ(objects.what, "JSON objects");
}

TEST(JsonObjects, ReadAnArrayOnOneLineLongerThanABlock) {
  constexpr int kObjects = 200'000;
  for (const bool is_indented : {false, true}) {
    std::string text = "[";
    for (int i = 0; i < kObjects; ++i) {
      text += i == 0 ? "" : is_indented ? ",\n" : ",";
      text += "{\"text\":\"braces } and ] in it\",\"a\":" + std::to_string(i) + ",\"é\":{}}";
    }
    text += "]";
    ASSERT_GT(text.size(), std::size_t{9} << 20);
    const Read array = read(text, {"a"});
    ASSERT_EQ(array.rows.size(), static_cast<std::size_t>(kObjects));
    for (int i = 0; i < kObjects; ++i)
      ASSERT_EQ(array.rows[static_cast<std::size_t>(i)][0], std::to_string(i));
    EXPECT_EQ(array.numbers.back(), is_indented ? kObjects : 1U);
    text.pop_back();
    EXPECT_EQ(error_of(text).message(), "R is cut short: its array is not closed");
    text.resize(text.size() - 5);
    EXPECT_THAT(error_of(text).message(), HasSubstr("expected an object that is closed"));
  }
}

TEST(JsonObjects, UnescapeStrings) {
  const Read lines = read(R"({"a": "q\"\\\/\b\f\n\r\t\u00e9\u65e5\ud83c\udfac", "\u0062": 1})"
                          "\n",
                          {"a", "b"});
  EXPECT_EQ(lines.rows, (Rows{{"q\"\\/\b\f\n\r\té日🎬", "1"}}));
  for (const std::string_view bad : {R"("\q")", R"("\u12")", R"("\ud83c")", R"("\ud83c\u0041")",
                                     R"("\udfac")", R"("\u0000")", R"("\U00110000")"}) {
    const Read read_bad = read("{\"a\": " + std::string(bad) + "}\n{\"a\": 1}\n", {"a"});
    EXPECT_EQ(read_bad.rows, (Rows{{"1"}})) << bad;
    EXPECT_THAT(read_bad.faults, ElementsAre("a string whose escapes are known", "")) << bad;
  }
}

TEST(JsonObjects, GiveUpABadLineAloneAndSayWhy) {
  struct Case {
    std::string_view line, fault;
  };
  for (const Case& c :
       {Case{"{\"a\": \"x", "an object that is closed"}, Case{"{\"a\": 1", "an object that is closed"},
        Case{"{\"a\" 1}", "':' after a key"}, Case{"{\"a\": 1 \"b\": 2}", "',' or '}' after a value"},
        Case{"{a: 1}", "a string in quotes"}, Case{"{\"a\": one}", "a string, a number, true, false or null"},
        Case{"{\"a\": 1.}", "a string, a number, true, false or null"},
        Case{"{\"a\": [1}", "brackets that match"}, Case{"[1]", "an object in braces"},
        Case{"1,2,3", "an object in braces"}, Case{"{\"a\": 1} {\"a\": 2}", "one object a line"},
        Case{"{\"a\": 1},", "one object a line"}}) {
    const Read lines = read("{\"a\": 0}\n" + std::string(c.line) + "\n{\"a\": 5}\n", {"a"});
    EXPECT_EQ(lines.rows, (Rows{{"0"}, {"5"}})) << c.line;
    EXPECT_THAT(lines.faults, ElementsAre("", c.fault, "")) << c.line;
    EXPECT_THAT(lines.numbers, ElementsAre(1, 2, 3));
  }
  const std::string deep = std::string(64, '[') + std::string(64, ']');
  EXPECT_THAT(read("{\"a\":" + deep + "}", {"a"}).rows, ElementsAre(ElementsAre(deep)));
  const std::string deeper(100'000, '[');
  EXPECT_THAT(read("{}\n{\"a\":" + deeper + "}", {"a"}).faults,
              ElementsAre("", "values nested at most 64 deep"));
}

TEST(JsonObjects, RefuseArraysThatAreDamaged) {
  EXPECT_EQ(error_of("[{\"a\": 1},\n{\"a\": 2},\n{\"a\" 3}]").message(),
            "R:3: expected ':' after a key, found '{\"a\" 3}'");
  EXPECT_EQ(error_of("[{\"a\": 1}\n]\n{\"a\": 2}").message(),
            "R:3: expected nothing after the array, found '{\"a\": 2}'");
  EXPECT_EQ(error_of("[{\"a\": 1},\n17]").message(), "R:2: expected an object in braces, found '17]'");
  EXPECT_EQ(error_of("{\n\"a\": \"\\q\"}").message(),
            "R:1: expected a string whose escapes are known, found '{'");
  const std::string endless = "[{\"a\": 1},{\"a\": \"" + std::string(std::size_t{6} << 20, 'x');
  EXPECT_EQ(error_of(endless).kind(), ErrorKind::data);
}

TEST(JsonObjects, NameTheirKeys) {
  EXPECT_THAT(keys_of("{\"user\":1,\"\\u0069tem\":{\"x\":1}}\n{\"user\":1,\"stars\":2}\n"),
              ElementsAre("user", "item", "stars"));
  EXPECT_THAT(keys_of("[\n{\"b\":1},{\"a\":2}]"), ElementsAre("b", "a"));
  EXPECT_THAT(keys_of("{'b': 1}\n{'a'"), ElementsAre("b"));
  EXPECT_THROW(keys_of("{\"b\" 1}\n"), Error);
}

TEST(JsonObjects, AreKnownByTheirBeginning) {
  for (const std::string_view text : {"{\"a\":1}", " \n{ 'a'", "[{\"a\"", "[\n { \"", "{}", "{u'a'"})
    EXPECT_TRUE(holds_json_objects(text)) << text;
  for (const std::string_view text : {"", "1,2,3", "[1,2]", "user,item", "\"user\",\"item\"", "{1,2}", "{x"})
    EXPECT_FALSE(holds_json_objects(text)) << text;
}

/// Random objects, in many spellings, as the library that everybody uses reads them.
TEST(JsonObjects, AgreeWithNlohmann) {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> texts = {"",   "a",    "q\"uote", "back\\slash\\", "é",   "日🎬",
                                          "{[", "]},:", "it's",    "\n\t",          "\x01"};
  const std::vector<std::string> keys = {"a", "b", "c\"", "é", "long key"};
  const std::function<nlohmann::json(int)> value = [&](int depth) -> nlohmann::json {
    switch (pick(depth > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return pick(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random()) - 2'000'000'000;
      case 3:
        return static_cast<double>(pick(1000)) / 8;
      case 6: {
        nlohmann::json array = nlohmann::json::array();
        for (std::size_t i = pick(4); i > 0; --i) array.push_back(value(depth - 1));
        return array;
      }
      case 7: {
        nlohmann::json object = nlohmann::json::object();
        for (std::size_t i = pick(4); i > 0; --i) object[keys[pick(keys.size())]] = value(depth - 1);
        return object;
      }
      default:
        return texts[pick(texts.size())] + texts[pick(texts.size())];
    }
  };
  for (int round = 0; round < 2000; ++round) {
    nlohmann::json object = nlohmann::json::object();
    for (std::size_t i = pick(6); i > 0; --i) object[keys[pick(keys.size())]] = value(3);
    const std::string text = object.dump(pick(2) == 0 ? -1 : 1, ' ', pick(2) == 0);
    const Read out = read(text, keys);
    ASSERT_EQ(out.rows.size(), 1U) << text;
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const auto found = object.find(keys[k]);
      const std::string& got = out.rows[0][k];
      if (found == object.end() || found->is_null())
        ASSERT_EQ(got, "") << text;
      else if (found->is_string())
        ASSERT_EQ(got, found->get<std::string>()) << text;
      else
        ASSERT_EQ(nlohmann::json::parse(got), *found) << text;
    }
  }
}

}  // namespace
