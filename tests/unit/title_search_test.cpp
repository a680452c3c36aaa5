#include "movrec/recommend/title_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

using namespace movrec;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

class Titles : public testing::Test {
 protected:
  Titles() {
    add(1, "Toy Story (1995)", 400);
    add(50, "Star Wars (1977)", 583);
    add(69, "Forrest Gump (1994)", 321);
    add(181, "Return of the Jedi (1983)", 507);
    add(187, "Godfather: Part II, The (1974)", 209);
    add(195, "Terminator, The (1984)", 301);
    add(246, "Chasing Amy (1997)", 124);
    add(268, "Chasing Amy (1997)", 255);
    add(274, "Sabrina (1995)", 190);
    add(480, "Misérables, Les (1995)", 37);
    add(481, "Sabrina (1954)", 52);
    add(500, "City of Lost Children, The (Cité des enfants perdus, La) (1995)", 103);
    add(501, "Seven (a.k.a. Se7en) (1995)", 99);
    add(600, "Toy Story 2 (1999)", 90);
    add(700, "187 (1997)", 55);
    add(701, "Schindler's List (1993)", 298);
    add(702, "Matrix, The (1999)", 300);
  }
  void add(int id, const std::string& title, int n) {
    ids_.push_back(ItemId{id});
    catalog_.titles.push_back(title);
    catalog_.years.push_back(static_cast<std::int16_t>(std::stoi(title.substr(title.rfind('(') + 1, 4))));
    counts_.push_back(n);
  }
  std::vector<int> find(std::string_view text) const {
    const ItemMap items(ids_);
    std::vector<int> found;
    for (const ItemIdx item : TitleSearch(catalog_, items, counts_).find(text))
      found.push_back(std::stoi(items.id(item).text));
    return found;
  }
  std::vector<ItemId> ids_;
  Catalog catalog_;
  std::vector<std::int32_t> counts_;
};

TEST_F(Titles, AreComparedAsPeopleDo) {
  EXPECT_EQ(plain_title("Misérables, Les (1995)"), "miserables");
  EXPECT_EQ(plain_title("The Matrix"), "matrix");
  EXPECT_EQ(plain_title("Matrix, The (1999)"), "matrix");
  EXPECT_EQ(plain_title("Schindler's  List"), "schindlers list");
  EXPECT_EQ(plain_title("Beauty & the Beast"), "beauty and the beast");
  EXPECT_EQ(plain_title("ÆON FLUX"), "aeon flux");
  EXPECT_EQ(plain_title("Ça, c'est un \xC5\x81\xC3\xB3\x64\xC5\xBA!"), "ca cest un lodz");
  EXPECT_EQ(plain_title("The"), "the");
  EXPECT_EQ(plain_title("Die Hard (1988)"), "die hard");
  EXPECT_EQ(plain_title("Blechtrommel, Die (1979)"), "blechtrommel");
  EXPECT_EQ(plain_title("(500) Days"), "500 days");
  EXPECT_EQ(plain_title("  "), "");
}

TEST_F(Titles, AreFoundByIdAndByTheWholeTitle) {
  EXPECT_THAT(find("50"), ElementsAre(50));
  EXPECT_THAT(find(" 50 "), ElementsAre(50));
  EXPECT_THAT(find("Star Wars (1977)"), ElementsAre(50));
  EXPECT_THAT(find("star wars"), ElementsAre(50));
  EXPECT_THAT(find("toy story"), ElementsAre(1));  // and not "Toy Story 2"
  EXPECT_THAT(find("les miserables"), ElementsAre(480));
  EXPECT_THAT(find("Miserables"), ElementsAre(480));
  EXPECT_THAT(find("THE MATRIX"), ElementsAre(702));
  EXPECT_THAT(find("schindlers list"), ElementsAre(701));
}

TEST_F(Titles, AnIdGoesBeforeATitleOfDigits) {
  EXPECT_THAT(find("187"), ElementsAre(187));
  EXPECT_THAT(find("187 (1997)"), ElementsAre(700));
  EXPECT_THAT(find("999"), IsEmpty());
}

TEST_F(Titles, AreFoundByTheTitleInParentheses) {
  EXPECT_THAT(find("la cite des enfants perdus"), ElementsAre(500));
  EXPECT_THAT(find("se7en"), ElementsAre(501));
  EXPECT_THAT(find("City of Lost Children, The (Cité des enfants perdus, La) (1995)"), ElementsAre(500));
}

