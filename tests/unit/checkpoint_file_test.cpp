// What no file may do to the reader of checkpoints: crash it, make it wait, or make it take much memory.
#include "checkpoint/file/checkpoint_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "checkpoint/file/crc32.hpp"
#include "checkpoint/file/stored_zip.hpp"
#include "movrec/core/files.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using namespace movrec::test;
using namespace std::string_literals;
using testing::HasSubstr;

namespace {

template <class T>
StateArray array(const std::vector<T>& values, std::vector<std::int64_t> shape) {
  return StateArray::of(std::span<const T>(values), std::move(shape));
}

/// Content of every type, with an empty array, a scalar and a matrix.
struct Content {
  nlohmann::json meta{{"algorithm", "bias"}, {"epoch", 3}};
  StateDict ids, model, trainer, added;

  Content() {
    ids.set("users", array<std::int32_t>({3, 5, 8}, {3}));
    model.set("matrix", array<float>({1, 2, 3, 4, 5, 6}, {2, 3}));
    model.set("mean", array<double>({3.5}, {1}));
    trainer.set("step", array<std::int64_t>({1'234'567'890'123}, {}));
    trainer.set("nothing", array<double>({}, {0}));
    added.set("stars", array<float>({4.5F}, {1}));
  }
  std::string bytes() const {
    std::ostringstream out;
    write_checkpoint(out, meta, ids, model, trainer, added);
    return out.str();
  }
};

void expect_equal(const StateDict& a, const StateDict& b) {
  ASSERT_EQ(a.arrays().size(), b.arrays().size());
  for (const auto& [name, array] : a.arrays()) {
    EXPECT_EQ(array.type, b.get(name).type) << name;
    EXPECT_EQ(array.shape, b.get(name).shape) << name;
    EXPECT_EQ(array.bytes, b.get(name).bytes) << name;
  }
}
void expect_equal(const CheckpointFile& a, const CheckpointFile& b) {
  EXPECT_EQ(a.format, b.format);
  EXPECT_EQ(a.meta, b.meta);
  expect_equal(a.ids, b.ids);
  expect_equal(a.model, b.model);
  expect_equal(a.trainer, b.trainer);
  expect_equal(a.added, b.added);
}

/// "message | why" of the Error{model} that reading gives.
std::string error_of(std::string_view bytes) {
  try {
    read_checkpoint(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_EQ(error.message().find('\n'), std::string::npos);
    return error.message() + " | " + error.why();
  }
  return "no error";
}

std::string archive_of(const std::string& pickle, const std::vector<std::string>& records = {}) {
  std::ostringstream out;
  StoredZipWriter zip(out);
  for (std::size_t n = 0; n < records.size(); ++n) zip.add("archive/data/" + std::to_string(n), records[n]);
  zip.add("archive/data.pkl", pickle);
  zip.finish();
  return out.str();
}

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
std::string text(const std::string& of) {
  return "X" + raw(static_cast<std::uint32_t>(of.size())) + of;
}
std::string integer(std::int64_t value) {
  return "\x8a\x08" + raw(value);
}
std::string integers(const std::vector<std::int64_t>& values) {
  std::string out = "(";
  for (const std::int64_t value : values) out += integer(value);
  return out + "t";
}
const std::string kBegin = "\x80\x02}("s + text("movrec_format") + "K\x03"s;

/// A pickle with one array in its model, whose parts may lie.
std::string pickle_of_array(const std::string& shape,
                            const std::string& strides,
                            std::int64_t n_stored,
                            std::int64_t offset = 0,
                            const std::string& type = "FloatStorage",
                            const std::string& copies = "") {
  const std::string array = "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + type +
                            "\n" + text("0") + text("cpu") + integer(n_stored) + "tQ" + integer(offset) +
                            shape + strides + "\x89" + "ccollections\nOrderedDict\n)RtR";
  std::string arrays = text("a") + array;
  for (const char name : copies) arrays += text(std::string(1, name)) + array;
  return kBegin + text("meta") + text("{}") + text("ids") + "}(u" + text("model") + "}(" + arrays + "u" +
         text("trainer") + "}(u" + text("added") + "}(u" + text("digest") + text("") + "u.";
}

TEST(CheckpointBytes, HoldWhatWasWritten) {
  const Content content;
  const CheckpointFile read = read_checkpoint(content.bytes());
  EXPECT_EQ(read.format, 3);
  EXPECT_EQ(read.meta, content.meta);
  expect_equal(read.ids, content.ids);
  expect_equal(read.model, content.model);
  expect_equal(read.trainer, content.trainer);
  expect_equal(read.added, content.added);
}

TEST(CheckpointBytes, CarryTheZipChecksum) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);  // the check value of CRC-32/ISO-HDLC
  EXPECT_EQ(crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339U);
  EXPECT_EQ(crc32(""), 0U);
}

