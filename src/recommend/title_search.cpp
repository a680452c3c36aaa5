#include "movrec/recommend/title_search.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

#include "movrec/core/error.hpp"
#include "movrec/core/utf8.hpp"

namespace movrec {
namespace {

// Of the languages that MovieLens' titles are in. The first ones are taken off the front of a title, too; the
// others mean something else there: "Die Hard".
constexpr std::array<std::string_view, 27> kArticles = {
    "a",  "an",  "the", "la",  "le",   "les", "l",   "un", "une", "el",  "los", "las", "una", "il",
    "lo", "gli", "der", "das", "eine", "ein", "die", "i",  "den", "det", "de",  "o",   "os"};
constexpr std::size_t kFrontArticles = 20;

/// No title is longer; what is said to be one is not looked for, for that takes the product of both lengths.
constexpr std::size_t kMostOfTitle = 1000;

struct Letters {
  char32_t last;
  std::string_view plain;
};
/// Latin letters with accents, from U+00C0 on: each row goes up to its last code point.
constexpr std::array kLatin = {
    Letters{0xC5, "a"},  Letters{0xC6, "ae"},  Letters{0xC7, "c"},  Letters{0xCB, "e"},
    Letters{0xCF, "i"},  Letters{0xD0, "d"},   Letters{0xD1, "n"},  Letters{0xD6, "o"},
    Letters{0xD7, " "},  Letters{0xD8, "o"},   Letters{0xDC, "u"},  Letters{0xDD, "y"},
    Letters{0xDE, "th"}, Letters{0xDF, "ss"},  Letters{0xE5, "a"},  Letters{0xE6, "ae"},
    Letters{0xE7, "c"},  Letters{0xEB, "e"},   Letters{0xEF, "i"},  Letters{0xF0, "d"},
    Letters{0xF1, "n"},  Letters{0xF6, "o"},   Letters{0xF7, " "},  Letters{0xF8, "o"},
    Letters{0xFC, "u"},  Letters{0xFD, "y"},   Letters{0xFE, "th"}, Letters{0xFF, "y"},
    Letters{0x105, "a"}, Letters{0x10D, "c"},  Letters{0x111, "d"}, Letters{0x11B, "e"},
    Letters{0x123, "g"}, Letters{0x127, "h"},  Letters{0x131, "i"}, Letters{0x133, "ij"},
    Letters{0x135, "j"}, Letters{0x138, "k"},  Letters{0x142, "l"}, Letters{0x14B, "n"},
    Letters{0x151, "o"}, Letters{0x153, "oe"}, Letters{0x159, "r"}, Letters{0x161, "s"},
    Letters{0x167, "t"}, Letters{0x173, "u"},  Letters{0x175, "w"}, Letters{0x178, "y"},
    Letters{0x17E, "z"}, Letters{0x17F, "s"}};

bool is_apostrophe(char32_t c) {
  return c == U'\'' || c == U'`' || c == 0x2018 || c == 0x2019;
}

/// Lower-case words without accents, and nothing between them but one blank.
std::string fold(std::string_view text) {
  std::string out;
  const auto add_blank = [&] {
    if (!out.empty() && out.back() != ' ') out += ' ';
  };
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    const bool is_combining = c >= 0x300 && c < 0x370;
    if (is_combining || is_apostrophe(c)) continue;
    if ((c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9')) {
      out += static_cast<char>(c);
    } else if (c >= U'A' && c <= U'Z') {
      out += static_cast<char>(c - U'A' + U'a');
    } else if (c == U'&') {
      add_blank();
      out += "and ";
    } else if (c < 0xC0 || (c >= 0x2010 && c < 0x2070)) {  // punctuation
      add_blank();
    } else if (c <= kLatin.back().last) {
      const std::string_view plain = std::ranges::lower_bound(kLatin, c, {}, &Letters::last)->plain;
      plain == " " ? add_blank() : static_cast<void>(out += plain);
    } else {
      append_code_point(out, c);
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::vector<std::string> words_of(std::string_view plain) {
  std::vector<std::string> words;
  while (!plain.empty()) {
    const std::size_t end = std::min(plain.find(' '), plain.size());
    if (end > 0) words.emplace_back(plain.substr(0, end));
    plain.remove_prefix(std::min(end + 1, plain.size()));
  }
  return words;
}

bool is_article(std::string_view word, std::size_t n_articles = kArticles.size()) {
  const auto articles = std::span(kArticles).first(n_articles);
  return std::ranges::find(articles, word) != articles.end();
}

/// Without an article in front, unless that is all there is.
std::string without_article(std::string plain) {
  const std::size_t blank = plain.find(' ');
  return blank != std::string::npos && is_article(std::string_view(plain).substr(0, blank), kFrontArticles)
             ? plain.substr(blank + 1)
             : plain;
}

/// Without "L'" in front, which is no word of its own.
std::string_view without_elision(std::string_view title) {
  std::string_view rest = title;
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.empty() || (rest[0] != 'L' && rest[0] != 'l')) return title;
  rest.remove_prefix(1);
  return !rest.empty() && is_apostrophe(take_code_point(rest)) && !rest.empty() ? rest : title;
}

/// "Matrix, The" as "matrix". `title` has no parentheses.
std::string plain_name(std::string_view title) {
  title = without_elision(title);
  const std::size_t comma = title.rfind(',');
  if (comma != std::string_view::npos && is_article(fold(title.substr(comma + 1))))
    title = title.substr(0, comma);
  return without_article(fold(title));
}

/// The text before the first parenthesis that follows something, and what stands in parentheses.
std::pair<std::string_view, std::vector<std::string_view>> take_apart(std::string_view title) {
  const std::size_t open = title.find('(', title.empty() ? 0 : 1);
  std::pair<std::string_view, std::vector<std::string_view>> parts{title.substr(0, open), {}};
  for (std::size_t at = open; at != std::string_view::npos; at = title.find('(', at + 1))
    parts.second.push_back(title.substr(at + 1, title.find(')', at) - at - 1));
  return parts;
}

std::optional<std::int32_t> number_of(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// The year "(1995)" that ends the text, which loses it; 0 if there is none.
int take_year(std::string_view& text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.size() < 6 || !text.ends_with(')') || text[text.size() - 6] != '(') return 0;
  const auto year = number_of(text.substr(text.size() - 5, 4));
  if (!year) return 0;
  text.remove_suffix(6);
  return *year;
}

/// Letters that may be wrong in a word or a title of that length.
std::size_t tolerance(std::size_t length) {
  return length < 4 ? 0 : length < 8 ? 1 : length < 16 ? 2 : 3;
}

std::string digits_of(std::string_view name) {
  std::string digits;
  std::ranges::copy_if(name, std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

std::size_t trigrams_in_common(std::string_view a, std::string_view b) {
  std::size_t common = 0;
  for (std::size_t k = 0; k + 3 <= a.size(); ++k) common += b.find(a.substr(k, 3)) != std::string_view::npos;
  return common;
}

}  // namespace

std::string plain_title(std::string_view title) {
  return plain_name(take_apart(title).first);
}

struct TitleSearch::Wanted {
  int year = 0;
  std::string name;
  std::vector<std::string> words;
};

TitleSearch::TitleSearch(const Catalog& catalog, const ItemMap& items, std::vector<std::int32_t> n_ratings)
    : catalog_(catalog), items_(items), n_ratings_(std::move(n_ratings)) {
  entries_.resize(catalog.titles.size());
#pragma omp parallel for schedule(static)
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    const auto [own, others] = take_apart(std::string_view(catalog.titles[i]).substr(0, kMostOfTitle));
    entry.names.push_back(plain_name(own));
    for (const std::string_view other : others)
      if (std::string name = plain_name(other.starts_with("a.k.a. ") ? other.substr(7) : other);
          !name.empty() && !number_of(name))
        entry.names.push_back(std::move(name));
    for (const std::string& name : entry.names)
      for (std::string& word : words_of(name)) entry.words.push_back(std::move(word));
  }
}

int TitleSearch::distance(const Entry& entry, const Wanted& wanted, Rule rule) {
  // The sum over all words of what the nearest word of the title is away.
  const auto all_words = [&](const auto& word_distance) {
    int sum = 0;
    for (const std::string& word : wanted.words) {
      int nearest = -1;
      for (const std::string& of_title : entry.words)
        if (const int d = word_distance(word, of_title); d >= 0 && (nearest < 0 || d < nearest)) nearest = d;
      if (nearest < 0) return -1;
      sum += nearest;
    }
    return sum;
  };
  const auto misspelt = [](const std::string& word, const std::string& right) {
    const std::size_t most = tolerance(word.size());
    if (word.size() > right.size() + most || right.size() > word.size() + most) return -1;
    const std::size_t d = edit_distance(word, right);
    return d <= most ? static_cast<int>(d) : -1;
  };
  switch (rule) {
    case Rule::title:
      return entry.names.front() == wanted.name ? 0 : -1;
    case Rule::other_title:
      return std::ranges::find(entry.names, wanted.name) != entry.names.end() ? 0 : -1;
    case Rule::words:
      return all_words([](const auto& word, const auto& of_title) { return word == of_title ? 0 : -1; });
    case Rule::beginnings:
      return all_words([](const auto& word, const auto& of_title) {
        return word.size() >= 3 ? (of_title.starts_with(word) ? 0 : -1) : (word == of_title ? 0 : -1);
      });
    case Rule::misspelt_title: {
      int nearest = -1;
      for (const std::string& name : entry.names)
        if (const int d = misspelt(wanted.name, name); d >= 0 && (nearest < 0 || d < nearest)) nearest = d;
      return nearest;
    }
    case Rule::misspelt_words:
      return all_words(misspelt);
  }
  return -1;
}

/// Most rated first, and of equal titles the first alone.
void TitleSearch::rank(std::vector<ItemIdx>& items) const {
  std::ranges::stable_sort(items, [&](ItemIdx a, ItemIdx b) { return n_ratings(a) > n_ratings(b); });
  std::vector<ItemIdx> kept;
  for (const ItemIdx item : items)
    if (std::ranges::none_of(kept,
                             [&](ItemIdx other) { return catalog_.title(other) == catalog_.title(item); }))
      kept.push_back(item);
  items = std::move(kept);
}

std::vector<ItemIdx> TitleSearch::find(std::string_view text) const {
  if (text.size() > kMostOfTitle) return {};
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (const auto item = items_.find(ItemId(std::string(text)))) return {*item};
  Wanted wanted{.year = take_year(text), .name = plain_title(text), .words = {}};
  // What stands in parentheses may be all that a person remembers, or part of what he copied.
  for (std::string& word : words_of(without_article(fold(text)))) wanted.words.push_back(std::move(word));
  if (wanted.name.empty()) return {};
  for (const Rule rule : {Rule::title, Rule::other_title, Rule::words, Rule::beginnings, Rule::misspelt_title,
                          Rule::misspelt_words}) {
    std::vector<ItemIdx> found;
    int nearest = -1;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const ItemIdx item{static_cast<std::int32_t>(i)};
      if (wanted.year != 0 && catalog_.year(item) != wanted.year) continue;
      const int d = distance(entries_[i], wanted, rule);
      if (d < 0 || (nearest >= 0 && d > nearest)) continue;
      if (d != nearest) found.clear();
      nearest = d;
      found.push_back(item);
    }
    if (found.empty()) continue;
    rank(found);
    return found;
  }
  return {};
}

std::optional<ItemIdx> TitleSearch::film(std::string_view title, int year) const {
  if (title.size() > kMostOfTitle) return {};
  const std::string name = plain_title(title);
  if (name.empty()) return {};
  std::array<std::vector<ItemIdx>, 2> found;  // of the year, and of those around it
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (std::ranges::find(entries_[i].names, name) == entries_[i].names.end()) continue;
    const ItemIdx item{static_cast<std::int32_t>(i)};
    const int years = year == 0 ? 0 : std::abs(catalog_.year(item) - year);
    if (years < 2) found[static_cast<std::size_t>(years)].push_back(item);
  }
  for (std::vector<ItemIdx>& items : found) {
    if (items.empty()) continue;
    rank(items);
    return items.front();
  }
  return year == 0 ? std::nullopt : misspelt_film(name, year);
}

std::optional<ItemIdx> TitleSearch::misspelt_film(const std::string& name, int year) const {
  const Wanted wanted{.year = year, .name = name, .words = {}};
  const std::string digits = digits_of(name);
  std::optional<ItemIdx> found;
  int nearest = -1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const ItemIdx item{static_cast<std::int32_t>(i)};
    // What differs by a number is another part.
    if (catalog_.year(item) != year || digits_of(entries_[i].names.front()) != digits) continue;
    const int d = distance(entries_[i], wanted, Rule::misspelt_title);
    if (d < 0 || (nearest >= 0 && d > nearest)) continue;
    found = d == nearest ? std::nullopt : std::optional(item);
    nearest = d;
  }
  return found;
}

std::vector<ItemIdx> TitleSearch::nearest(std::string_view text, std::size_t n) const {
  if (text.size() > kMostOfTitle) return {};
  take_year(text);
  const std::string name = plain_title(text);
  std::vector<std::pair<double, ItemIdx>> found;  // twice the common trigrams over all (Dice)
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::string& own = entries_[i].names.front();
    const auto common = static_cast<double>(trigrams_in_common(name, own));
    if (common > 0)
      found.emplace_back(-2 * common / static_cast<double>(name.size() + own.size()),
                         ItemIdx{static_cast<std::int32_t>(i)});
  }
  std::ranges::sort(found);
  std::vector<ItemIdx> items;
  for (std::size_t k = 0; k < std::min(n, found.size()); ++k) items.push_back(found[k].second);
  return items;
}

}  // namespace movrec
