#include "data/text.hpp"

#include "fuzz.hpp"
#include "movrec/core/field.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/report/table.hpp"

using namespace movrec;

namespace {

void show(std::string_view text) {
  const std::string line = shown(text), message = shown_message(text);
  fuzz::require(is_utf8(line) && is_utf8(message));
  fuzz::require(line.size() <= 80 * 4 + 3);
  for (const char c : line) fuzz::require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  Table table({{"text"}});
  table.add_row({std::string(text)});
  table.text();
}

void parse(std::string_view text) {
  const std::string utf8 = to_utf8(text);
  fuzz::require(is_utf8(utf8));
  std::size_t number = 0;
  std::string_view line;
  for (Lines lines(utf8); lines.next(line); number = lines.number()) fuzz::require(lines.number() > number);
  std::vector<std::string> fields;
  for (const char separator : {',', '\t'})
    for (CsvRecords records(utf8, separator); records.next(fields);) fuzz::require(!fields.empty());
  std::size_t parts_bytes = 0;
  for (const std::string_view part : split(utf8, "::")) parts_bytes += part.size();
  fuzz::require(parts_bytes <= utf8.size());
}

void set_options(std::string_view text) {
  int whole = 0;
  double number = 0;
  std::vector<std::int64_t> numbers;
  std::vector<std::string> names;
  const auto set = [&](auto& target) {
    fuzz::may_fail([&] { set_from_text({Field{.name = "option", .help = {}}, &target}, text); });
  };
  set(whole), set(number), set(numbers), set(names);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  show(text);
  parse(text);
  set_options(text);
  return 0;
}
