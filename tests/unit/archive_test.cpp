#include "movrec/fetch/archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using movrec::test::TempDir;
using movrec::test::write_text;
using movrec::test::write_zip;
using movrec::test::ZipEntry;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// "message | why" of the Error{data} that `body` must throw.
std::string data_error(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_EQ(error.message().find('\n'), std::string::npos);
    return error.message() + " | " + error.why();
  }
  return "no error";
}

std::string open_error(const std::filesystem::path& path) {
  return data_error([&] { Archive::open(path); });
}

TEST(Archive, ReadsAZipByBaseName) {
  TempDir dir;
  write_zip(dir / "ml.zip", {{"ml/"},
                             {"ml/ratings.dat", "1::2::3::4\n"},
                             {"ml/u1.base", std::string(100'000, 'x') + "end", 0, false, false},
                             {"ml/empty.csv", ""},
                             {"./README", "top"}});
  const auto archive = Archive::open(dir / "ml.zip");
  EXPECT_THAT(archive->names(), ElementsAre("README", "empty.csv", "ratings.dat", "u1.base"));
  EXPECT_TRUE(archive->contains("ratings.dat"));
  EXPECT_FALSE(archive->contains("ml/ratings.dat"));
  EXPECT_FALSE(archive->contains("ml"));
  EXPECT_EQ(archive->read("ratings.dat"), "1::2::3::4\n");
  EXPECT_EQ(archive->read("ratings.dat"), "1::2::3::4\n") << "a member can be read twice";
  EXPECT_EQ(archive->read("u1.base"), std::string(100'000, 'x') + "end");
  EXPECT_EQ(archive->read("empty.csv"), "");
  EXPECT_EQ(archive->describe("ratings.dat"), "ml.zip:ratings.dat");
  EXPECT_THAT(data_error([&] { archive->read("movies.dat"); }), HasSubstr("ml.zip has no file 'movies.dat'"));
}

TEST(Archive, ReadsAFolderAlike) {
  TempDir dir;
  write_text(dir / "ml/ratings.dat", "1::2::3::4\n");
  write_text(dir / "ml/a/b/tags.csv", "t");
  write_text(dir / "ml/a/b/c/too_deep.csv", "t");
  const auto archive = Archive::open(dir / "ml");
  EXPECT_THAT(archive->names(), ElementsAre("ratings.dat", "tags.csv"));
  EXPECT_EQ(archive->read("ratings.dat"), "1::2::3::4\n");
  EXPECT_EQ(archive->describe("ratings.dat"), (dir / "ml/ratings.dat").string());
  EXPECT_EQ(archive->describe("absent"), (dir / "ml/absent").string());
  EXPECT_THAT(data_error([&] { archive->read("absent"); }), HasSubstr("has no file 'absent'"));
}

TEST(Archive, LeavesOutHiddenFiles) {
  TempDir dir;
  const std::vector<ZipEntry> entries{{"ml/.DS_Store", "x"},
                                      {"ml/movies.dat", "m"},
                                      {"__MACOSX/ml/._movies.dat", "x"},
                                      {"__MACOSX/ml/movies.dat", "x"},
                                      {".git/config", "x"}};
  write_zip(dir / "ml.zip", entries);
  for (const ZipEntry& entry : entries) write_text(dir / "folder" / entry.name, entry.content);
  for (const auto& path : {dir / "ml.zip", dir / "folder"}) {
    const auto archive = Archive::open(path);
    EXPECT_THAT(archive->names(), ElementsAre("movies.dat"));
    EXPECT_EQ(archive->read("movies.dat"), "m");
  }
}

TEST(Archive, PrefersTheFileNearestToTheTop) {
  TempDir dir;
  const std::vector<ZipEntry> entries{
      {"old/ratings.csv", "old"}, {"ratings.csv", "new"}, {"a/tags.csv", "1"}, {"b/tags.csv", "2"}};
  write_zip(dir / "ml.zip", entries);
  for (const ZipEntry& entry : entries) write_text(dir / "folder" / entry.name, entry.content);
  for (const auto& path : {dir / "ml.zip", dir / "folder"}) {
    const auto archive = Archive::open(path);
    EXPECT_EQ(archive->read("ratings.csv"), "new");
    EXPECT_THAT(data_error([&] { archive->read("tags.csv"); }), HasSubstr("has two files 'tags.csv'"));
  }
}

TEST(Archive, RefusesWhatIsNoArchive) {
  TempDir dir;
  EXPECT_THAT(open_error(dir / "absent.zip"), HasSubstr("absent.zip: No such file or directory"));
  write_text(dir / "page.zip", "<html>not a zip</html>");
  EXPECT_THAT(open_error(dir / "page.zip"), HasSubstr("page.zip is not a readable zip"));
  write_text(dir / "empty.zip", "");
  EXPECT_THAT(open_error(dir / "empty.zip"), HasSubstr("empty.zip is not a readable zip"));
  EXPECT_THAT(open_error("/dev/null"), HasSubstr("neither a folder nor a regular file"));
}

TEST(Archive, RefusesNamesThatLeadOutside) {
  TempDir dir;
  const auto path = dir / "evil.zip";
  const auto error_of = [&](const std::string& name) {
    write_zip(path, {{"ml/ratings.dat", "fine"}, {name, "evil"}});
    return open_error(path);
  };
  EXPECT_THAT(error_of("../../evil"), HasSubstr("entry '../../evil' is refused | its name leads out"));
  EXPECT_THAT(error_of("ml/../../evil"), HasSubstr("its name leads out"));
  EXPECT_THAT(error_of("ml/.."), HasSubstr("its name leads out"));
  EXPECT_THAT(error_of("../"), HasSubstr("its name leads out"));
  EXPECT_THAT(error_of("/etc/passwd"), HasSubstr("its name is absolute"));
  EXPECT_THAT(error_of("C:/evil"), HasSubstr("its name is absolute"));
  EXPECT_THAT(error_of("..\\evil"), HasSubstr("its name has a backslash"));
  EXPECT_EQ(error_of("ml/..hidden.."), "no error");
  test::patch_file(path, "ml/..hidden..", "ml/\033[2Jdden..");
  EXPECT_THAT(open_error(path), HasSubstr("'ml/?[2Jdden..' is refused | its name has control characters"));
}

TEST(Archive, RefusesLinksDevicesAndSecrets) {
  TempDir dir;
  const auto path = dir / "evil.zip";
  write_zip(path, {{"ratings.dat", "/etc/passwd", S_IFLNK | 0777}});
  EXPECT_THAT(open_error(path), HasSubstr("'ratings.dat' is refused | it is a symbolic link"));
  write_zip(path, {{"ratings.dat", "", S_IFIFO | 0644}});
  EXPECT_THAT(open_error(path), HasSubstr("it is not a regular file"));
  write_zip(path, {{"ratings.dat", "1::2::3::4", 0, true}});
  EXPECT_THAT(open_error(path), HasSubstr("it is encrypted"));
}

TEST(Archive, RefusesDuplicates) {
  TempDir dir;
  write_zip(dir / "evil.zip", {{"ml/a1.dat", "one"}, {"ml/a2.dat", "two"}});
  test::patch_file(dir / "evil.zip", "ml/a2.dat", "ml/a1.dat");
  EXPECT_THAT(open_error(dir / "evil.zip"), HasSubstr("the archive has two entries of this name"));
}

TEST(Archive, RefusesBombs) {
  TempDir dir;
  write_zip(dir / "bomb.zip", {{"ratings.dat", std::string(4'000'000, '\0')}});
  EXPECT_THAT(open_error(dir / "bomb.zip"), HasSubstr("over 200 times its compressed size"));

  write_zip(dir / "dense.zip", {{"ratings.dat", std::string(3000, '\0')}});
  EXPECT_EQ(open_error(dir / "dense.zip"), "no error") << "a high ratio, though below 200";
}

TEST(Archive, FindsDamage) {
  TempDir dir;
  const auto path = dir / "ml.zip";
  const std::string content = "196\t242\t3\t881250949\n186\t302\t3\t891717742\n";
  write_zip(path, {{"u.data", content, 0, false, false}, {"u.item", "fine"}});
  const std::string whole = read_file(path);
  test::patch_file(path, "881250949", "881250948");
  const auto archive = Archive::open(path);
  EXPECT_THAT(data_error([&] { archive->read("u.data"); }), HasSubstr("'u.data' is refused | CRC error"));
  EXPECT_EQ(archive->read("u.item"), "fine");

  for (const std::size_t size : {std::size_t{1}, whole.size() / 2, whole.size() - 30, whole.size() - 1}) {
    write_text(path, whole.substr(0, size));
    EXPECT_THAT(open_error(path), HasSubstr("damaged or cut short")) << size;
  }
  // Bytes missing in the middle, as after a broken resume.
  write_text(path, whole.substr(0, 40) + whole.substr(50));
  EXPECT_NE(data_error([&] { Archive::open(path)->read("u.item"); }), "no error");
}

TEST(Archive, RefusesEntriesThatShareTheirBytes) {
  TempDir dir;
  const auto path = dir / "overlap.zip";
  write_zip(path, {{"a", std::string(500, 'a'), 0, false, false}, {"b", "", 0, false, false}});
  // The second entry's sizes in the central directory become those of the first.
  std::string bytes = read_file(path);
  const std::size_t central = bytes.rfind("PK\001\002");
  for (const std::size_t at : {std::size_t{20}, std::size_t{24}}) bytes.replace(central + at, 2, "\xf4\x01");
  write_text(path, bytes);
  EXPECT_THAT(open_error(path), HasSubstr("'b' is refused | it shares its bytes with another entry"));
}

TEST(Archive, ReadsWhatWasWrittenToAPipe) {
  // `zip -r - ml | cat`: sizes follow the data, and the local header does not know them.
  const unsigned char piped[] = {
      0x50, 0x4b, 0x03, 0x04, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0xce, 0x02, 0x75, 0x5d, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x1c, 0x00, 0x6d, 0x6c, 0x2f, 0x55,
      0x54, 0x09, 0x00, 0x03, 0x44, 0xe4, 0x00, 0x6b, 0x44, 0xe4, 0x00, 0x6b, 0x75, 0x78, 0x0b, 0x00, 0x01,
      0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x08,
      0x00, 0x08, 0x00, 0xce, 0x02, 0x75, 0x5d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00,
      0x00, 0x00, 0x08, 0x00, 0x1c, 0x00, 0x6d, 0x6c, 0x2f, 0x61, 0x2e, 0x64, 0x61, 0x74, 0x55, 0x54, 0x09,
      0x00, 0x03, 0x44, 0xe4, 0x00, 0x6b, 0x44, 0xe4, 0x00, 0x6b, 0x75, 0x78, 0x0b, 0x00, 0x01, 0x04, 0x00,
      0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0xcb, 0xc8, 0xe4, 0x02, 0x00, 0x50, 0x4b, 0x07, 0x08,
      0x7a, 0x7a, 0x6f, 0xed, 0x05, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x50, 0x4b, 0x01, 0x02, 0x1e,
      0x03, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0xce, 0x02, 0x75, 0x5d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
      0x00, 0xed, 0x41, 0x00, 0x00, 0x00, 0x00, 0x6d, 0x6c, 0x2f, 0x55, 0x54, 0x05, 0x00, 0x03, 0x44, 0xe4,
      0x00, 0x6b, 0x75, 0x78, 0x0b, 0x00, 0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00,
      0x50, 0x4b, 0x01, 0x02, 0x1e, 0x03, 0x14, 0x00, 0x08, 0x00, 0x08, 0x00, 0xce, 0x02, 0x75, 0x5d, 0x7a,
      0x7a, 0x6f, 0xed, 0x05, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x08, 0x00, 0x18, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0xa4, 0x81, 0x3d, 0x00, 0x00, 0x00, 0x6d, 0x6c, 0x2f, 0x61, 0x2e,
      0x64, 0x61, 0x74, 0x55, 0x54, 0x05, 0x00, 0x03, 0x44, 0xe4, 0x00, 0x6b, 0x75, 0x78, 0x0b, 0x00, 0x01,
      0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00,
      0x00, 0x02, 0x00, 0x02, 0x00, 0x97, 0x00, 0x00, 0x00, 0x94, 0x00, 0x00, 0x00, 0x00, 0x00,
  };
  TempDir dir;
  write_text(dir / "piped.zip", {std::begin(piped), std::end(piped)});
  EXPECT_EQ(Archive::open(dir / "piped.zip")->read("a.dat"), "hi\n");
}

TEST(Archive, ASizeThatLiesIsFound) {
  TempDir dir;
  const auto path = dir / "ml.zip";
  // 300 random-looking bytes compress badly, so that neither claim below is a bomb's ratio.
  std::string content;
  for (unsigned i = 0, x = 1; i < 300; ++i)
    content += static_cast<char>((x = x * 1103515245u + 12345u) >> 16);
  write_zip(path, {{"ratings.dat", content}});
  const auto little_endian = [](std::uint32_t n) {
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(n >> shift & 0xff);
    return bytes;
  };
  const std::string whole = read_file(path);
  for (const std::uint32_t claimed : {200U, 400U}) {
    write_text(path, whole);
    test::patch_file(path, little_endian(300), little_endian(claimed));
    EXPECT_THAT(data_error([&] { Archive::open(path)->read("ratings.dat"); }), HasSubstr("is refused"));
  }
}

}  // namespace
