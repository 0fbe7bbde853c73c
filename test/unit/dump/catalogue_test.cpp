#include "dump/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace pgcontract::dump {
namespace {

using ::testing::HasSubstr;

class Catalogues : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/pgct.dump.XXXXXX";
    directory_ = mkdtemp(pattern.data());
    store_ = std::move(*store::open_store({.url = "file://" + directory_}, "/"));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void put(const std::string& name, std::string_view text) { ASSERT_TRUE(store::put_text(*store_, name, text)); }

  void put_backup(const std::string& id, const std::string& content) {
    put(object_key(id, "00_database.dump.zst"), content);
    Catalogue catalogue;
    catalogue.id = id;
    catalogue.database = "d";
    catalogue.lsn = 0x3000028;
    catalogue.started_at = *instant_of(id);
    catalogue.finished_at = catalogue.started_at + std::chrono::minutes(3);
    catalogue.objects = {{"00_database.dump.zst", ObjectKind::Database, content.size(), "0", {{"public", 3}}}};
    put(object_key(id, kCatalogue), print(catalogue));
  }

  std::vector<LogicalBackup> listed() { return *read_logical_backups(*store_); }

  std::string directory_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(Catalogues, are_read_as_they_were_written) {
  put_backup("20261123T031500Z", "abc");
  const auto backups = listed();
  ASSERT_EQ(backups.size(), 1U);
  EXPECT_EQ(backups[0].id, "20261123T031500Z");
  EXPECT_EQ(backups[0].database, "d");
  EXPECT_EQ(backups[0].problem, "");
  EXPECT_EQ(backups[0].tables, 3);
  EXPECT_EQ(format_instant(backups[0].finished_at), "2026-11-23T03:18:00.000Z");
  const auto text = store::get_text(*store_, object_key("20261123T031500Z", kCatalogue), 1'000'000);
  const auto parsed = parse_catalogue(*text, "x");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(print(*parsed), *text);
}

TEST_F(Catalogues, tell_what_is_missing_or_of_another_size) {
  put_backup("20261123T031500Z", "abc");
  put(object_key("20261123T031500Z", "00_database.dump.zst"), "");
  EXPECT_THAT(listed()[0].problem, HasSubstr("has 0 bytes, its catalogue says 3"));
  ASSERT_TRUE(store_->remove(object_key("20261123T031500Z", "00_database.dump.zst")));
  EXPECT_EQ(listed()[0].problem, "00_database.dump.zst is missing");
}

TEST_F(Catalogues, without_one_a_backup_did_not_end) {
  put("logical/20261123T031500Z/00_database.dump.zst", "abc");
  put("logical/notes.txt", "not ours");
  put("logical/20261199T031500Z/x", "no time");
  ASSERT_EQ(listed().size(), 1U);
  EXPECT_EQ(listed()[0].problem, "it did not end: there is no catalogue.json");
  EXPECT_EQ(listed()[0].finished_at, Instant{});
}

TEST_F(Catalogues, of_another_shape_are_a_problem_and_no_crash) {
  for (const std::string text : {"", "{", "[]", "{\"version\":1}", "{\"version\":\"1\"}", "{\"version\":2}",
                                 "{\"version\":1,\"id\":7}", "\xff\xfe"}) {
    put("logical/20261123T031500Z/catalogue.json", text);
    EXPECT_NE(listed()[0].problem, "") << text;
  }
}

TEST(Ids, are_times) {
  EXPECT_EQ(id_of(*instant_of("20261123T031500Z")), "20261123T031500Z");
  for (const auto* text : {"", "20261123T031500", "20261123 031500Z", "20261323T031500Z", "2026x123T031500Z",
                           "20261123T031500ZZ", "../../../../etcZ"})
    EXPECT_FALSE(instant_of(text)) << text;
}

}  // namespace
}  // namespace pgcontract::dump
