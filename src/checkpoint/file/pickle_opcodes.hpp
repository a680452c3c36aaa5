#pragma once

#include <array>
#include <string_view>

#include "movrec/core/state_dict.hpp"

// Of Python's pickletools, protocol 2: those that movrec has ever written.
namespace movrec::pickle {

enum Opcode : unsigned char {
  kProto = 0x80,
  kGlobal = 'c',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kEmptyDict = '}',
  kMark = '(',
  kSetItems = 'u',
  kBinUnicode = 'X',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kBinInt = 'J',
  kLong1 = 0x8a,
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple2 = 0x86,
  kNewFalse = 0x89,
  kBinPersId = 'Q',
  kReduce = 'R',
  kStop = '.',
};

/// The text of a GLOBAL: module and name, each with a line's end.
inline constexpr std::string_view kRebuildTensor = "torch._utils\n_rebuild_tensor_v2\n",
                                  kOrderedDict = "collections\nOrderedDict\n",
                                  kRestoreTypeTag = "torch.jit._pickle\nrestore_type_tag\n";

struct StorageType {
  std::string_view global;
  StateArray::Type type;
};
inline constexpr std::array kStorageTypes{StorageType{"torch\nFloatStorage\n", StateArray::Type::f32},
                                          StorageType{"torch\nDoubleStorage\n", StateArray::Type::f64},
                                          StorageType{"torch\nIntStorage\n", StateArray::Type::i32},
                                          StorageType{"torch\nLongStorage\n", StateArray::Type::i64}};

}  // namespace movrec::pickle
