#pragma once

#include <cstdint>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/file/pickled_checkpoint.hpp"
#include "movrec/core/state_dict.hpp"

namespace movrec {

/// A checkpoint's content, before anybody knows what its algorithm needs.
struct CheckpointFile {
  std::int64_t format = kNewestFormat;
  nlohmann::json meta;
  StateDict ids, model, trainer, added;
};

/// An array that lies in the file.
struct StoredArray {
  std::string_view name;
  StateArray::Type type = StateArray::Type::f32;
  std::vector<std::int64_t> shape;
  std::string_view bytes;
};
using StoredArrays = std::vector<StoredArray>;

/// The records of a checkpoint's bytes, of which nothing is copied, and which live no longer than these.
/// Whatever the bytes, all that is allocated here and by `content` stays within a small multiple of their size.
class CheckpointRecords {
 public:
  /// Error{model} with one line that says why the bytes are no checkpoint, or one of a newer movrec (that has a
  /// why and a remedy, too).
  explicit CheckpointRecords(std::string_view bytes);

  /// Whether they are those that were saved, by the digest and, for what it leaves out, by the zip's checksum.
  bool match_digest() const;
  /// Error{model} if the JSON cannot be read or a weight of the model is not finite.
  CheckpointFile content() const;

 private:
  PickledCheckpoint pickled_;
  bool pickle_is_whole_ = false;  ///< by the zip's checksum
  StoredArrays ids_, model_, trainer_, added_;
};

/// Both of it: Error{model} if the digest is another one.
CheckpointFile read_checkpoint(std::string_view bytes);

/// In the newest format, array by array; the stream is expected to throw when it cannot write.
void write_checkpoint(std::ostream&,
                      const nlohmann::json& meta,
                      const StateDict& ids,
                      const StateDict& model,
                      const StateDict& trainer,
                      const StateDict& added);

}  // namespace movrec