// Torture 2: one flipped bit in a shape, stride or offset used to crash.
TEST(CheckpointBytes, AreRefusedOrTheSameWithAnyBitFlipped) {
  const std::string bytes = Content().bytes();
  const CheckpointFile whole = read_checkpoint(bytes);
  std::size_t n_refused = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    try {
      expect_equal(read_checkpoint(damaged), whole);  // dates, padding and the like
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
      ++n_refused;
    }
  }
  EXPECT_GT(n_refused, 4 * bytes.size());
}

std::filesystem::path in_tests(const std::string& path) {
  return std::filesystem::path(MOVREC_SOURCE_DIR) / "tests" / path;
}

// What LibTorch's pickler wrote, up to format 2.
TEST(CheckpointBytes, OfOldFormatsAreRefusedOrTheSameWithAnyBitFlipped) {
  const std::string bytes = read_file(in_tests("golden/formats1and2/popularity.pt"));
  const CheckpointFile whole = read_checkpoint(bytes);
  EXPECT_EQ(whole.format, 1);
  EXPECT_EQ(whole.model.values<std::int32_t>("counts", 25).size(), 25U);
  EXPECT_EQ(read_checkpoint(read_file(in_tests("golden/formats1and2/ease-updated.pt"))).format, 2);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); bit += 3) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    try {
      expect_equal(read_checkpoint(damaged), whole);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
    }
  }
}

TEST(CheckpointBytes, OfTheFuzzersCorpusAreUnderstood) {
  for (const auto& [name, format] :
       {std::pair{"format1", 1}, {"format3", 3}, {"format3_empty", 3}, {"popularity", 1}}) {
    const std::string bytes = read_file(in_tests("fuzz/corpus/checkpoint/") / name);
    EXPECT_EQ(CheckpointRecords(bytes).content().format, format) << name;
  }
}

TEST(CheckpointBytes, AreRefusedOrTheSameWithAnyBitOfThePickleFlipped) {
  const std::string whole = pickle_of_array(integers({2, 3}), integers({3, 1}), 6);
  const auto arrays = [](const std::string& pickle) {
    return CheckpointRecords(archive_of(pickle, {std::string(24, '\0')})).content();
  };
  const CheckpointFile expected = arrays(whole);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    try {
      // The zip's checksum is right here; what is left is a name, a digest, or another format.
      EXPECT_EQ(arrays(damaged).model.arrays().size(), 1U) << bit;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
    }
  }
}

TEST(CheckpointBytes, AreRefusedWhenCutAnywhere) {
  const std::string bytes = Content().bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_THAT(error_of(bytes.substr(0, size)), HasSubstr("cut short")) << size;
  EXPECT_THAT(error_of(bytes + "\0"s), HasSubstr("cut short"));
}

TEST(CheckpointBytes, AreRefusedWhenTheirFormatIsNoneOrNewer) {
  const auto of_format = [](const std::string& number) {
    return error_of(archive_of("\x80\x02}("s + text("movrec_format") + number + "whatever comes then"));
  };
  EXPECT_EQ(of_format("K\x04"s),
            "it was written by a newer movrec | its format is 4, this program knows up to 3");
  EXPECT_EQ(of_format("K\0"s), "its format is 0, which no movrec has ever written | ");
  EXPECT_EQ(of_format("J\xff\xff\xff\xff"s), "its format is -1, which no movrec has ever written | ");
  EXPECT_THAT(error_of(archive_of("\x80\x02}("s + text("epoch") + "K\x03u."s)),
              HasSubstr("no movrec format number"));
}

