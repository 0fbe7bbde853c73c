#include "alembic/script.hpp"

#include <gtest/gtest.h>

#include "alembic/command.hpp"
#include "alembic/sql_statement.hpp"

namespace pgcontract::alembic {
namespace {

using List = std::vector<std::string>;

List statements(std::string_view sql) {
  const auto script = split_sql(sql);
  if (!script) return {"error: " + script.error().message};
  List out;
  for (const auto& statement : script->statements) out.emplace_back(statement.text);
  return out;
}

std::string error(std::string_view sql) {
  const auto script = split_rendered(sql);
  return script ? "no error" : script.error().where + ": " + script.error().message;
}

// Each of these is one statement.
TEST(SplitSql, SemicolonsInsideDoNotCut) {
  for (const std::string_view sql :
       {"SELECT ';', 'it''s; so'", "SELECT E'a\\';b'", "SELECT e'a''\\';'", "SELECT E'a'\n  -- and; on\n 'b\\';'",
        "SELECT 'a\\', ';'", "SELECT U&'a;' N'b;' B'0'", "SELECT \"a;\"\"b;\"", "SELECT $$;$$", "SELECT $a$;$$;$b$;$a$",
        "SELECT $ä1$;$ä1$", "SELECT /* ; /* ; */ ; */ 1", "SELECT 1 -- ;\n, 2", "SELECT x$a, y$a, $1, $2",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END",
        "create or replace procedure p()\nbegin atomic\n insert into t values (1);\nend", "SELECT namee'x;'"})
    EXPECT_EQ(statements(std::string(sql) + ";"), List{std::string(sql)});
}

TEST(SplitSql, CutsBetweenStatements) {
  EXPECT_EQ(statements("SELECT 1; ;;\n-- two\nSELECT 2;\n/* end */\n-- of it\n"),
            (List{"SELECT 1", "-- two\nSELECT 2"}));
  EXPECT_EQ(statements("SELECT 1 AS begin; SELECT 2;"), (List{"SELECT 1 AS begin", "SELECT 2"}));
  EXPECT_EQ(statements("CREATE FUNCTION f() AS $$ BEGIN; $$; SELECT 2;"),
            (List{"CREATE FUNCTION f() AS $$ BEGIN; $$", "SELECT 2"}));
  EXPECT_EQ(statements("SELECT 'a\\'; SELECT 2;"), (List{"SELECT 'a\\'", "SELECT 2"})) << "no escape without E";
  EXPECT_EQ(statements("SELECT $1$a$ FROM t;"), List{"error: the dollar quote $a$ is never closed"});
  EXPECT_EQ(statements(""), List{});
}

TEST(SplitSql, WhatCannotBeRunIsRefusedWithItsLine) {
  EXPECT_EQ(error("SELECT 1;\nSELECT 'a;"), "rendered sql:2: a string is never closed");
  EXPECT_EQ(error("SELECT \"a;"), "rendered sql:1: a quoted name is never closed");
  EXPECT_EQ(error("\n\n/* /* */"), "rendered sql:3: a comment is never closed");
  EXPECT_EQ(error("SELECT 1;\n SELECT 2"), "rendered sql:2: the last statement has no semicolon");
  EXPECT_EQ(error("SELECT 1;\n\\d\n"), "rendered sql:2: the script holds a backslash command of psql");
  EXPECT_EQ(error("\nCOPY t (a, b) FROM stdin;\n1\tit's\n\\.\n"),
            "rendered sql:2: COPY through the client cannot be applied from a script");
  EXPECT_EQ(error("COPY (SELECT 1) TO STDOUT;"),
            "rendered sql:1: COPY through the client cannot be applied from a script");
  EXPECT_EQ(statements("COPY stdin FROM '/f';").size(), 1U);
  EXPECT_EQ(error(std::string_view("SELECT \0;", 9)), "rendered sql:1: the script holds a null byte");
}

TEST(SplitSql, ACommentThatHidesTheSemicolonIsRefused) {
  EXPECT_EQ(error("SELECT 1;\n\nSELECT 2 -- two;\n\nUPDATE t SET a = 1;\n\n"),
            "rendered sql:3: a statement ends in a comment that hides its semicolon");
  EXPECT_EQ(statements("CREATE TABLE t (a int, -- one;\n\nb int);").size(), 1U);
}

// As printed by Alembic 1.8.1 with SQLAlchemy 1.4; b has an autocommit_block.
constexpr std::string_view kRendered = R"sql(BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> a

CREATE TABLE t (x int);

INSERT INTO alembic_version (version_num) VALUES ('a') RETURNING alembic_version.version_num;

-- Running upgrade a -> b

COMMIT;

CREATE INDEX CONCURRENTLY i ON t (x);

BEGIN;

UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a';

-- Running upgrade b, c -> d

DELETE FROM alembic_version WHERE alembic_version.version_num = 'c';

UPDATE alembic_version SET version_num='d' WHERE alembic_version.version_num = 'b';

COMMIT;

)sql";

TEST(SplitRendered, CutsAtRevisionsAndKnowsWhatIsOutsideOfATransaction) {
  const auto script = split_rendered(kRendered);
  ASSERT_TRUE(script) << script.error().describe();
  ASSERT_EQ(script->size(), 3U);
  const auto& a = script->at(0);
  EXPECT_TRUE(a.upgrade);
  EXPECT_EQ(a.from, List{});
  EXPECT_EQ(a.to, List{"a"});
  ASSERT_EQ(a.statements.size(), 3U);
  EXPECT_TRUE(a.statements[0].text.starts_with("CREATE TABLE alembic_version ("));
  EXPECT_TRUE(a.statements[0].transactional);
  EXPECT_EQ(a.statements[1].text, "CREATE TABLE t (x int)");
  const auto& b = script->at(1);
  ASSERT_EQ(b.statements.size(), 2U);
  EXPECT_EQ(b.statements[0].text, "CREATE INDEX CONCURRENTLY i ON t (x)");
  EXPECT_FALSE(b.statements[0].transactional);
  EXPECT_TRUE(b.statements[1].transactional);
  EXPECT_EQ(script->at(2).from, (List{"b", "c"}));
  EXPECT_EQ(script->at(2).statements.size(), 2U);
}

TEST(SplitRendered, TransactionsPerMigrationAndEmptyScriptsAreRead) {
  const auto script = split_rendered(
      "BEGIN;\n\n-- Running upgrade a -> b\n\nUPDATE v;\n\nCOMMIT;\n\nBEGIN;\n\n-- Running upgrade b -> c\n\nUPDATE "
      "v;\n\n"
      "COMMIT;\n\n");
  ASSERT_TRUE(script);
  ASSERT_EQ(script->size(), 2U);
  EXPECT_TRUE(script->at(0).statements.at(0).transactional);
  EXPECT_TRUE(split_rendered("BEGIN;\n\nCOMMIT;\n\n")->empty());
  EXPECT_EQ(split_rendered("-- Running upgrade  -> a\n\n-- Running upgrade a -> b\n\n")->size(), 2U);
  const auto down = split_rendered("-- Running downgrade b -> a\n\nUPDATE v;\n\n");
  ASSERT_TRUE(down);
  EXPECT_FALSE(down->at(0).upgrade);
  EXPECT_FALSE(down->at(0).statements.at(0).transactional);
}

TEST(SplitRendered, AMarkInsideAStatementOrWithoutItsEmptyLineIsAComment) {
  const auto script = split_rendered(
      "-- Running upgrade  -> a\n\n-- Running upgrade x -> y\nSELECT 1\n-- Running upgrade x -> z\n\n, 2;\n\n"
      "SELECT '\n-- Running upgrade x -> z\n\n';\n\n");
  ASSERT_TRUE(script) << script.error().describe();
  EXPECT_EQ(script->size(), 1U);
  EXPECT_EQ(script->at(0).statements.size(), 2U);
}

TEST(SplitRendered, StatementsThatEndTransactionsAreRefused) {
  const auto with = [](const std::string& statement) {
    return error("BEGIN;\n\n-- Running upgrade  -> a\n\n" + statement + ";\n\nCOMMIT;\n\n");
  };
  for (const std::string statement : {"ROLLBACK", "ABORT", "PREPARE TRANSACTION 'x'", "COMMIT AND CHAIN",
                                      "COMMIT PREPARED 'x'", "BEGIN ISOLATION LEVEL SERIALIZABLE"})
    EXPECT_EQ(with(statement), "rendered sql:5: a revision controls the transaction itself: " + statement);
  for (const std::string statement : {"ROLLBACK TO SAVEPOINT s", "SAVEPOINT s", "PREPARE p AS SELECT 1"})
    EXPECT_EQ(with(statement), "no error") << statement;
}

TEST(SplitRendered, TruncatedAndForeignScriptsAreRefused) {
  EXPECT_EQ(error("BEGIN;\n\n-- Running upgrade  -> a\n\nSELECT 1;\n\n"),
            "rendered sql: the script ends inside a transaction");
  EXPECT_EQ(error("SELECT 1;"), "rendered sql: the script has statements but no revision mark");
  EXPECT_TRUE(error("-- Running stamp a -> b\n\nSELECT 1;").ends_with("is not a revision mark of Alembic's"));
  EXPECT_TRUE(error("-- Running upgrade a b\n\nSELECT 1;").ends_with("is not a revision mark of Alembic's"));
}

TEST(Command, MakesUpgradeArguments) {
  Migrations migrations;
  migrations.config = "packages/api/alembic.ini";
  EXPECT_EQ(upgrade_arguments(migrations, "tenant", "heads", false),
            (List{"alembic", "-c", "packages/api/alembic.ini", "-n", "tenant", "upgrade", "heads"}));
  migrations.command = ".venv/bin/alembic";
  EXPECT_EQ(upgrade_arguments(migrations, "alembic", offline_target("a", "b"), true),
            (List{".venv/bin/alembic", "-c", "packages/api/alembic.ini", "-n", "alembic", "upgrade", "a:b", "--sql"}));
  EXPECT_EQ(offline_target("", "b"), "b");
}

}  // namespace
}  // namespace pgcontract::alembic
