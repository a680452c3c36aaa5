#include "cli/commands/dialogue.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <istream>
#include <ostream>

#include "cli/parse/dashes.hpp"
#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/recommend/starters.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

constexpr std::size_t kStarters = 10;
constexpr std::size_t kChoices = 10;
constexpr std::size_t kAllReasons = 10;

constexpr std::string_view kHelp =
    "  TITLE        rate a film; part of the title will do, or TITLE=STARS\n"
    "  NUMBER       rate that film of the list above\n"
    "  list         the best for you so far (top is the same)\n"
    "  why NUMBER   which of your ratings speak for that film of the list\n"
    "  undo         take back the last rating\n"
    "  save FILE    write your ratings: movrec recommend --history FILE reads them\n"
    "  quit         leave\n";

/// The whole text as a number.
template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// The next line; of an endless one its beginning, which is no title, and no more memory. None at the end.
std::optional<std::string> read_line(std::istream& in) {
  constexpr std::size_t kMostOfLine = 1 << 16;
  std::string line;
  std::size_t skipped = 0;
  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    if (c == '\n') return line;
    if (line.size() < kMostOfLine)
      line += static_cast<char>(c);
    else if (++skipped % kMostOfLine == 0)
      check_stop();
  }
  return line.empty() ? std::nullopt : std::optional(line);
}

std::optional<float> parse_stars(std::string_view text, StarScale scale) {
  const auto stars = parse<float>(text);
  return stars && *stars >= scale.min && *stars <= scale.max ? stars : std::nullopt;  // NaN fails both
}

}  // namespace

Dialogue::Dialogue(const OpenedRun& opened,
                   const RecommendOptions& options,
                   std::istream& in,
                   std::ostream& out,
                   std::ostream& err)
    : run_(opened),
      in_(in),
      out_(out),
      err_(err),
      recommender_(*opened.model, opened.dataset, opened.train, options),
      search_(title_search(opened)) {}

void Dialogue::run() {
  err_ << fmt::format(
      "{} on {}: say what you have seen and how you liked it; 'help' lists what you can say\n",
      run_.algorithm(), run_.checkpoint.dataset_name);
  if (run_.model->supports().demographics && !run_.dataset.user_features.empty()) ask_demographics();
  update();
  if (run_.model->supports().history) offer_starters();
  if (demographics_) show_list();
  while (const auto line = ask("> "))
    if (!line->empty() && !obey(*line)) break;
}

std::optional<std::string> Dialogue::ask(std::string_view question) {
  err_ << question << std::flush;
  const std::optional<std::string> line = read_line(in_);
  check_stop();
  if (!line) {
    err_ << '\n';
    return std::nullopt;
  }
  return std::string(trim(*line));
}

void Dialogue::ask_demographics() {
  Demographics facts;
  // Asks until the answer is empty or `take` has taken it.
  const auto ask_for = [&](std::string_view question, const auto& take) {
    while (const auto answer = ask(question)) {
      if (answer->empty()) return false;
      try {
        take(*answer);
        return true;
      } catch (const Error& error) {
        err_ << fmt::format("  {}\n", with_dashes(error.message()));
      }
    }
    return false;
  };
  bool knows = ask_for("age (Enter: rather not say): ", [&](const std::string& answer) {
    const auto age = parse<int>(answer);
    if (!age || *age < 1 || *age > 150) fail(ErrorKind::usage, "an age from 1 to 150, please");
    facts.age = known_age(run_, *age);
  });
  knows |= ask_for("gender, F or M (Enter: rather not say): ",
                   [&](const std::string& answer) { facts.gender = gender_of(answer); });
  knows |= ask_for("occupation (Enter: rather not say): ",
                   [&](const std::string& answer) { facts.occupation = find_occupation(run_, answer); });
  if (knows) demographics_ = facts;
}

void Dialogue::offer_starters() {
  shown_ = popular_and_diverse(run_.dataset.catalog, ratings_per_item(run_.train), recommender_.candidates(),
                               kStarters);
  Table table({{"", Table::Align::right}, {"films that many have seen"}});
  for (std::size_t k = 0; k < shown_.size(); ++k)
    table.add_row({fmt::to_string(k + 1), run_.dataset.catalog.title(shown_[k])});
  err_ << table.text();
}

bool Dialogue::obey(const std::string& line) {
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::string word = line.substr(0, blank), rest(trim(std::string_view(line).substr(blank)));
  try {
    if (word == "quit" || word == "exit" || word == "q") return false;
    if (line == "help" || line == "?")
      err_ << kHelp;
    else if (line == "list" || line == "top")
      show_list();
    else if (line == "undo")
      undo();
    else if (word == "why" && parse<std::size_t>(rest))
      explain_line(rest);
    else if (word == "save" && !rest.empty())
      save(rest);
    else
      rate(line);
  } catch (const Error& error) {  // says what was wrong, and the dialogue goes on
    err_ << with_dashes(
        fmt::format("  {}{}{}\n", error.message(), error.why().empty() ? "" : ": ", error.why()));
  }
  return true;
}

