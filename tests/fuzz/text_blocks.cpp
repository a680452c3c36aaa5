#include "data/text_blocks.hpp"

#include <algorithm>

#include "fuzz.hpp"
#include "movrec/core/shown.hpp"

using namespace movrec;

/// The first byte says how it is read and how much is put back, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const bool is_file = (data[0] & 1U) != 0;
  const fuzz::MemoryFile file(is_file ? bytes : std::string_view{});
  bool puts_back = (data[0] & 2U) != 0;
  fuzz::may_fail([&] {
    TextBlocks blocks = is_file ? TextBlocks(file.path()) : TextBlocks(bytes, "bytes");
    TextBlock block;
    std::size_t n_lines = 0, n_bytes = 0;
    while (n_bytes < (std::size_t{32} << 20) && blocks.next(block)) {  // of little much may be unpacked
      fuzz::require(!block.text.empty() && block.text.back() == '\n');
      fuzz::require(is_utf8(block.text) && block.text.find('\0') == std::string_view::npos);
      fuzz::require(block.first_line == n_lines + 1);
      std::string_view used = block.text;
      if (puts_back && !blocks.is_last()) {
        used = used.substr(0, used.rfind('\n', used.size() - 2) + 1);
        if (used.size() < block.text.size()) blocks.put_back(block.text.size() - used.size());
        puts_back = !used.empty();
      }
      n_lines += static_cast<std::size_t>(std::ranges::count(used, '\n'));
      n_bytes += used.size();
    }
    fuzz::require(blocks.found().size() < 100);
  });
  return 0;
}
