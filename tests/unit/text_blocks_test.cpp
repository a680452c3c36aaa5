#include "data/text_blocks.hpp"

#include <bzlib.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <thread>
#include <vector>

#include "data/encodings.hpp"
#include "data/members.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/core/utf8.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using test::error_of;
using namespace std::string_literals;
using movrec::test::TempDir;
using movrec::test::write_text;
using movrec::test::write_zip;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// All of a text, after a look at each block: whole lines, and the number of its first.
std::string all_of(TextBlocks& blocks) {
  std::string text;
  TextBlock block;
  while (blocks.next(block)) {
    EXPECT_FALSE(block.text.empty());
    EXPECT_EQ(block.text.back(), '\n');
    EXPECT_EQ(block.first_line, 1 + static_cast<std::size_t>(std::ranges::count(text, '\n')));
    text += block.text;
  }
  EXPECT_TRUE(blocks.is_last());
  return text;
}

struct Understood {
  std::string text, found;
};
Understood read_bytes(std::string_view bytes) {
  TextBlocks blocks(bytes, "R");
  std::string text = all_of(blocks);
  return {std::move(text), blocks.found()};
}
Understood read_path(const std::string& path) {
  TextBlocks blocks(path);
  std::string text = all_of(blocks);
  return {std::move(text), blocks.found()};
}

Error error_of_bytes(std::string_view bytes) {
  return error_of([&] { read_bytes(bytes); });
}

std::string gzipped(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string bzipped(std::string text) {
  std::string out(text.size() + text.size() / 10 + 1000, '\0');
  auto n = static_cast<unsigned>(out.size());
  EXPECT_EQ(
      BZ2_bzBuffToBuffCompress(out.data(), &n, text.data(), static_cast<unsigned>(text.size()), 1, 0, 0),
      BZ_OK);
  out.resize(n);
  return out;
}
std::string xzipped(std::string_view text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t n = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, nullptr,
                                    reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                    reinterpret_cast<std::uint8_t*>(out.data()), &n, out.size()),
            LZMA_OK);
  out.resize(n);
  return out;
}
std::string zstandard(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}
/// What `zstd --long=27` writes: it must be unpacked with 128 MiB of memory, however little it holds.
std::string zstandard_of_wide_window(std::string_view text) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_outBuffer written{out.data(), out.size(), 0};
  ZSTD_inBuffer nothing{nullptr, 0, 0}, all{text.data(), text.size(), 0};
  ZSTD_compressStream2(context, &written, &all,
                       ZSTD_e_continue);  // of an unknown length, so that the window is named
  ZSTD_compressStream2(context, &written, &nothing, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(written.pos);
  return out;
}
std::string utf16(std::string_view text, bool little_endian, bool bom) {
  std::string out;
  const auto put = [&](char32_t unit) {
    const char high = static_cast<char>(unit >> 8U), low = static_cast<char>(unit & 0xFFU);
    out += little_endian ? low : high;
    out += little_endian ? high : low;
  };
  if (bom) put(0xFEFF);
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (c >= 0x10000) {
      put(0xD800 + ((c - 0x10000) >> 10U));
      put(0xDC00 + ((c - 0x10000) & 0x3FFU));
    } else {
      put(c);
    }
  }
  return out;
}

constexpr std::string_view kText = "user,item,rating\n1,Amélie,5\n2,日本 🎬,4\n";