// Torture 3: hand-made files that used to end in SIGSEGV or SIGABRT.
TEST(CheckpointBytes, AreRefusedWhenHandMade) {
  std::string tuples = kBegin + text("meta"), tags = "\x80\x02"s;
  for (int depth = 0; depth < 1'000'000; ++depth) tuples += ")\x85"s;
  for (int depth = 0; depth < 5'000; ++depth) tags += "ctorch.jit._pickle\nrestore_type_tag\n";
  const std::vector<std::pair<const char*, std::string>> pickles{
      {"nothing", ""},
      {"a stack underflow", "\x80\x02R."s},
      {"an end without a value", "\x80\x02."s},
      {"a million nested tuples", tuples + "u."},
      {"nested type tags", tags + "."},
      {"a memo of 4 G entries", kBegin + text("meta") + text("{}") + "r\xff\xff\xff\xff"s},
      {"a number of the memo that is not there", kBegin + "j\xff\xff\xff\x7f"s},
      {"a text longer than the file", kBegin + "X\xff\xff\xff\xff"s},
      {"somebody's function",
       "\x80\x02"
       "cos\nsystem\n" +
           text("true") + "\x85R."},
      {"a name without an end",
       "\x80\x02"
       "cos\nsystem"s},
      {"an unknown section", kBegin + text("more") + "}(u" + text("digest") + text("") + "u."},
      {"a section twice", kBegin + text("ids") + "}(u" + text("ids") + "}(uu."},
      {"no sections", kBegin + "u."},
  };
  for (const auto& [what, pickle] : pickles)
    EXPECT_THAT(error_of(archive_of(pickle)), HasSubstr("was not written")) << what;
}

TEST(CheckpointBytes, AreRefusedWhenAnArrayLies) {
  const std::vector<std::string> record{std::string(24, '\0')};
  const auto refused = [&](const std::string& pickle) { return error_of(archive_of(pickle, record)); };
  EXPECT_THAT(refused(pickle_of_array(integers({2, 3}), integers({3, 1}), 6)),
              HasSubstr("digest"));  // else right
  EXPECT_THAT(refused(pickle_of_array(integers({6}), integers({1}), 6)), HasSubstr("digest"));
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  for (const std::string& pickle : {
           pickle_of_array(integers({2, 3}), integers({3, 1}), 0),
           pickle_of_array(integers({1'000'000}), integers({1}), 0),
           pickle_of_array(integers({0}), integers({1}), 6),
           pickle_of_array(integers({2, 3}), integers({1, 2}), 6),
           pickle_of_array(integers({2, 3}), integers({kHuge, 1}), 6),
           pickle_of_array(integers({6}), integers({0}), 6),
           pickle_of_array(integers({6}), integers({-1}), 6),
           pickle_of_array(integers({-6}), integers({1}), -6),
           pickle_of_array(integers({-2, -3}), integers({-3, 1}), 6),
           pickle_of_array(integers({kHuge, 4}), integers({4, 1}), 0),
           pickle_of_array(integers({kHuge}), integers({1}), kHuge),
           pickle_of_array(integers({6}), integers({1}), 6, 1),
           pickle_of_array(integers({6}), integers({1}), 6, -kHuge),
           pickle_of_array(integers({6}), integers({1, 1}), 6),
           pickle_of_array(integers({5}), integers({1}), 5),
           pickle_of_array(integers({12}), integers({1}), 12, 0, "HalfStorage"),
           pickle_of_array(integers({24}), integers({1}), 24, 0, "ByteStorage"),
           pickle_of_array(integers({6}), integers({1}), 6, 0, "DoubleStorage"),
           pickle_of_array(integers(std::vector<std::int64_t>(1000, 1)),
                           integers(std::vector<std::int64_t>(1000, 1)), 1),
       })
    EXPECT_THAT(refused(pickle), HasSubstr("was not written by movrec"));
}

// Torture 4: what is small must stay small.
TEST(CheckpointBytes, AreRefusedWhenManyArraysShareOneRecord) {
  const std::string large(1'000'000, '\0');
  EXPECT_THAT(error_of(archive_of(pickle_of_array(integers({250'000}), integers({1}), 250'000), {large})),
              HasSubstr("digest"));
  EXPECT_THAT(error_of(archive_of(pickle_of_array(integers({250'000}), integers({1}), 250'000, 0,
                                                  "FloatStorage", "bcdefghijklmnopqrstuvwxyz"),
                                  {large})),
              HasSubstr("was not written"));
}

TEST(CheckpointBytes, AreRefusedWhenTheirRecordsAreCompressed) {
  const TempDir dir;
  const std::filesystem::path path = dir / "bomb.pt";
  write_zip(path, {{.name = "archive/data.pkl", .content = std::string(10'000'000, 'X')}});
  ASSERT_LT(std::filesystem::file_size(path), 100'000U);
  EXPECT_THAT(error_of(read_file(path)), HasSubstr("was not written by movrec"));
  write_zip(path, {{.name = "archive/data.pkl", .content = "X", .encrypted = true, .deflated = false}});
  EXPECT_THAT(error_of(read_file(path)), HasSubstr("was not written by movrec"));
}

TEST(CheckpointBytes, AreRefusedWhenTheZipLies) {
  const std::string bytes = Content().bytes();
  const std::size_t directory = bytes.find("PK\x01\x02"), end64 = bytes.find("PK\x06\x06");
  ASSERT_NE(directory, bytes.npos);
  const auto with = [&](std::size_t at, const std::string& lie) {
    std::string lying = bytes;
    return lying.replace(at, lie.size(), lie);
  };
  const std::string lies32 = raw(std::uint32_t{0xFFFFFFFE}), lies64 = raw(~std::uint64_t{0} - 7);
  for (const std::size_t at : {20U, 24U, 42U})  // a record's sizes and place
    EXPECT_THAT(error_of(with(directory + at, lies32)), HasSubstr("cut short")) << at;
  EXPECT_THAT(error_of(with(directory + 20, lies32 + lies32)), HasSubstr("cut short"));
  EXPECT_THAT(error_of(with(directory + 28, "\xff\xff\xff\xff\xff\xff"s)), HasSubstr("cut short"));
  for (const std::size_t at : {32U, 40U, 48U})  // the directory's number of records, size and place
    EXPECT_THAT(error_of(with(end64 + at, lies64)), HasSubstr("cut short")) << at;
}

TEST(CheckpointBytes, AreRefusedWhenAWeightIsNotFinite) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Content content;
    content.model.set("matrix", array<float>({1, static_cast<float>(value)}, {2}));
    EXPECT_EQ(error_of(content.bytes()), "array 'matrix' of its model holds a number that is not finite | ");
    content.model.set("matrix", array<double>({1, value}, {2}));
    EXPECT_EQ(error_of(content.bytes()), "array 'matrix' of its model holds a number that is not finite | ");
  }
}

// `members` nested 20,000 deep used to exhaust the stack.
TEST(CheckpointBytes, AreRefusedWhenTheirJsonIsNested) {
  Content content;
  nlohmann::json nested = nlohmann::json::object();
  for (int depth = 0; depth < 100; ++depth) nested = nlohmann::json{{"members", {std::move(nested)}}};
  content.meta = nested;
  EXPECT_THAT(error_of(content.bytes()), HasSubstr("was not written by movrec"));

  const auto of_meta = [](const std::string& meta) {
    std::string pickle = pickle_of_array(integers({6}), integers({1}), 6);
    const std::string empty = text("{}");
    pickle.replace(pickle.find(empty), empty.size(), text(meta));
    return archive_of(pickle, {std::string(24, '\0')});
  };
  std::string deep;
  for (int depth = 0; depth < 20'000; ++depth) deep += R"({"members":[)";
  for (const std::string& meta : {deep, std::string(1'000'000, '['), "{\"a\":"s, "\xff"s, ""s, "1e999"s})
    EXPECT_THROW(CheckpointRecords(of_meta(meta)).content(), Error);
  EXPECT_NO_THROW(CheckpointRecords(of_meta("{}")).content());
}

}  // namespace