void Dialogue::rate(const std::string& text) {
  require_histories(run_, shown(text));
  const std::size_t equals = text.rfind('=');
  const StarScale scale = run_.dataset.sayable();
  std::optional<float> stars;
  if (equals != std::string::npos) {
    stars = parse_stars(trim(std::string_view(text).substr(equals + 1)), scale);
    if (!stars) fail(ErrorKind::usage, "{}: expected stars from {} to {}", shown(text), scale.min, scale.max);
  }
  const auto item = choose(std::string(trim(std::string_view(text).substr(0, equals))));
  if (!item) return;
  if (!stars) stars = ask_stars(*item);
  if (!stars) return;
  given_.emplace_back(*item, *stars);
  update();
  show_list();
}

std::optional<ItemIdx> Dialogue::choose(const std::string& text) {
  if (const auto position = parse<std::size_t>(text);
      position && *position >= 1 && *position <= shown_.size())
    return shown_[*position - 1];
  std::vector<ItemIdx> found = search_.find(text);
  if (found.size() == 1) return found[0];
  const bool is_guess = found.empty();
  if (is_guess) found = search_.nearest(text, 5);
  if (found.empty()) fail(ErrorKind::usage, "no film is called '{}'", shown(text));
  found.resize(std::min(found.size(), kChoices));
  if (is_guess) err_ << fmt::format("no film is called '{}'; the nearest are\n", shown(text));
  Table table({{"", Table::Align::right}, {"title"}, {"ratings", Table::Align::right}});
  for (std::size_t k = 0; k < found.size(); ++k)
    table.add_row({fmt::to_string(k + 1), search_.catalog().title(found[k]),
                   fmt::to_string(search_.n_ratings(found[k]))});
  err_ << table.text();
  while (const auto answer = ask(fmt::format("which one (1 to {}, Enter: none)? ", found.size()))) {
    if (answer->empty()) break;
    const auto position = parse<std::size_t>(*answer);
    if (position && *position >= 1 && *position <= found.size()) return found[*position - 1];
  }
  return std::nullopt;
}

std::optional<float> Dialogue::ask_stars(ItemIdx item) {
  const StarScale scale = run_.dataset.sayable();
  while (const auto answer =
             ask(fmt::format("{}: {} to {} stars (Enter: never mind)? ",
                             shown(run_.dataset.catalog.title(item)), scale.min, scale.max))) {
    if (answer->empty()) break;
    if (const auto stars = parse_stars(*answer, scale)) return stars;
  }
  return std::nullopt;
}

void Dialogue::undo() {
  if (given_.empty()) fail(ErrorKind::usage, "there is nothing to take back");
  err_ << fmt::format("  took back {}\n", shown(run_.dataset.catalog.title(given_.back().first)));
  given_.pop_back();
  update();
  show_list();
}

void Dialogue::save(const std::string& file) {
  std::string text = csv_line({"item", "stars", "title"});
  for (const auto& [item, stars] : given_)
    text +=
        csv_line({run_.dataset.items.id(item).text, fmt::to_string(stars), run_.dataset.catalog.title(item)});
  write_file_atomically(file, text);
  err_ << fmt::format("  wrote {} ratings: movrec recommend --history {}\n", given_.size(), file);
}

void Dialogue::explain_line(const std::string& number) {
  const auto position = parse<std::size_t>(number).value_or(0);
  if (position < 1 || position > lines_.size())
    fail(ErrorKind::usage, "why {}: the list has {} films", number, lines_.size());
  const ItemIdx item = lines_[position - 1].item;
  const auto reasons = explain(*run_.model, person_.query(), std::span(&item, 1), kAllReasons)[0];
  out_ << fmt::format("{}, because of\n", shown(run_.dataset.catalog.title(item)));
  for (const Reason& reason : reasons)
    out_ << fmt::format("  {} ({:+.3f})\n", shown(run_.dataset.catalog.title(reason.item)), reason.gain);
  if (reasons.empty()) out_ << "  what everybody likes\n";
  out_ << std::flush;
}

void Dialogue::update() {
  const auto started = std::chrono::steady_clock::now();
  person_ = Person();
  person_.demographics = demographics_;
  for (const auto& [item, stars] : given_) give(person_, run_, item, stars);
  const auto lists = recommender_.top(std::span(&person_, 1));
  lines_ = make_lines(*run_.model, run_.dataset, user_damping_of(run_), person_, lists[0], &person_);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
  log_debug("answered in {:.1f} ms", took.count());
}

void Dialogue::show_list() {
  shown_.clear();
  for (const Line& line : lines_) shown_.push_back(line.item);
  out_ << lines_table(titles_of(*run_.model, run_.dataset), lines_, run_.model->supports().history)
       << std::flush;
}

}  // namespace movrec::cli