TEST_F(Titles, OfSeveralItemsAllAreNamedTheMostRatedFirst) {
  EXPECT_THAT(find("sabrina"), ElementsAre(274, 481));
  EXPECT_THAT(find("sabrina (1954)"), ElementsAre(481));
  EXPECT_THAT(find("sabrina (1960)"), IsEmpty());
  EXPECT_THAT(find("story"), ElementsAre(1, 600));
}

TEST_F(Titles, TheMostRatedOfTheVerySameTitleStandsForAll) {
  EXPECT_THAT(find("chasing amy"), ElementsAre(268));
}

TEST_F(Titles, AreFoundByWordsAndTheirBeginnings) {
  EXPECT_THAT(find("jedi return"), ElementsAre(181));
  EXPECT_THAT(find("godfather"), ElementsAre(187));
  EXPECT_THAT(find("schind"), ElementsAre(701));
  EXPECT_THAT(find("forr gum"), ElementsAre(69));
}

TEST_F(Titles, AreFoundThoughMisspelt) {
  EXPECT_THAT(find("Teh Terminater"), IsEmpty());  // so short a word must be right
  EXPECT_THAT(find("Terminater"), ElementsAre(195));
  EXPECT_THAT(find("forest gump"), ElementsAre(69));
  EXPECT_THAT(find("toy storry"), ElementsAre(1));
  EXPECT_THAT(find("godfahter part ii"), ElementsAre(187));
  EXPECT_THAT(find("xqzw"), IsEmpty());
  EXPECT_THAT(find(""), IsEmpty());
}

TEST_F(Titles, ThatLookAlikeAreOfferedWhereNoneIsFound) {
  const ItemMap items(ids_);
  const TitleSearch search(catalog_, items, counts_);
  ASSERT_THAT(search.find("terminating"), IsEmpty());
  const auto nearest = search.nearest("terminating", 3);
  ASSERT_FALSE(nearest.empty());
  EXPECT_EQ(search.id(nearest[0]), ItemId{195});
  EXPECT_THAT(search.nearest("qq", 3), IsEmpty());
}

TEST_F(Titles, AFilmIsKnownByTitleAndYear) {
  const ItemMap items(ids_);
  const TitleSearch search(catalog_, items, counts_);
  const auto film = [&](std::string_view title, int year) {
    const auto item = search.film(title, year);
    return item ? items.id(*item).text : "none";
  };
  EXPECT_EQ(film("The Matrix", 1999), "702");
  EXPECT_EQ(film("Sabrina", 1954), "481");
  EXPECT_EQ(film("Sabrina", 1996), "274") << "released a year later elsewhere";
  EXPECT_EQ(film("Sabrina", 1970), "none");
  EXPECT_EQ(film("Chasing Amy", 1997), "268") << "the most rated of the same title";
  EXPECT_EQ(film("Se7en", 1995), "501");
  EXPECT_EQ(film("Shindler's List", 1993), "701")
      << "a letter is missing, and no other is like it in that year";
  EXPECT_EQ(film("Shindler's List", 1994), "none");
  EXPECT_EQ(film("Toy Story", 1999), "none") << "is not its sequel";
  EXPECT_EQ(film("", 1999), "none");
}

TEST_F(Titles, AnElidedArticleIsNoPartOfTheName) {
  EXPECT_EQ(plain_title("L'Été sans fin"), "ete sans fin");
  EXPECT_EQ(plain_title("Été sans fin, L' (2001)"), "ete sans fin");
  EXPECT_EQ(plain_title("L.A. Confidential (1997)"), "a confidential");
  EXPECT_EQ(plain_title("L'"), "l");
}

TEST_F(Titles, OfAnEndlessOneNothingIsLookedFor) {
  catalog_.titles[0] = std::string(1 << 20, 'x') + " (1995)";
  const std::string endless = [] {
    std::string words;
    while (words.size() < 3 << 20) words += "word" + std::to_string(words.size()) + ' ';
    return words;
  }();
  const ItemMap items(ids_);
  const TitleSearch search(catalog_, items, counts_);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(search.find(endless), IsEmpty());
  EXPECT_THAT(search.nearest(endless, 3), IsEmpty());
  EXPECT_EQ(search.find("star wars").size(), 1u);
  EXPECT_FALSE(search.nearest("star warts", 3).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
