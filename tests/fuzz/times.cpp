#include "data/times.hpp"

#include <vector>

#include "fuzz.hpp"

using namespace movrec;

/// The first line is a format, or empty; the others are a column.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  const auto take_line = [&] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
  };
  const std::string_view format = take_line();
  std::vector<std::string_view> values;
  while (!rest.empty() && values.size() < 100) values.push_back(take_line());
  fuzz::may_fail([&] {
    const TimeReader reader = TimeReader::of_sample(values, format);
    for (const std::string_view value : values) {
      const auto time = reader.read(value);
      // From the year 0 to 9999, whatever is written; %s alone may be any number.
      constexpr std::int64_t kMost = 400'000'000'000;
      if (time && format.find("%s") == std::string_view::npos) fuzz::require(*time > -kMost && *time < kMost);
      if (time) looks_like_time(static_cast<double>(*time));
    }
    fuzz::require(!reader.what().empty() && !reader.expected().empty());
  });
  return 0;
}
