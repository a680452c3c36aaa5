#include "core/toml_document.hpp"
#include "fuzz.hpp"

using namespace movrec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::may_fail([&] { parse_toml(fuzz::text_of(data, size), "config.toml"); });
  return 0;
}
