#include "data/known_layouts.hpp"

#include <algorithm>
#include <cctype>

namespace movrec {
namespace {

using Fields = std::span<const std::string>;

template <class Is>
bool all_of(std::string_view text, Is&& is) {
  return std::ranges::all_of(text, [&](char c) { return is(static_cast<unsigned char>(c)); });
}
bool is_digit(unsigned char c) {
  return std::isdigit(c) != 0;
}
bool is_capital(unsigned char c) {
  return std::isdigit(c) != 0 || std::isupper(c) != 0;
}

/// "B000A3I2X4", or the ISBN of a book.
bool is_asin(std::string_view text) {
  if (text.size() != 10) return false;
  return (text.front() == 'B' && all_of(text, is_capital)) ||
         (all_of(text.substr(0, 9), is_digit) &&
          (is_digit(static_cast<unsigned char>(text[9])) || text[9] == 'X'));
}
bool is_reviewer(std::string_view text) {
  return text.size() >= 10 && text.size() <= 21 && text.front() == 'A' && all_of(text, is_capital);
}

/// item,user,rating,time: the other way round than in the files of 2014.
bool is_amazon_2018(Fields fields) {
  return fields.size() == 4 && is_asin(fields[0]) && is_reviewer(fields[1]);
}
/// SHA-1 of a user, MusicBrainz' id of an artist (or none), his name, plays.
bool is_lastfm_360k(Fields fields) {
  return fields.size() == 4 && fields[0].size() == 40 &&
         all_of(fields[0], [](unsigned char c) { return std::isxdigit(c) != 0; }) &&
         all_of(fields[3], is_digit);
}
/// user_000001, time, id and name of the artist, id and name of the track.
bool is_lastfm_1k(Fields fields) {
  return fields.size() == 6 && fields[0].starts_with("user_") && all_of(fields[0].substr(5), is_digit) &&
         fields[1].ends_with('Z');
}
/// user, game, "purchase" with 1 or "play" with hours, 0.
bool is_steam_200k(Fields fields) {
  return fields.size() == 5 && (fields[2] == "purchase" || fields[2] == "play");
}

const std::vector<KnownLayout>& layouts() {
  static const std::vector<KnownLayout> all{
      {.name = "Book-Crossing", .header = {"User-ID", "ISBN", "Book-Rating"}, .missing = {0}},
      {.name = "Goodreads", .header = {"user_id", "book_id", "is_read", "rating"}, .missing = {0}},
      {.name = "Anime recommendations", .header = {"user_id", "anime_id", "rating"}, .missing = {-1}},
      {.name = "Last.fm of HetRec 2011", .header = {"userID", "artistID", "weight"}, .feedback = "counts"},
      {.name = "Amazon ratings of 2018", .fits = is_amazon_2018, .columns = "user=2,item=1,rating=3,time=4"},
      {.name = "Last.fm 360K",
       .fits = is_lastfm_360k,
       .columns = "user=1,item=3,rating=4,time=-",
       .feedback = "counts"},
      {.name = "Last.fm 1K",
       .fits = is_lastfm_1k,
       .columns = "user=1,item=4,rating=-,time=2",
       .feedback = "counts"},
      {.name = "Steam 200k",
       .fits = is_steam_200k,
       .columns = "user=1,item=2,rating=4,time=-",
       .feedback = "counts"},
  };
  return all;
}

}  // namespace

const KnownLayout* layout_of_header(Fields header) {
  for (const KnownLayout& layout : layouts())
    if (!layout.header.empty() && std::ranges::all_of(layout.header, [&](std::string_view name) {
          return std::ranges::find(header, name) != header.end();
        }))
      return &layout;
  return nullptr;
}

const KnownLayout* layout_of_rows(std::span<const std::vector<std::string>> rows) {
  for (const KnownLayout& layout : layouts()) {
    if (layout.fits == nullptr) continue;
    const auto n = std::ranges::count_if(rows, [&](const auto& row) { return layout.fits(row); });
    if (10 * n > 9 * std::ssize(rows)) return &layout;
  }
  return nullptr;
}

}  // namespace movrec
