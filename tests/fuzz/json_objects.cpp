#include "data/json_objects.hpp"

#include "fuzz.hpp"

using namespace movrec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::may_fail([&] {
    TextBlocks blocks(fuzz::text_of(data, size), "bytes");
    TextBlock block;
    if (!blocks.next(block) || !holds_json_objects(block.text)) return;
    std::vector<std::string> keys = json_keys(block, "bytes");
    if (keys.size() > 5) keys.resize(5);
    JsonObjects objects(block, keys, "bytes");
    std::size_t last = 0;
    do {
      objects.begin(block);
      while (objects.next()) {
        fuzz::require(objects.values().size() == keys.size());
        fuzz::require(objects.number() >= last && objects.number() > 0);
        fuzz::require(objects.fault().size() < 100 &&
                      objects.text().size() <= 3 * size + 1);  // of Windows-1252
        last = objects.number();
        for (const std::string_view value : objects.values())
          fuzz::require(value.size() <= objects.text().size());
      }
      objects.end(blocks);
    } while (blocks.next(block));
  });
  return 0;
}
