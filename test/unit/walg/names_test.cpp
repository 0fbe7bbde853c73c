#include "walg/names.hpp"

#include <gtest/gtest.h>

namespace pgcontract::walg {
namespace {

TEST(Names, SegmentsCountWithinFourGigabytes) {
  EXPECT_EQ(segment_name({1, 3}, kDefaultSegmentSize), "000000010000000000000003");
  EXPECT_EQ(segment_name({2, 256}, kDefaultSegmentSize), "000000020000000100000000");
  EXPECT_EQ(parse_segment("000000020000000100000000", kDefaultSegmentSize), (Segment{2, 256}));
  EXPECT_EQ(parse_segment("000000020000000100000100", kDefaultSegmentSize), std::nullopt);
  EXPECT_EQ(parse_segment("00000002000000010000000a", kDefaultSegmentSize), std::nullopt);
  EXPECT_EQ(segment_of(1, 0x3000028, kDefaultSegmentSize), (Segment{1, 3}));
}

TEST(Names, LsnsAsPostgresqlWritesThem) {
  EXPECT_EQ(lsn_text(0x1'0300'0028), "1/3000028");
  EXPECT_EQ(parse_lsn("1/3000028"), 0x1'0300'0028U);
  for (const auto* bad : {"", "/", "1/", "/1", "1", "1/123456789", "x/1"})
    EXPECT_EQ(parse_lsn(bad), std::nullopt) << bad;
}

TEST(Names, WhatArchiveCommandIsGiven) {
  EXPECT_EQ(wal_file_kind("000000010000000000000003"), WalFileKind::Segment);
  EXPECT_EQ(wal_file_kind("000000010000000000000003.partial"), WalFileKind::Partial);
  EXPECT_EQ(wal_file_kind("000000010000000000000003.00000028.backup"), WalFileKind::BackupLabel);
  EXPECT_EQ(wal_file_kind("00000002.history"), WalFileKind::History);
  for (const auto* other : {"", "../../etc/passwd", "000000010000000000000003.json", "00000002.history.lz4"})
    EXPECT_EQ(wal_file_kind(other), WalFileKind::Other) << other;
}

TEST(Names, BackupsAndTheirKeys) {
  EXPECT_TRUE(is_backup_name("base_000000010000000000000004"));
  EXPECT_TRUE(is_backup_name("base_000000010000000000000004_D_000000010000000000000002"));
  EXPECT_FALSE(is_backup_name("base_00000001000000000000000"));
  EXPECT_FALSE(is_backup_name("base_000000010000000000000004/.."));
  EXPECT_EQ(timeline_of("base_0000000A0000000000000004"), 10U);
  const std::string key = sentinel_key("base_000000010000000000000004");
  EXPECT_EQ(key, "basebackups_005/base_000000010000000000000004_backup_stop_sentinel.json");
  EXPECT_EQ(backup_of_sentinel(key), "base_000000010000000000000004");
  EXPECT_EQ(backup_of_sentinel("basebackups_005/x_backup_stop_sentinel.json"), std::nullopt);
}

}  // namespace
}  // namespace pgcontract::walg
