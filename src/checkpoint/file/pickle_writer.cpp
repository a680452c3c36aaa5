#include <algorithm>
#include <concepts>
#include <limits>
#include <utility>

#include "checkpoint/file/pickle_opcodes.hpp"
#include "checkpoint/file/pickled_checkpoint.hpp"

namespace movrec {
namespace {

using namespace pickle;

class PickleWriter {
 public:
  void write(Opcode op) { out_.push_back(static_cast<char>(op)); }
  template <std::integral T>
  void raw(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  void write(std::string_view string) {
    if (string.size() > std::numeric_limits<std::uint32_t>::max())
      fail(ErrorKind::failure, "a text of {} bytes is too long for a checkpoint", string.size());
    write(kBinUnicode);
    raw(static_cast<std::uint32_t>(string.size()));
    out_.append(string);
  }

  void write(std::int64_t number) {
    if (std::in_range<std::uint8_t>(number)) {
      write(kBinInt1);
      raw(static_cast<std::uint8_t>(number));
    } else if (std::in_range<std::int32_t>(number)) {
      write(kBinInt);
      raw(static_cast<std::int32_t>(number));
    } else {
      write(kLong1);
      raw(std::uint8_t{8});
      raw(number);
    }
  }

  void write_global(std::string_view name) {
    write(kGlobal);
    out_.append(name);
  }

  void write(const std::vector<std::int64_t>& numbers) {
    write(kMark);
    for (const std::int64_t number : numbers) write(number);
    write(kTuple);
  }

  void write(const StateArray& array, std::size_t record) {
    write_global(kRebuildTensor);
    for (const Opcode op : {kMark, kMark}) write(op);
    write(std::string_view("storage"));
    write_global(std::ranges::find(kStorageTypes, array.type, &StorageType::type)->global);
    write(std::string_view(std::to_string(record)));
    write(std::string_view("cpu"));
    write(static_cast<std::int64_t>(array.bytes.size() / size_of(array.type)));
    for (const Opcode op : {kTuple, kBinPersId}) write(op);
    write(std::int64_t{0});  // the offset
    write(array.shape);
    std::vector<std::int64_t> strides(array.shape.size(), 1);
    for (std::size_t d = strides.size(); d-- > 1;) strides[d - 1] = strides[d] * array.shape[d];
    write(strides);
    write(kNewFalse);
    write_global(kOrderedDict);
    for (const Opcode op : {kEmptyTuple, kReduce, kTuple, kReduce}) write(op);
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace

std::string write_pickle(std::string_view meta, const NamedStates& states, std::string_view digest) {
  PickleWriter out;
  out.write(kProto);
  out.raw(std::uint8_t{2});
  for (const Opcode op : {kEmptyDict, kMark}) out.write(op);
  out.write(std::string_view("movrec_format"));
  out.write(kNewestFormat);
  out.write(std::string_view("meta"));
  out.write(meta);
  std::size_t record = 0;
  for (const auto& [section, state] : states) {
    out.write(section);
    for (const Opcode op : {kEmptyDict, kMark}) out.write(op);
    for (const auto& [name, array] : state->arrays()) {
      out.write(std::string_view(name));
      out.write(array, record++);
    }
    out.write(kSetItems);
  }
  out.write(std::string_view("digest"));
  out.write(digest);
  for (const Opcode op : {kSetItems, kStop}) out.write(op);
  return out.take();
}

}  // namespace movrec
