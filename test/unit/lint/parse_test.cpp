// Statements as acts; what the grammar does not know.
#include "lint/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgcontract::lint {
namespace {

const Act& only(const Statement& statement) {
  EXPECT_EQ(statement.acts.size(), 1u) << statement.not_analysed;
  return statement.acts.front();
}

TEST(Parse, ATableWithItsColumnsAndKeys) {
  const auto statement = parse_statement(
      "CREATE TABLE IF NOT EXISTS app.reports (id bigserial PRIMARY KEY, code varchar(20) NOT NULL DEFAULT "
      "random()::text, "
      "owner uuid REFERENCES people (id), tags text[], CONSTRAINT ck CHECK (code IS NOT NULL))");
  const Act& act = only(statement);
  EXPECT_EQ(act.kind, ActKind::CreateTable);
  EXPECT_TRUE(act.guarded);
  EXPECT_EQ(act.relation.text(), "app.reports");
  ASSERT_EQ(act.columns.size(), 4u);
  EXPECT_TRUE(act.columns[0].serial && act.columns[0].not_null);
  EXPECT_EQ(act.columns[0].type, "int8");
  EXPECT_EQ(act.columns[1].length, std::vector<int>{20});
  EXPECT_TRUE(act.columns[1].volatile_default);
  EXPECT_TRUE(act.columns[3].array);
  ASSERT_EQ(act.keys.size(), 3u);
  EXPECT_EQ(act.keys[1].referenced.name, "people");
  EXPECT_EQ(act.keys[2].not_null_of, "code");
  ASSERT_EQ(statement.named.size(), 1u);
  EXPECT_EQ(statement.named[0].text(), "app.reports");
}

TEST(Parse, EachCommandOfAnAlterTable) {
  const auto statement = parse_statement(
      "ALTER TABLE reports ADD COLUMN IF NOT EXISTS a int DEFAULT 3, DROP COLUMN b CASCADE, ALTER COLUMN c SET NOT "
      "NULL, "
      "ALTER d TYPE text USING upper(d), ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES o (id) NOT VALID");
  ASSERT_EQ(statement.acts.size(), 5u);
  EXPECT_TRUE(statement.acts[0].guarded);
  EXPECT_TRUE(statement.acts[0].columns[0].has_default && !statement.acts[0].columns[0].volatile_default);
  EXPECT_TRUE(statement.acts[1].cascade && !statement.acts[1].guarded);
  EXPECT_EQ(statement.acts[2].column, "c");
  EXPECT_TRUE(statement.acts[3].has_using);
  EXPECT_FALSE(statement.acts[4].keys[0].validated);
}

TEST(Parse, NewerSyntaxIsNotAnalysedAndNoFailure) {
  for (const char* sql :
       {"ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT ENFORCED", "CREATE TABLE t (a text STORAGE external)",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)"}) {
    const auto statement = parse_statement(sql);
    EXPECT_THAT(statement.not_analysed, testing::HasSubstr("syntax error")) << sql;
    EXPECT_TRUE(statement.acts.empty());
  }
}

TEST(Parse, BodiesAreNotLookedInto) {
  EXPECT_NE(parse_statement("DO $$ BEGIN DROP TABLE t; END $$").not_analysed, "");
  EXPECT_NE(parse_statement("CALL archive()").not_analysed, "");
}

TEST(Parse, SurvivesWhatIsNoSqlAtAll) {
  for (const char* sql : {"", ";", "--", "SELECT 1; SELECT 2", "\xff\xfe", "'unfinished", "CREATE TABLE"})
    EXPECT_NE(parse_statement(sql).not_analysed, "") << sql;
}

}  // namespace
}  // namespace pgcontract::lint