/// Lines of changing length, more than two blocks of them.
std::string long_text() {
  std::string text;
  for (std::int64_t i = 0; text.size() < (std::size_t{9} << 20); ++i)
    text += std::to_string(i * 7919 % 100'003) + "::3::4::978300760\n";
  return text;
}

TEST(TextBlocks, GivesPlainTextAsItIs) {
  EXPECT_EQ(read_bytes(kText).text, kText);
  EXPECT_EQ(read_bytes(kText).found, "");
  EXPECT_EQ(read_bytes("\xEF\xBB\xBF" + std::string(kText)).text, kText);
  EXPECT_EQ(read_bytes("a").text, "a\n");
  EXPECT_EQ(read_bytes("a\nb").text, "a\nb\n");
  EXPECT_EQ(read_bytes("\n\na\n\n").text, "\n\na\n\n");
}

TEST(TextBlocks, CutsLongTextsIntoWholeLines) {
  const std::string text = long_text();
  EXPECT_TRUE(read_bytes(text).text == text);
  const TempDir dir;
  write_text(dir / "r.dat", text + "last");
  EXPECT_TRUE(read_path((dir / "r.dat").string()).text == text + "last\n") << "mapped";
  write_text(dir / "r.gz", gzipped(text + "last"));
  EXPECT_TRUE(read_path((dir / "r.gz").string()).text == text + "last\n") << "through buffers";
}

TEST(TextBlocks, ViewsAPlainFileWithoutACopy) {
  const std::string text = long_text();
  TextBlocks blocks(text, "R");
  TextBlock block;
  ASSERT_TRUE(blocks.next(block));
  EXPECT_EQ(block.text.data(), text.data());
  const char* const next = text.data() + block.text.size();
  EXPECT_FALSE(blocks.is_last());
  ASSERT_TRUE(blocks.next(block));
  EXPECT_EQ(block.text.data(), next);
}

TEST(TextBlocks, EndsEveryLineByOneLineFeed) {
  EXPECT_EQ(read_bytes("a\r\nb\r\n").text, "a\nb\n");
  EXPECT_EQ(read_bytes("a\r\nb\r\n").found, "");
  EXPECT_EQ(read_bytes("a\r\nb\nc\r\nd").text, "a\nb\nc\nd\n");
  EXPECT_EQ(read_bytes("a\rb\rc").text, "a\nb\nc\n");
  EXPECT_EQ(read_bytes("a\rb\rc\r").text, "a\nb\nc\n");
  EXPECT_EQ(read_bytes("a\rb\r").found, "CR line ends");
  EXPECT_EQ(read_bytes("a\rb\n").text, "a\rb\n") << "where LF ends lines, a CR alone does not";
  EXPECT_EQ(read_bytes("a\r\r\nb\r\n").text, "a\r\nb\n");
}

TEST(TextBlocks, KeepsCrlfAndCrTogetherAcrossBlocks) {
  for (const std::string_view end : {"\r\n", "\r"}) {
    std::string text, expected;
    for (int i = 0; text.size() < (std::size_t{9} << 20); ++i) {
      text += std::to_string(i) + std::string(end);
      expected += std::to_string(i) + "\n";
    }
    EXPECT_TRUE(read_bytes(text).text == expected);
    EXPECT_TRUE(read_bytes(gzipped(text)).text == expected);
  }
  // Where CRs end lines, a block is cut before the one whose LF may come next.
  std::string text(std::size_t{5} << 20, '\r');
  for (std::size_t i = 0; i < text.size(); i += 3) text[i] = 'x';
  for (std::size_t i = std::size_t{2} << 20; i + 2 < text.size(); i += 3) text[i + 2 - i % 3] = '\n';
  std::string expected;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\n' || text[i - 1] != '\r') expected += text[i] == '\r' ? '\n' : text[i];
  if (expected.back() != '\n') expected += '\n';
  EXPECT_TRUE(read_bytes(gzipped(text)).text == expected);
}

TEST(TextBlocks, UnpacksWhatItsContentSaysIsCompressed) {
  EXPECT_EQ(read_bytes(gzipped(kText)).text, kText);
  EXPECT_EQ(read_bytes(gzipped(kText)).found, "gzip");
  EXPECT_EQ(read_bytes(bzipped(std::string(kText))).text, kText);
  EXPECT_EQ(read_bytes(bzipped(std::string(kText))).found, "bzip2");
  EXPECT_EQ(read_bytes(xzipped(kText)).text, kText);
  EXPECT_EQ(read_bytes(xzipped(kText)).found, "xz");
  EXPECT_EQ(read_bytes(zstandard(kText)).text, kText);
  EXPECT_EQ(read_bytes(zstandard(kText)).found, "zstd");
  EXPECT_EQ(read_bytes(gzipped(bzipped(utf16(kText, true, true)))).found, "gzip, bzip2, UTF-16");
  EXPECT_EQ(read_bytes(gzipped(bzipped(utf16(kText, true, true)))).text, kText);
}

TEST(TextBlocks, ReadsAllMembersOfACompressedFile) {
  EXPECT_EQ(read_bytes(gzipped("a\n") + gzipped("b") + gzipped("c\n")).text, "a\nbc\n");
  EXPECT_EQ(read_bytes(gzipped("a\n") + std::string(600, '\0')).text, "a\n") << "as gzip does";
  EXPECT_EQ(read_bytes(bzipped("a\n") + bzipped("b\n")).text, "a\nb\n");
  EXPECT_EQ(read_bytes(xzipped("a\n") + xzipped("b\n")).text, "a\nb\n");
  EXPECT_EQ(read_bytes(zstandard("a\n") + zstandard("b\n")).text, "a\nb\n");
}

TEST(TextBlocks, RefusesCompressedDataThatIsCutShortOrDamaged) {
  std::string text;
  for (unsigned i = 0; i < 60'000; ++i) text += std::to_string(i * 2654435761U) + "\n";
  for (const auto& packed : {gzipped(text), bzipped(text), xzipped(text), zstandard(text)}) {
    ASSERT_GT(packed.size(), 250'000U);
    for (const std::size_t size : {packed.size() / 2, packed.size() - 1, std::size_t{20}}) {
      const Error error = error_of_bytes(std::string_view(packed).substr(0, size));
      EXPECT_EQ(error.kind(), ErrorKind::data);
      EXPECT_THAT(error.message(),
                  AllOf(testing::StartsWith("R is cut short: its "), HasSubstr("data ends too early")));
      EXPECT_THAT(error.remedy(), HasSubstr("again"));
    }
    std::string damaged = packed;
    damaged[packed.size() / 2] = static_cast<char>(damaged[packed.size() / 2] ^ 0x10);
    EXPECT_THAT(error_of_bytes(damaged).message(), testing::StartsWith("R is damaged: its "));
  }
  std::string checksum = gzipped(kText);
  checksum[checksum.size() - 8] = static_cast<char>(checksum[checksum.size() - 8] ^ 1);
  EXPECT_THAT(error_of_bytes(checksum).message(), HasSubstr("damaged"));
  EXPECT_THAT(error_of_bytes(gzipped("a\n") + "rubbish").message(), HasSubstr("damaged"));
}

TEST(TextBlocks, RefusesCompressedDataThatNeedsMuchMemory) {
  const Error error = error_of_bytes(zstandard_of_wide_window(kText));
  EXPECT_EQ(error.message(), "R needs too much memory to unpack its zstd data");
  EXPECT_EQ(error.remedy(), "zstd -dc --memory=2GB 'R' | movrec … ‹data› -");
}

TEST(TextBlocks, ReadsAZipOfOneFile) {
  const TempDir dir;
  const std::string text = long_text().substr(0, 200'000) + '\n';
  write_zip(dir / "one.csv", {{.name = "data/"}, {.name = "data/any.name", .content = text}});
  const Understood one = read_path((dir / "one.csv").string());
  EXPECT_TRUE(one.text == text);
  EXPECT_EQ(one.found, "zip");
  write_zip(dir / "gz.zip", {{.name = "r.gz", .content = gzipped(kText)}});
  EXPECT_EQ(read_path((dir / "gz.zip").string()).found, "zip, gzip");

  write_zip(dir / "two.zip", {{.name = "a.csv", .content = "1"}, {.name = "b.csv", .content = "2"}});
  const Error two = error_of([&] { read_path((dir / "two.zip").string()); });
  EXPECT_THAT(two.message(), HasSubstr("two.zip is a zip of 2 files"));
  EXPECT_EQ(two.why(), "it holds a.csv, b.csv");
  write_zip(dir / "book.xlsx",
            {{.name = "xl/workbook.xml", .content = "<"}, {.name = "mimetype", .content = "m"}});
  EXPECT_THAT(error_of([&] { read_path((dir / "book.xlsx").string()); }).remedy(),
              testing::MatchesRegex("python3 -c .*read_excel\\('.*book.xlsx'\\).*"));
  write_zip(dir / "zip.zip", {{.name = "in.zip", .content = "PK\x03\x04" + std::string(99, 'x')}});
  EXPECT_THAT(error_of([&] { read_path((dir / "zip.zip").string()); }).remedy(),
              HasSubstr("unpack it first"));
}

TEST(TextBlocks, ReadsMembersOfADataSet) {
  const TempDir dir;
  const std::string packed = gzipped(kText);
  write_zip(dir / "set.zip",
            {{.name = "set/r.dat", .content = packed}, {.name = "set/m.dat", .content = "1"}});
  write_text(dir / "r.dat", packed);
  for (const bool is_zip : {true, false}) {
    const Members members = is_zip ? Members::of_archive(dir / "set.zip") : Members::beside(dir / "m.dat");
    TextBlocks blocks = members.text("r.dat");
    EXPECT_EQ(all_of(blocks), kText);
    EXPECT_EQ(blocks.name(), members.describe("r.dat"));
    EXPECT_EQ(blocks.found(), "gzip");
  }
}

TEST(TextBlocks, ReadsUtf16InEitherOrderWithAndWithoutAMark) {
  for (const bool little : {true, false})
    for (const bool bom : {true, false}) {
      const Understood understood = read_bytes(utf16(kText, little, bom));
      EXPECT_EQ(understood.text, kText);
      EXPECT_EQ(understood.found, "UTF-16");
      EXPECT_EQ(read_bytes(utf16("a\r\nb\r\n", little, bom)).text, "a\nb\n");
    }
  const std::string text = long_text();
  EXPECT_TRUE(read_bytes(utf16(text, true, true)).text == text);
  EXPECT_THAT(error_of_bytes(utf16("a\n", true, true) + "x").message(), HasSubstr("cut short"));
  EXPECT_EQ(error_of_bytes("\xFF\xFE"
                           "a\0\n\0\x00\xDC"s)
                .message(),
            "R:2: not valid UTF-16");
  EXPECT_THAT(error_of_bytes("\xFF\xFE"
                             "a\0\n\0\x00\xD8"s)
                  .message(),
              HasSubstr("cut short"));
  EXPECT_EQ(error_of_bytes("\xFF\xFE").message(), "R is empty");
}

TEST(TextBlocks, TakesForWindows1252WhatIsNotUtf8) {
  const Understood understood = read_bytes("1,Am\xE9lie,5\n2,\x80 \x93q\x94,3\n3,\xC3\xA9\xFC,2\n");
  EXPECT_EQ(understood.text, "1,Amélie,5\n2,€ “q”,3\n3,Ã©ü,2\n");
  EXPECT_EQ(understood.found, "latin-1");
  EXPECT_EQ(read_bytes("\xE9\r\xE8").text, "é\nè\n");
  // An accent far beyond the first block.
  const std::string text = long_text();
  EXPECT_TRUE(read_bytes(text + "\xE9\n").text == text + "é\n");
}

TEST(TextBlocks, RefusesUtf8ThatBreaks) {
  const Error error = error_of_bytes("é\nè\n\xE9 x\n");
  EXPECT_EQ(error.message(), "R:3: not valid UTF-8");
  EXPECT_EQ(error.why(), "the byte \\xe9 is none, though other text is UTF-8");
  EXPECT_THAT(error.remedy(), HasSubstr("iconv -c -f UTF-8 -t UTF-8 'R'"));
  EXPECT_EQ(error_of_bytes("a\n\xC3\nä\nö\n").message(), "R:2: not valid UTF-8")
      << "one damaged place, the first";
  const std::string text = long_text();
  const auto n_lines = std::ranges::count(text, '\n');
  EXPECT_EQ(error_of_bytes("é\n" + text + "\xE9\n").message(),
            "R:" + std::to_string(n_lines + 2) + ": not valid UTF-8");
  EXPECT_THAT(error_of_bytes("\xE9\n" + text + "é\n").why(), HasSubstr("before is latin-1"));
}

TEST(TextBlocks, RefusesNulBytesByTheirLine) {
  const Error error = error_of_bytes("1,2,3\n1,2,3\n1,\0,3\n"s);
  EXPECT_EQ(error.message(), "R:3: holds a NUL byte");
  EXPECT_THAT(error.remedy(), HasSubstr("tr -d '\\000' < 'R' > 'R.txt'"));
  EXPECT_EQ(error_of_bytes("a\rb\r\0"s).message(), "R:3: holds a NUL byte");
}

TEST(TextBlocks, RefusesLinesBeyondAMebibyteByTheirNumber) {
  const std::string most(TextBlocks::kMostOfLine, 'x'), over = most + "x";
  EXPECT_TRUE(read_bytes("a\n" + most + "\nb\n").text == "a\n" + most + "\nb\n");
  const std::string endless(std::size_t{10} << 20, 'x');
  for (const std::string& line : {over, endless})
    for (const std::string& text : {"a\nb\n" + line, "a\nb\n" + line + "\nc\n", long_text() + line + "\n"}) {
      const auto number = 1 + std::ranges::count(text.substr(0, text.find('x')), '\n');
      const std::string expected = "R:" + std::to_string(number) + ": the line is longer than 1 MiB";
      EXPECT_EQ(error_of_bytes(text).message(), expected);
      if (line.size() == over.size()) {
        EXPECT_EQ(error_of_bytes(gzipped(text)).message(), expected);
      }
    }
}

TEST(TextBlocks, RefusesWhatIsEmptyOrNoText) {
  for (const std::string& nothing : {""s, "\xEF\xBB\xBF"s, gzipped(""), zstandard("")})
    EXPECT_EQ(error_of_bytes(nothing).message(), "R is empty");
  struct Case {
    std::string head, what, command;
  };
  const std::vector<Case> cases = {
      {"PAR1", "a Parquet file", "pd.read_parquet('R').to_csv('R.csv', index=False)\""},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an Excel workbook", "pd.read_excel('R')"},
      {"\x89HDF\r\n\x1A\n", "an HDF5 file", "pd.read_hdf('R')"},
      {"ARROW1", "a Feather (Arrow) file", "pd.read_feather('R')"},
      {"Obj\1", "an Avro file", "avro-tools tojson 'R' > 'R.json'"},
      {"\x80\x04\x95", "a Python pickle", "pd.read_pickle('R')"},
      {"\x93NUMPY", "a NumPy array", "np.load('R')"},
      {"SQLite format 3\0"s, "an SQLite database", "sqlite3 -header -csv 'R'"},
      {"%PDF-1.7", "a PDF", "csv"},
      {std::string(257, 'n') + "ustar", "a tar archive", "tar -xf 'R'"},
      {"\n<!DOCTYPE html>", "a web page, not the data", "head 'R'"},
      {"\xFF\xFE\0\0"s, "text in UTF-32", "iconv -f UTF-32 -t UTF-8 'R'"},
  };
  for (const Case& c : cases) {
    for (const std::string& bytes :
         {c.head + std::string(400, '\1'), gzipped(c.head + std::string(400, '\1'))}) {
      const Error error = error_of_bytes(bytes);
      EXPECT_EQ(error.kind(), ErrorKind::data);
      EXPECT_EQ(error.message(), "R is " + c.what + ": expected text");
      EXPECT_THAT(error.remedy(), HasSubstr(c.command));
    }
  }
}

TEST(TextBlocks, GivesAgainWhatIsPutBack) {
  const std::string text = long_text();
  for (const std::string& bytes : {text, gzipped(text)}) {
    TextBlocks blocks(bytes, "R");
    TextBlock block;
    std::string got;
    std::size_t n_blocks = 0;
    while (blocks.next(block)) {
      ++n_blocks;
      ASSERT_EQ(block.first_line, 1U + static_cast<std::size_t>(std::ranges::count(got, '\n')));
      std::string_view used = block.text;
      if (!blocks.is_last()) {
        used = used.substr(0, used.rfind('\n', used.size() - 100) + 1);
        blocks.put_back(block.text.size() - used.size());
      }
      got += used;
    }
    EXPECT_TRUE(got == text);
    EXPECT_GE(n_blocks, 3U);
  }
  TextBlocks blocks(std::string_view("a\nb"), "R");
  TextBlock block;
  ASSERT_TRUE(blocks.next(block));
  ASSERT_EQ(block.text, "a\n");
  blocks.put_back(2);
  ASSERT_TRUE(blocks.next(block));
  EXPECT_EQ(block.text, "a\nb\n");
  blocks.put_back(2);
  ASSERT_TRUE(blocks.next(block));
  EXPECT_EQ(block.text, "b\n");
  EXPECT_EQ(block.first_line, 2U);
  EXPECT_FALSE(blocks.next(block));
}

TEST(TextBlocks, ReadsAPipeOnceAndSaysSo) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const std::string text = long_text();
  std::thread writer([&, fd = ends[1]] {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    ::close(fd);
  });
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  EXPECT_TRUE(read_path(path).text == text);
  writer.join();
  const Error again = error_of([&] { read_path(path); });
  EXPECT_EQ(again.message(), path + " was read before and cannot be read again");
  EXPECT_EQ(again.remedy(), "save it to a file, and name that");
  ::close(ends[0]);
}

TEST(TextBlocks, ReadsStandardInputFromWhereItStands) {
  const TempDir dir;
  write_text(dir / "r.csv", "a\nb\n");
  const int before = ::dup(STDIN_FILENO);
  const int file = ::open((dir / "r.csv").c_str(), O_RDONLY);
  ::dup2(file, STDIN_FILENO);
  EXPECT_EQ(read_path("-").text, "a\nb\n");
  EXPECT_EQ(read_path("-").text, "a\nb\n") << "of a file, twice";
  ::lseek(STDIN_FILENO, 2, SEEK_SET);
  EXPECT_EQ(read_path("-").text, "b\n");
  ::close(STDIN_FILENO);
  const Error closed = error_of([&] { read_path("-"); });
  if (before >= 0) ::dup2(before, STDIN_FILENO);
  EXPECT_EQ(closed.message(), "standard input is closed");
  ::close(file);
  ::close(before);
}

TEST(TextBlocks, NamesWhatCannotBeOpened) {
  const TempDir dir;
  EXPECT_THAT(error_of([&] { read_path((dir / "absent").string()); }).message(), HasSubstr("No such file"));
  EXPECT_THAT(error_of([&] { read_path(dir.path().string()); }).message(), HasSubstr("it is a folder"));
}

TEST(TextBlocks, StopsBetweenBlocksAndInAWait) {
  const std::string text = long_text();
  StopToken token;
  const RunScope scope({nullptr, &token});
  TextBlocks blocks(text, "R");
  TextBlock block;
  ASSERT_TRUE(blocks.next(block));
  token.request(2);
  EXPECT_THROW(blocks.next(block), Interrupted);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  EXPECT_THROW(TextBlocks("/dev/fd/" + std::to_string(ends[0])), Interrupted) << "nobody writes to it";
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(TextBlocks, LeavesAPipeThatIsSilentInTheMiddle) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const std::string text = long_text().substr(0, (std::size_t{8} << 20) + 1000);  // more fits the pipe itself
  std::thread writer([&, fd = ends[1]] {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
  });
  {
    TextBlocks blocks("/dev/fd/" + std::to_string(ends[0]));
    TextBlock block;
    ASSERT_TRUE(blocks.next(block));
    ASSERT_TRUE(blocks.next(block));
  }  // while the third block waits for an end that does not come
  writer.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Encodings, FindsTheFirstByteThatIsNotUtf8) {
  for (const std::size_t n : {0, 1, 31, 32, 63, 64, 65, 200}) {
    const std::string ascii(n, 'a');
    EXPECT_EQ(valid_utf8_length(ascii), n);
    EXPECT_EQ(valid_utf8_length(ascii + "é€🎬" + ascii), 2 * n + 9);
    for (const std::string_view bad :
         {"\xE9", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"})
      EXPECT_EQ(valid_utf8_length(ascii + "é" + std::string(bad)), n + 2);
  }
}

TEST(Encodings, SeesWhatAReaderMustTakeCareOf) {
  for (const std::size_t n : {0, 5, 63, 64, 100, 127, 128, 500}) {
    const std::string text(n, 'a');
    EXPECT_FALSE(byte_kinds(text).has_nul || byte_kinds(text).has_cr || byte_kinds(text).has_non_ascii);
    EXPECT_TRUE(byte_kinds(text + '\0' + text).has_nul);
    EXPECT_TRUE(byte_kinds(text + '\r' + text).has_cr);
    EXPECT_TRUE(byte_kinds(text + '\xE9' + text).has_non_ascii);
    EXPECT_EQ(count_line_feeds(std::string(n, '\n') + text + "\n"), n + 1);
  }
}

}  // namespace
