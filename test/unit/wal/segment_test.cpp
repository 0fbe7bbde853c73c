#include "wal/segment.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace pgcontract::wal {
namespace {

constexpr std::uint64_t kSize = walg::kDefaultSegmentSize;
constexpr std::uint64_t kCluster = 7'654'321'000'111'222'333;

std::string page(std::uint32_t timeline, std::uint64_t address, std::uint16_t magic = 0xD110, std::uint16_t info = 2,
                 std::uint32_t size = kSize) {
  std::string bytes(kLongHeader, '\0');
  const std::uint32_t block = 8192;
  std::memcpy(bytes.data(), &magic, 2);
  std::memcpy(bytes.data() + 2, &info, 2);
  std::memcpy(bytes.data() + 4, &timeline, 4);
  std::memcpy(bytes.data() + 8, &address, 8);
  std::memcpy(bytes.data() + 24, &kCluster, 8);
  std::memcpy(bytes.data() + 32, &size, 4);
  std::memcpy(bytes.data() + 36, &block, 4);
  return bytes;
}

std::string refusal(const std::string& bytes, std::string_view name, std::uint64_t size = kSize,
                    std::optional<std::uint64_t> cluster = kCluster) {
  const auto facts = read_segment_facts(bytes, std::string(name));
  if (!facts) return facts.error().message;
  const auto checked = check_segment(*facts, name, size, cluster);
  return checked ? "" : checked.error().message;
}

TEST(Segment, WhatItsNameSaysIsAccepted) {
  EXPECT_EQ(refusal(page(1, 3 * kSize), "000000010000000000000003"), "");
  EXPECT_EQ(refusal(page(1, 3 * kSize), "000000010000000000000003.partial"), "");
  EXPECT_EQ(refusal(page(1, 256 * kSize), "000000010000000100000000"), "");
  EXPECT_EQ(refusal(page(1, 3 * kSize), "000000010000000000000003", kSize, std::nullopt), "");
  constexpr std::uint32_t kSmall = 1 << 20;
  EXPECT_EQ(refusal(page(1, 5 * kSmall, 0xD110, 2, kSmall), "000000010000000000000005", kSmall), "");
}

TEST(Segment, TheFirstPageOfANewTimelineMayBeOfTheOldOne) {
  EXPECT_EQ(refusal(page(1, 3 * kSize), "000000020000000000000003"), "");
  EXPECT_NE(refusal(page(3, 3 * kSize), "000000020000000000000003"), "");
  EXPECT_NE(refusal(page(0, 3 * kSize), "000000020000000000000003"), "");
}

TEST(Segment, WhatDiffersIsRefused) {
  const std::string name = "000000010000000000000003";
  EXPECT_NE(refusal(page(1, 4 * kSize), name).find("recycled"), std::string::npos);
  EXPECT_NE(refusal(page(1, 3 * kSize), name, kSize - 1).find("cut off"), std::string::npos);
  EXPECT_NE(refusal(page(1, 3 * kSize), name, kSize, kCluster + 1).find("system identifier"), std::string::npos);
  EXPECT_NE(refusal(page(1, 3 * kSize, 0xD106), name).find("D106"), std::string::npos);
  EXPECT_NE(refusal(page(1, 3 * kSize, 0xD110, 0), name).find("long header"), std::string::npos);
  EXPECT_NE(refusal(std::string(kLongHeader, '\0'), name).find("zeros"), std::string::npos);
  EXPECT_NE(refusal("", name).find("0 bytes"), std::string::npos);
  EXPECT_NE(refusal(page(1, 3 * kSize, 0xD110, 2, 12345), name).find("12345"), std::string::npos);
  EXPECT_NE(refusal(page(1, 3 * kSize), "000000010000000000000100").find("no segment"), std::string::npos);
  EXPECT_NE(refusal(page(1, 3 * kSize), "00000002.history"), "");
}

TEST(Segment, EveryServerHasItsMagicNumber) {
  EXPECT_EQ(major_of_magic(0xD10D), 14);
  EXPECT_EQ(major_of_magic(0xD110), 15);
  EXPECT_EQ(major_of_magic(0xD113), 16);
  EXPECT_EQ(major_of_magic(0xD116), 17);
  EXPECT_EQ(major_of_magic(0xD118), 18);
  EXPECT_EQ(major_of_magic(0xD117), std::nullopt);
}

}  // namespace
}  // namespace pgcontract::wal
