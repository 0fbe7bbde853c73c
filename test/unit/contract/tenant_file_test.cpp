#include "contract/tenant_file.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "contract/tombstones.hpp"

namespace pgcontract::contract {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kA = "11111111-1111-4111-8111-111111111111", kB = "22222222-2222-4222-8222-222222222222";

std::vector<ListedTenant> good(const std::string& text) {
  auto tenants = parse_tenants(text, "list");
  EXPECT_TRUE(tenants) << (tenants ? "" : tenants.error().describe());
  return tenants ? *tenants : std::vector<ListedTenant>{};
}
std::string bad(const std::string& text) {
  const auto tenants = parse_tenants(text, "list");
  EXPECT_FALSE(tenants);
  return tenants ? "" : tenants.error().message;
}

TEST(TenantFile, reads_csv_as_spreadsheets_write_it) {
  const auto tenants =
      good(fmt::format("\xef\xbb\xbf"
                       "display_name,id\r\n\"Acme \"\"&\"\", Ltd\",{}\r\n\r\n,{}",
                       kA, kB));
  ASSERT_EQ(tenants.size(), 2U);
  EXPECT_EQ(tenants[0].display_name, "Acme \"&\", Ltd");
  EXPECT_EQ(tenants[0].id.canonical(), kA);
  EXPECT_EQ(tenants[1].display_name, kB);
}

TEST(TenantFile, refuses_the_ids_of_canaries) {
  EXPECT_THAT(bad("id,display_name\nca4a41e5-0000-8000-8000-00000000000a,bird\n"), HasSubstr("line 2: ca4a41e5"));
}

TEST(TenantFile, reads_json_arrays_and_lines) {
  const std::string one = fmt::format(R"({{"id": "{}", "display_name": "A"}})", kA);
  const std::string two = fmt::format(R"({{"id": "{{{}}}"}})", kB);
  for (const std::string& text : {"[" + one + ", " + two + "]", one + "\n\n" + two + "\n"}) {
    const auto tenants = good(text);
    ASSERT_EQ(tenants.size(), 2U);
    EXPECT_EQ(tenants[0].display_name, "A");
    EXPECT_EQ(tenants[1].id.canonical(), kB);
  }
}

TEST(TenantFile, names_every_bad_line) {
  const std::string text = bad(fmt::format("id\nx\n{}\n{{{}}}\n", kA, kA));
  EXPECT_THAT(text, HasSubstr("2 problems"));
  EXPECT_THAT(text, HasSubstr("line 2: \"x\" is not a uuid"));
  EXPECT_THAT(text, HasSubstr("line 4: 11111111-1111-4111-8111-111111111111 is the tenant of line 3 again"));
}

TEST(TenantFile, counts_lines_within_quotes) {
  EXPECT_THAT(bad(fmt::format("id,display_name\n{},\"a\nb\"\nx,y\n", kA)), HasSubstr("line 4: \"x\" is not a uuid"));
}

TEST(TenantFile, refuses_what_is_no_list) {
  EXPECT_THAT(bad(""), HasSubstr("no tenant"));
  EXPECT_THAT(bad("id\n"), HasSubstr("no tenant"));
  EXPECT_THAT(bad("id,id\nx,y\n"), HasSubstr("header"));
  EXPECT_THAT(bad("[{\"id\": null}]"), HasSubstr("id is not a text"));
  EXPECT_THAT(bad("[1]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(bad("[{"), HasSubstr("not JSON"));
  EXPECT_THAT(bad(fmt::format("id\n\"{}\"x\n", kA)), HasSubstr("a quote is not closed, or text follows it"));
}

TEST(Tombstones, are_read_back_as_they_were_written) {
  const TombstoneLine line{*Uuid::parse(kA), "local", "db \"x\"", "71", "2026-05-01T12:00:00.000Z", "ab"};
  const std::string path = ::testing::TempDir() + "tombstones_test.jsonl";
  std::ofstream(path) << tombstones_text({line, line}) << "\n";
  const auto lines = read_tombstones(path);
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 2U);
  EXPECT_EQ((*lines)[1].id, line.id);
  EXPECT_EQ((*lines)[1].database, line.database);
  EXPECT_EQ((*lines)[1].deleted_at, line.deleted_at);
  std::ofstream(path, std::ios::app) << "{\"id\": \"11111111";
  const auto torn = read_tombstones(path);
  ASSERT_FALSE(torn);
  EXPECT_EQ(torn.error().where, path + ":4");
  std::remove(path.c_str());
  EXPECT_TRUE(read_tombstones(path)->empty());
}

}  // namespace
}  // namespace pgcontract::contract
