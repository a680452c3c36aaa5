#include "movrec/fetch/archive.hpp"
#include "fuzz.hpp"

using namespace movrec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  fuzz::may_fail([&] {
    const auto archive = Archive::open(file.path());
    for (const std::string& name : archive->names()) fuzz::may_fail([&] { archive->read(name); });
  });
  return 0;
}
