// Any bytes as a checkpoint: an Error{model}, or arrays that lie within the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "checkpoint/file/checkpoint_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace movrec;
  try {
    const CheckpointRecords records({reinterpret_cast<const char*>(data), size});
    records.match_digest();  // which hardly any input does: go on as if
    const CheckpointFile file = records.content();
    std::size_t n_bytes = 0;
    for (const StateDict* state : {&file.ids, &file.model, &file.trainer, &file.added})
      for (const auto& [name, array] : state->arrays()) n_bytes += array.bytes.size();
    if (n_bytes > size) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::model) std::abort();
  }
  return 0;
}
