#include <algorithm>
#include <cstring>

#include "checkpoint/file/pickle_opcodes.hpp"
#include "checkpoint/file/pickled_checkpoint.hpp"
#include "checkpoint/file/refused.hpp"

namespace movrec {
namespace {

using namespace pickle;

constexpr std::size_t kMaxDimensions = 8;

class PickleReader {
 public:
  explicit PickleReader(std::string_view text) : text_(text) {}

  PickledCheckpoint read() {
    PickledCheckpoint out;
    expect(kProto);
    if (opcode() != 2) refuse_damaged();
    read_dict([&](std::string_view key) { read_entry(key, out); });
    expect(kStop);
    const std::size_t n_expected = out.format >= kFormatOfAdded ? 7 : 6;
    if (at_ != text_.size() || keys_.size() != n_expected) refuse_damaged();
    return out;
  }

 private:
  /// What is looked at as a whole: a string, or the text of a GLOBAL.
  struct Atom {
    bool is_global = false;
    std::string_view text;
  };

  void read_entry(std::string_view key, PickledCheckpoint& out) {
    if (keys_.empty()) {
      if (key != "movrec_format") throw Error(ErrorKind::model, "it holds no movrec format number");
      out.format = read_format();
    } else if (key == "meta") {
      out.meta = string();
    } else if (key == "digest") {
      out.digest = string();
    } else if (key == "ids") {
      out.ids = arrays();
    } else if (key == "model") {
      out.model = arrays();
    } else if (key == "trainer") {
      out.trainer = arrays();
    } else if (key == "added" && out.format >= kFormatOfAdded) {
      out.added = arrays();
    } else {
      refuse_damaged();
    }
    if (std::ranges::find(keys_, key) != keys_.end()) refuse_damaged();
    keys_.push_back(key);
  }

  /// A newer file is known before anything is read that this program may not understand.
  std::int64_t read_format() {
    const std::int64_t format = integer();
    if (format > kNewestFormat)
      throw Error(ErrorKind::model, "it was written by a newer movrec",
                  fmt::format("its format is {}, this program knows up to {}", format, kNewestFormat),
                  "update movrec");
    if (format < 1) fail(ErrorKind::model, "its format is {}, which no movrec has ever written", format);
    return format;
  }

  template <class ReadValue>
  void read_dict(ReadValue&& read_value) {
    const bool is_tagged = peek() != kEmptyDict;
    if (is_tagged && global() != kRestoreTypeTag) refuse_damaged();
    expect(kEmptyDict);
    expect(kMark);
    while (peek() != kSetItems) read_value(string());
    expect(kSetItems);
    if (is_tagged) {
      const std::string_view tag = string();
      if (tag != "Dict[str, Any]" && tag != "Dict[str, Tensor]") refuse_damaged();
      expect(kTuple2);
      expect(kReduce);
      memoize({});
    }
  }

  std::vector<PickledArray> arrays() {
    std::vector<PickledArray> out;
    read_dict([&](std::string_view name) {
      if (!out.empty() && name <= out.back().name) refuse_damaged();
      out.push_back(array(name));
    });
    return out;
  }

  PickledArray array(std::string_view name) {
    PickledArray out;
    out.name = name;
    if (global() != kRebuildTensor) refuse_damaged();
    expect(kMark);
    const std::int64_t n_stored = read_storage(out);
    if (integer() != 0) refuse_damaged();  // the offset
    out.shape = integers();
    const std::vector<std::int64_t> strides = integers();
    expect(kNewFalse);
    if (global() != kOrderedDict) refuse_damaged();
    for (const Opcode op : {kEmptyTuple, kReduce, kTuple, kReduce}) expect(op);
    memoize({});
    if (n_stored != n_elements(out.shape, strides)) refuse_damaged();
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(n_stored), size_of(out.type), &out.n_bytes))
      refuse_damaged();
    return out;
  }

  /// The number of its elements.
  std::int64_t read_storage(PickledArray& out) {
    expect(kMark);
    if (string() != "storage") refuse_damaged();
    const auto type = std::ranges::find(kStorageTypes, global(), &StorageType::global);
    if (type == kStorageTypes.end()) refuse_damaged();
    out.type = type->type;
    out.record = string();
    if (string() != "cpu") refuse_damaged();
    const std::int64_t n = integer();
    expect(kTuple);
    expect(kBinPersId);
    memoize({});
    return n;
  }

