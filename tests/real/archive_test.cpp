#include "movrec/fetch/archive.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "movrec/core/digest.hpp"

using namespace movrec;

namespace {

TEST(RealArchive, MembersAreTheOriginalBytes) {
  const char* folder = std::getenv("MOVREC_TEST_DATA");
  if (folder == nullptr) GTEST_SKIP() << "MOVREC_TEST_DATA is not set";
  const auto small = Archive::open(std::filesystem::path(folder) / "ml-100k.zip");
  EXPECT_EQ(small->names().size(), 23u);
  EXPECT_EQ(sha256_hex(small->read("u.data")),
            "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490");
  EXPECT_EQ(sha256_hex(small->read("u.item")),
            "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701");
  const auto large = Archive::open(std::filesystem::path(folder) / "ml-1m.zip");
  EXPECT_EQ(sha256_hex(large->read("movies.dat")),
            "0140fc2356357c1a851d0f52e893a1e4d3696df632c4141cea8d5bc3d621f0b9");
}

}  // namespace
