#include "walg/documents.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>

#include "walg/names.hpp"

namespace pgcontract::walg {
namespace {

// As wal-g writes it for a full backup (one line in reality).
constexpr std::string_view kFull =
    R"({"LSN":33554472,"PgVersion":150004,"FinishLSN":33554752,"SystemIdentifier":7300000000000000001,)"
    R"("UncompressedSize":30000000,"CompressedSize":4000000,"DataCatalogSize":40000000,"ChkpNum":null,)"
    R"("Version":2,"StartTime":"2026-01-02T03:04:05.123456Z","FinishTime":"2026-01-02T03:04:07.5Z",)"
    R"("DateFmt":"%Y-%m-%dT%H:%M:%S.%fZ","Hostname":"db1","DataDir":"/var/lib/postgresql/15/main","IsPermanent":false})";

TEST(Sentinel, IsPrintedToTheLetter) {
  const auto sentinel = parse_sentinel(kFull, "s");
  ASSERT_TRUE(sentinel) << sentinel.error().describe();
  EXPECT_EQ(sentinel->system_identifier, 7300000000000000001U);  // more than a double holds
  EXPECT_EQ(print_sentinel(*sentinel), kFull);
}

TEST(Sentinel, TablespacesAndDeltas) {
  Sentinel sentinel = *parse_sentinel(kFull, "s");
  sentinel.base_prefix = "/var/lib/postgresql/15/main/";
  sentinel.tablespaces = {{"16385", "/mnt/ts1/"}};
  sentinel.delta_from = "base_000000010000000000000002_D_000000010000000000000001";
  sentinel.delta_full_name = "base_000000010000000000000001";
  sentinel.delta_lsn = 16777256;
  sentinel.delta_count = 2;
  const std::string text = print_sentinel(sentinel);
  EXPECT_NE(text.find(R"("Spec":{"base_prefix":"/var/lib/postgresql/15/main","tablespaces":["16385"],)"
                      R"("16385":{"loc":"/mnt/ts1","link":"pg_tblspc/16385"}})"),
            std::string::npos)
      << text;
  const auto again = parse_sentinel(text, "s");
  ASSERT_TRUE(again) << again.error().describe();
  EXPECT_EQ(again->tablespaces.at(0).location, "/mnt/ts1");
  EXPECT_EQ(again->delta_lsn, 16777256U);
  EXPECT_EQ(print_sentinel(*again), text);
}

TEST(Sentinel, IsReadAsLenientlyAsWalgReads) {
  const auto sentinel = parse_sentinel(
      R"({"lsn":33554472,"finishlsn":33554752,"new":{"deep":[1]},"ChkpNum":7,"spec":null,"DeltaFromLSN":5})", "s");
  ASSERT_TRUE(sentinel) << sentinel.error().describe();
  EXPECT_EQ(sentinel->lsn, 33554472U);
}

TEST(Sentinel, WhatIsNoneIsRefused) {
  const std::vector<std::string> none = {
      "",
      "[]",
      "{}",
      "{\"LSN\":1",
      R"({"LSN":"0/2000028","FinishLSN":5})",
      R"({"LSN":-3,"FinishLSN":5})",
      R"({"LSN":9,"FinishLSN":5})",
      R"({"LSN":9,"FinishLSN":18446744073709551616})",
      R"({"LSN":1,"FinishLSN":2,"DeltaFrom":"../x","DeltaFullName":"base_000000010000000000000001","DeltaLSN":1})",
      R"({"LSN":1,"FinishLSN":2,"Spec":{"base_prefix":"/d","tablespaces":["../../etc"],"../../etc":{"loc":"/x"}}})",
      R"({"LSN":1,"FinishLSN":2,"Spec":{"base_prefix":"/d","tablespaces":["1"],"1":{"loc":"relative"}}})",
      "{\"LSN\":1,\"a\":" + std::string(100'000, '[') + "}"};
  for (const auto& text : none) EXPECT_FALSE(parse_sentinel(text, "s")) << text.substr(0, 200);
}

TEST(Metadata, AMarkChangesNothingElse) {
  const Sentinel sentinel = *parse_sentinel(kFull, "s");
  std::string text = print_metadata(sentinel, false);
  text.insert(text.size() - 1, R"(,"user_data":{"of":["somebody",1.5]})");
  const auto marked = marked_metadata(text, true, "m");
  ASSERT_TRUE(marked);
  EXPECT_TRUE(parse_metadata(*marked, "m")->is_permanent);
  EXPECT_EQ(*marked_metadata(*marked, false, "m"), text);
  EXPECT_EQ(parse_metadata(text, "m")->system_identifier, 7300000000000000001U);
}

TEST(Times, OfAnyFractionAndOffset) {
  const auto time = [](std::string_view text) {
    const auto instant = parse_time(text);
    return instant ? format_instant(*instant) : "none";
  };
  EXPECT_EQ(time("2026-01-02T03:04:05.123456Z"), "2026-01-02T03:04:05.123Z");
  EXPECT_EQ(time("2026-01-02T03:04:05.5+01:00"), "2026-01-02T02:04:05.500Z");
  EXPECT_EQ(time("2026-01-02T03:04:05-00:30"), "2026-01-02T03:34:05.000Z");
  for (const auto* bad : {"", "yesterday", "2026-01-02", "2026-13-02T03:04:05Z", "2026-01-02T03:04:05"})
    EXPECT_EQ(time(bad), "none") << bad;
}

TEST(Manifest, ComesBackAsItWent) {
  Manifest manifest;
  manifest.backup = "base_000000010000000000000004";
  manifest.program = "pgcontract 0.1.0";
  manifest.system_identifier = 7300000000000000001U;
  manifest.segment_size = kDefaultSegmentSize;
  manifest.start_lsn = 33554472;
  manifest.finish_lsn = 33554752;
  manifest.objects = {{"tar_partitions/part_001.tar.zst", 5, "ab"}};
  const std::string text = print_manifest(manifest);
  const auto again = parse_manifest(text, "m");
  ASSERT_TRUE(again) << again.error().describe();
  EXPECT_EQ(print_manifest(*again), text);
  std::string other = text;
  other.replace(other.find("\"version\":1"), 11, "\"version\":9");
  EXPECT_EQ(parse_manifest(other, "m").error().code, ErrorCode::Unsupported);
}

TEST(Manifest, FilesWhoseNamesAreNoText) {
  for (const std::string name : {"base/1/1259", "odd \"name\"\n", "latin \xE4"}) {
    const ManifestFile file{name, 'f', 0600, 8192, "ab", "2026-01-02T03:04:05.000000001Z", "part_001.tar.zst"};
    const std::string line = print_manifest_file(file);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto again = parse_manifest_file(line, "f");
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_EQ(again->name, name);
    EXPECT_EQ(again->mtime, file.mtime);
  }
  EXPECT_FALSE(parse_manifest_file(R"({"name":"x","kind":"l","part":"p"})", "f"));
}

class FilesMetadata : public testing::Test {
 protected:
  FilesMetadata() {
    std::string path = testing::TempDir() + "files-metadata." + std::string(6, 'X');
    directory_ = mkdtemp(path.data());
    StoreLocation location;
    location.url = "file://" + directory_;
    store_ = std::move(*store::open_store(location, directory_));
  }
  ~FilesMetadata() override { std::filesystem::remove_all(directory_); }

  // Every entry in one text, or the error.
  std::string read(std::string_view text) {
    const std::string name = "base_000000010000000000000004";
    EXPECT_TRUE(store::put_text(*store_, files_metadata_key(name), text));
    std::string seen;
    FilesVisitor visitor;
    visitor.file = [&](const FileEntry& file) -> Result<void> {
      seen += file.name + (file.incremented ? " incremented" : "") + (file.skipped ? " skipped" : "") + " " +
              file.mtime + "\n";
      return {};
    };
    visitor.member = [&](std::string_view part, std::string_view member) -> Result<void> {
      seen += std::string(part) + ": " + std::string(member) + "\n";
      return {};
    };
    const auto result = read_files_metadata(*store_, name, visitor);
    return result ? seen : "error: " + result.error().message;
  }
  std::string directory_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(FilesMetadata, AsWalgWritesThem) {
  const std::string text =
      R"({"Files":{"/base/1/1259":{"IsIncremented":false,"IsSkipped":true,"MTime":"2026-01-02T03:04:05.123456789+01:00",)"
      R"("UpdatesCount":0,"CorruptBlocks":{"CorruptBlocksCount":2,"SomeCorruptBlocks":[1,2]}},)"
      R"("/MTime":{"IsIncremented":true,"IsSkipped":false,"MTime":"x","UpdatesCount":0}},)"
      R"("TarFileSets":{"part_001.tar.zst":["/","/PG_VERSION"],"backup_label.tar.zst":["tablespace_map","backup_label"]},)"
      R"("DatabasesByNames":{"postgres":{"oid":5,"tables_new":{"public.t":{"oid":16390,"subtables":{"a":["b"]}}}}}})";
  EXPECT_EQ(read(text),
            "/base/1/1259 skipped 2026-01-02T03:04:05.123456789+01:00\n/MTime incremented x\n"
            "part_001.tar.zst: /\npart_001.tar.zst: /PG_VERSION\n"
            "backup_label.tar.zst: tablespace_map\nbackup_label.tar.zst: backup_label\n");
}

TEST_F(FilesMetadata, LargerThanAPieceAndCutOff) {
  std::string text = R"({"Files":{)";
  for (int i = 0; i < 60'000; ++i)
    text += (i ? "," : "") + print_file_entry({"/base/1/" + std::to_string(i), false, false, "2026"});
  text += "}}";
  ASSERT_GT(text.size(), std::size_t{4} << 20);
  const std::string seen = read(text);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), '\n'), 60'000);
  EXPECT_TRUE(read(std::string_view(text).substr(0, text.size() - 1)).starts_with("error: no JSON from byte"));
  EXPECT_TRUE(read("").starts_with("error: "));
}

}  // namespace
}  // namespace pgcontract::walg