  /// Of a row-major array; what strides say of dimensions of one element, or of none at all, means nothing.
  static std::int64_t n_elements(const std::vector<std::int64_t>& shape,
                                 const std::vector<std::int64_t>& strides) {
    if (shape.size() != strides.size()) refuse_damaged();
    if (std::ranges::any_of(shape, [](std::int64_t n) { return n < 0; })) refuse_damaged();
    if (std::ranges::find(shape, 0) != shape.end()) return 0;
    std::int64_t product = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (shape[d] != 1 && strides[d] != product) refuse_damaged();
      if (__builtin_mul_overflow(product, shape[d], &product)) refuse_damaged();
    }
    return product;
  }

  std::string_view string() {
    const Atom found = atom();
    if (found.is_global) refuse_damaged();
    return found.text;
  }
  std::string_view global() {
    const Atom found = atom();
    if (!found.is_global) refuse_damaged();
    return found.text;
  }

  Atom atom() {
    switch (opcode()) {
      case kBinUnicode: {
        const Atom string{false, bytes(number<std::uint32_t>())};
        memoize(string);
        return string;
      }
      case kGlobal: {
        const std::size_t line = text_.find('\n', at_);
        const std::size_t end = line == text_.npos ? line : text_.find('\n', line + 1);
        if (end == text_.npos) refuse_damaged();
        const Atom global{true, bytes(end + 1 - at_)};
        memoize(global);
        return global;
      }
      case kBinGet:
        return memo(number<std::uint8_t>());
      case kLongBinGet:
        return memo(number<std::uint32_t>());
      default:
        refuse_damaged();
    }
  }

  Atom memo(std::size_t at) const {
    if (at >= memo_.size()) refuse_damaged();
    return memo_[at];
  }
  /// If the pickle asks for it, which it does with ascending numbers.
  void memoize(const Atom& what) {
    std::size_t at = 0;
    if (peek() == kBinPut)
      ++at_, at = number<std::uint8_t>();
    else if (peek() == kLongBinPut)
      ++at_, at = number<std::uint32_t>();
    else
      return;
    if (at != memo_.size()) refuse_damaged();
    memo_.push_back(what);
  }

  std::int64_t integer() {
    switch (opcode()) {
      case kBinInt1:
        return number<std::uint8_t>();
      case kBinInt2:
        return number<std::uint16_t>();
      case kBinInt:
        return number<std::int32_t>();
      case kLong1:
        if (number<std::uint8_t>() != 8) refuse_damaged();
        return number<std::int64_t>();
      default:
        refuse_damaged();
    }
  }

  std::vector<std::int64_t> integers() {
    std::vector<std::int64_t> out;
    if (peek() == kEmptyTuple) {
      ++at_;
      return out;
    }
    expect(kMark);
    while (peek() != kTuple) {
      if (out.size() == kMaxDimensions) refuse_damaged();
      out.push_back(integer());
    }
    expect(kTuple);
    return out;
  }

  std::string_view bytes(std::size_t n) {
    if (n > text_.size() - at_) refuse_damaged();
    at_ += n;
    return text_.substr(at_ - n, n);
  }
  template <class T>
  T number() {
    T value{};
    std::memcpy(&value, bytes(sizeof value).data(), sizeof value);
    return value;
  }
  unsigned char opcode() { return number<unsigned char>(); }
  unsigned char peek() const {
    if (at_ == text_.size()) refuse_damaged();
    return static_cast<unsigned char>(text_[at_]);
  }
  void expect(Opcode op) {
    if (opcode() != op) refuse_damaged();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Atom> memo_;
  std::vector<std::string_view> keys_;  ///< of the root
};

}  // namespace

std::size_t size_of(StateArray::Type type) {
  return type == StateArray::Type::f32 || type == StateArray::Type::i32 ? 4 : 8;
}

PickledCheckpoint read_pickle(std::string_view pickle) {
  return PickleReader(pickle).read();
}

}  // namespace movrec
