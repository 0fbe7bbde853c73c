#include "fleet/script.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/alone.hpp"
#include "fleet/concurrent_index.hpp"
#include "fleet/journal.hpp"
#include "fleet/message.hpp"

namespace pgcontract::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

RevisionGraph history() {
  RevisionGraph graph;
  const auto add = [&](std::string id, std::vector<std::string> down) {
    Revision revision;
    revision.id = id;
    revision.file = id + ".py";
    revision.down = std::move(down);
    graph.revisions.push_back(std::move(revision));
  };
  add("a", {});
  add("b", {"a"});
  add("c", {"b"});
  add("x", {"a"});
  add("m", {"c", "x"});
  graph.heads = {"m"};
  return graph;
}

// An Alembic that prints what it is given, in turn, and keeps what it was asked.
struct Scripted {
  std::vector<Printed> answers;
  std::vector<std::string> asked;
  Render render() {
    return [this](const std::vector<std::string>& arguments) -> Result<Printed> {
      asked.push_back(fmt::format("{}", fmt::join(arguments, " ")));
      if (asked.size() > answers.size()) return Printed{1, "", "FAILED: nothing more to say"};
      return answers[asked.size() - 1];
    };
  }
};

Script made(const std::vector<std::string>& rows, const std::string& target, Scripted& alembic,
            const std::string& directory = "") {
  const RevisionGraph graph = history();
  const alembic::RevisionMap map(graph);
  const auto route = alembic::upgrade_route(map, rows, target);
  EXPECT_TRUE(route) << (route ? "" : route.error().describe());
  auto script = make_script(rows, *route, directory, "alembic_version", alembic.render());
  EXPECT_TRUE(script);
  return *script;
}

constexpr const char* kTwo =
    "BEGIN;\n\n-- Running upgrade a -> b\n\nALTER TABLE t ADD b int;\n\nUPDATE alembic_version SET version_num='b' "
    "WHERE "
    "alembic_version.version_num = 'a';\n\n-- Running upgrade b -> c\n\nALTER TABLE t ADD c int;\n\nUPDATE "
    "alembic_version SET version_num='c' WHERE alembic_version.version_num = 'b';\n\nCOMMIT;\n\n";

std::vector<std::string> texts(const Part& part) {
  std::vector<std::string> out;
  for (const auto& statement : part.statements) out.push_back(text_for(statement, "s.v"));
  return out;
}

TEST(Script, IsOneTransactionWithItsOwnMovesOfTheRows) {
  Scripted alembic{{{0, kTwo, ""}}, {}};
  const Script script = made({"a"}, "c", alembic);
  EXPECT_THAT(alembic.asked, ElementsAre("upgrade a:c --sql"));
  ASSERT_EQ(script.parts.size(), 1U);
  EXPECT_EQ(script.parts[0].mode, Mode::Transaction);
  EXPECT_THAT(texts(script.parts[0]),
              ElementsAre("ALTER TABLE t ADD b int",
                          "UPDATE ONLY s.v SET version_num = 'b' WHERE version_num OPERATOR(pg_catalog.=) 'a'",
                          "ALTER TABLE t ADD c int",
                          "UPDATE ONLY s.v SET version_num = 'c' WHERE version_num OPERATOR(pg_catalog.=) 'b'"));
  EXPECT_THAT(script.parts[0].rows_before, ElementsAre("a"));
  EXPECT_THAT(script.to, ElementsAre("c"));
}

TEST(Script, KeepsTheTransactionsOfTransactionPerMigration) {
  std::string per(kTwo);
  per.replace(per.find("-- Running upgrade b"), 0, "COMMIT;\n\nBEGIN;\n\n");
  Scripted alembic{{{0, per, ""}}, {}};
  const Script script = made({"a"}, "c", alembic);
  ASSERT_EQ(script.parts.size(), 2U);
  EXPECT_THAT(script.parts[0].rows_after, ElementsAre("b"));
  EXPECT_THAT(script.parts[1].rows_before, ElementsAre("b"));
}

TEST(Script, CutsWhereAStatementRunsOutsideOfTransactions) {
  Scripted alembic{{{0,
                     "BEGIN;\n\n-- Running upgrade a -> b\n\nALTER TABLE t ADD b int;\n\nCOMMIT;\n\nCREATE INDEX "
                     "CONCURRENTLY i ON t (b);\n\nBEGIN;\n\nUPDATE alembic_version SET version_num='b' WHERE "
                     "alembic_version.version_num = 'a';\n\nCOMMIT;\n\n",
                     ""}},
                   {}};
  const Script script = made({"a"}, "b", alembic);
  ASSERT_EQ(script.parts.size(), 3U);
  EXPECT_EQ(script.parts[1].mode, Mode::Autocommit);
  EXPECT_THAT(script.parts[1].rows_after, ElementsAre("a"));
  EXPECT_THAT(script.parts[2].rows_after, ElementsAre("b"));
}

TEST(Script, LeavesToAlembicWhatItCannotRenderAndGoesOnBehindIt) {
  const std::string rest =
      std::string("BEGIN;\n\n") + std::string(kTwo).substr(std::string(kTwo).find("-- Running upgrade b"));
  Scripted alembic{
      {{1, "BEGIN;\n\n-- Running upgrade a -> b\n\nALTER TABLE t ADD", "Traceback\nTypeError: no\n"}, {0, rest, ""}},
      {}};
  const Script script = made({"a"}, "c", alembic);
  EXPECT_THAT(alembic.asked, ElementsAre("upgrade a:c --sql", "upgrade b:c --sql"));
  ASSERT_EQ(script.parts.size(), 2U);
  EXPECT_EQ(script.parts[0].mode, Mode::Delegate);
  EXPECT_EQ(script.parts[0].target, "b");
  EXPECT_THAT(script.parts[0].reason, HasSubstr("TypeError: no"));
  EXPECT_EQ(script.parts[1].mode, Mode::Transaction);
}

TEST(Script, RendersRevisionByRevisionWhereTheRowsAreSeveral) {
  Scripted alembic{
      {{0,
        "BEGIN;\n\n-- Running upgrade c, x -> m\n\nCOMMENT ON TABLE t IS 'm';\n\nUPDATE alembic_version SET "
        "version_num='m' WHERE alembic_version.version_num = 'c';\n\nCOMMIT;\n\n",
        ""}},
      {}};
  const Script script = made({"c", "x"}, "m", alembic);
  EXPECT_THAT(alembic.asked, ElementsAre("upgrade c:m --sql"));
  ASSERT_EQ(script.parts.size(), 1U);
  EXPECT_THAT(
      texts(script.parts[0]),
      ElementsAre("COMMENT ON TABLE t IS 'm'", "DELETE FROM ONLY s.v WHERE version_num OPERATOR(pg_catalog.=) 'c'",
                  "UPDATE ONLY s.v SET version_num = 'm' WHERE version_num OPERATOR(pg_catalog.=) 'x'"));
}

TEST(Script, OverlooksWhatEnvPrints) {
  Scripted alembic{{{0, "hello; world\n" + std::string(kTwo) + "good bye\n", ""}}, {}};
  EXPECT_EQ(made({"a"}, "c", alembic).parts.size(), 1U);
}

TEST(Script, LeavesToAlembicARevisionThatPrintsOrMovesAnotherTable) {
  std::string text(kTwo);
  text.replace(text.find("ALTER TABLE t ADD b"), 0, "it is going well;\n");
  Scripted printing{{{0, text, ""}}, {}};
  EXPECT_THAT(made({"a"}, "c", printing).parts[0].reason, HasSubstr("it prints what is no SQL: it is going well"));

  std::string other(kTwo);
  for (auto at = other.find("alembic_version"); at != std::string::npos; at = other.find("alembic_version", at + 1))
    other.replace(at, 15, "others.versions");
  Scripted elsewhere{{{0, other, ""}}, {}};
  const Script script = made({"a"}, "c", elsewhere);
  EXPECT_EQ(script.parts[0].mode, Mode::Delegate);
  EXPECT_THAT(script.parts[0].reason, HasSubstr("does not move the rows of alembic_version"));
}

TEST(Message, GuardsAndMovesInOneTransaction) {
  Scripted alembic{{{0, kTwo, ""}}, {}};
  const Script script = made({"a"}, "c", alembic);
  FleetSchema schema{"tenant \"1\"", {}, "app", true, {"a"}};
  const Setting setting{"alembic_version", "owner", "", 1000};
  const auto message = transaction_message(script, 0, schema, setting, 1, false);
  EXPECT_THAT(message.text, testing::StartsWith("BEGIN;\nSET LOCAL search_path = \"tenant \"\"1\"\"\";\nSET LOCAL ROLE "
                                                "owner;\nSELECT CASE WHEN"));
  EXPECT_THAT(message.text, testing::EndsWith("COMMIT;\n"));
  EXPECT_THAT(message.statements, ElementsAre(-1, -1, -1, -1, 0, 1, 2, 3, -1));
  schema.has_table = false;
  const auto first = transaction_message(script, 0, schema, setting, 1, true);
  EXPECT_THAT(first.text, HasSubstr("CREATE TABLE \"tenant \"\"1\"\"\".alembic_version"));
  EXPECT_THAT(first.text, HasSubstr("REVOKE ALL ON TABLE \"tenant \"\"1\"\"\".alembic_version FROM app"));
  EXPECT_THAT(first.text, Not(HasSubstr("COMMIT")));
}

TEST(Message, LeavesNoSettingToTheNextSchema) {
  std::string text(kTwo);
  text.replace(text.find("ALTER TABLE t ADD b"), 0, "SET search_path = elsewhere;\n\n");
  Scripted alembic{{{0, text, ""}}, {}};
  const Script script = made({"a"}, "c", alembic);
  EXPECT_TRUE(script.resets_session);
  const auto message =
      transaction_message(script, 0, {"s", {}, "", true, {"a"}}, {"alembic_version", "", "", 1}, 1, false);
  EXPECT_THAT(message.text, testing::StartsWith("BEGIN")) << "the message's settings hold from its first statement on";
  EXPECT_THAT(message.text, testing::EndsWith("COMMIT;\nRESET ROLE;\nRESET ALL;\n"));
}

// A transaction, a statement outside of any, and the beginning of the next revision with the end of this one.
constexpr const char* kCut =
    "BEGIN;\n\n-- Running upgrade a -> b\n\nUPDATE t SET n = 1;\n\nCOMMIT;\n\nCREATE INDEX CONCURRENTLY i ON t (n);\n\n"
    "UPDATE t SET n = 2;\n\nBEGIN;\n\nUPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = "
    "'a';\n\n-- Running upgrade b -> c\n\nUPDATE t SET n = 3;\n\nCOMMIT;\n\nCREATE INDEX CONCURRENTLY j ON t (n);\n\n"
    "BEGIN;\n\nUPDATE alembic_version SET version_num='c' WHERE alembic_version.version_num = 'b';\n\nCOMMIT;\n\n";

TEST(Mark, StandsWhereARevisionIsBegunAndItsRowsAreNotMoved) {
  Scripted alembic{{{0, kCut, ""}}, {}};
  const Script script = made({"a"}, "c", alembic);
  ASSERT_EQ(script.parts.size(), 5U);
  EXPECT_THAT(mark_of(script.parts[0]), testing::StartsWith("part b "));
  EXPECT_THAT(script.parts[1].statements[0].mark, testing::StartsWith("part b "));
  EXPECT_NE(script.parts[1].statements[0].mark, script.parts[1].statements[1].mark);
  EXPECT_THAT(mark_of(script.parts[2]), testing::StartsWith("part c ")) << "it moves b's rows and begins c";
  EXPECT_EQ(mark_of(script.parts[4]), "");
  EXPECT_EQ(revision_of_mark(mark_of(script.parts[2])), "c");
  const Setting setting{"alembic_version", "owner", "11111111-1111-4111-8111-111111111111", 1000};
  const auto message = transaction_message(script, 2, {"s", {}, "", true, {"a"}}, setting, 7, false).text;
  EXPECT_THAT(message, HasSubstr("pgcontract: the part is done"));
  EXPECT_THAT(message, HasSubstr(mark_of(script.parts[2])));
  EXPECT_THAT(message, testing::EndsWith("SET LOCAL ROLE owner;\nCOMMIT;\n")) << "deferred triggers are not ours";
}

TEST(Mark, IsTheSameFromAnotherStartAndAnotherWhereTheFileHasChanged) {
  Scripted alembic{{{0, kCut, ""}}, {}};
  const Script whole = made({"a"}, "c", alembic);
  std::string rest(kCut);
  rest = "BEGIN;\n\n" + rest.substr(rest.find("-- Running upgrade b"));
  Scripted from_b{{{0, rest, ""}}, {}};
  EXPECT_EQ(mark_of(made({"b"}, "c", from_b).parts[0]), mark_of(whole.parts[2]));
  rest.replace(rest.find("n = 3"), 5, "n = 4");
  Scripted changed{{{0, rest, ""}}, {}};
  EXPECT_NE(mark_of(made({"b"}, "c", changed).parts[0]), mark_of(whole.parts[2]));
}

TEST(Script, MovesRowsInATransactionWhereAlembicHasNone) {
  std::string bare(kTwo);
  bare.erase(bare.find("BEGIN;\n\n"), 8);
  bare.erase(bare.find("COMMIT;\n\n"), 9);
  Scripted alembic{{{0, bare, ""}}, {}};
  const Script script = made({"a"}, "c", alembic);
  ASSERT_EQ(script.parts.size(), 4U);
  EXPECT_EQ(script.parts[0].mode, Mode::Autocommit);
  EXPECT_EQ(script.parts[1].mode, Mode::Transaction);
  EXPECT_THAT(script.parts[1].rows_after, ElementsAre("b"));
}

TEST(Script, KeepsADelegatedDowngradeToItsBranch) {
  const RevisionGraph graph = history();
  const alembic::RevisionMap map(graph);
  for (const auto& [rows, target] :
       {std::pair{std::vector<std::string>{"a"}, "a@base"}, std::pair{std::vector<std::string>{"b", "x"}, "x@a"}}) {
    const auto route = alembic::downgrade_route(map, rows, std::string(target) == "a@base" ? "base" : "x@-1");
    ASSERT_TRUE(route) << route.error().describe();
    Scripted alembic;
    const auto script = make_script(rows, *route, "", "alembic_version", alembic.render());
    ASSERT_TRUE(script);
    ASSERT_EQ(script->parts.size(), 1U);
    EXPECT_EQ(script->parts[0].mode, Mode::Delegate);
    EXPECT_EQ(script->parts[0].target, target);
  }
}

TEST(Alone, IsToldByTheFirstWords) {
  EXPECT_EQ(alone_of("UPDATE t SET n = n + 1"), Alone::No);
  EXPECT_EQ(alone_of("ALTER TABLE t ADD COLUMN c int"), Alone::No);
  EXPECT_EQ(alone_of("CREATE INDEX i ON t (n)"), Alone::No);
  EXPECT_EQ(alone_of("CREATE INDEX CONCURRENTLY i ON t (n)"), Alone::Repeatable);
  EXPECT_EQ(alone_of("ALTER TYPE e ADD VALUE 'x'"), Alone::Repeatable);
  EXPECT_EQ(alone_of("VACUUM t"), Alone::Repeatable);
  EXPECT_EQ(alone_of("ALTER TABLE t DETACH PARTITION p CONCURRENTLY"), Alone::Once);
  EXPECT_EQ(alone_of("CREATE DATABASE d"), Alone::Once);
  EXPECT_EQ(alone_of("DO $$ BEGIN COMMIT; END $$"), Alone::Once);
  EXPECT_EQ(alone_of("CALL p()"), Alone::Once);
}

TEST(Journal, ReadsBackWhereASchemaWent) {
  Script script;
  script.from = {};
  script.to = {"a", "b"};
  auto movement = parse_movement(fleet::movement("tenant_1: x", script));
  ASSERT_TRUE(movement);
  EXPECT_EQ(movement->schema, "tenant_1: x");
  EXPECT_THAT(movement->from, IsEmpty());
  EXPECT_THAT(movement->to, ElementsAre("a", "b"));
  movement = parse_movement("t: a -> b (part 1 of b)");
  ASSERT_TRUE(movement);
  EXPECT_THAT(movement->to, ElementsAre("b"));
  EXPECT_EQ(movement->part_mark, "part 1 of b");
  EXPECT_EQ(movement->identity, "") << "an older journal's, which is not believed";
  movement = parse_movement("t: a -> b (part 1 of b at 77@0,1)");
  ASSERT_TRUE(movement);
  EXPECT_THAT(movement->to, ElementsAre("b"));
  EXPECT_EQ(movement->part_mark, "part 1 of b");
  EXPECT_EQ(movement->identity, "77@0,1");
  EXPECT_TRUE(is_identity("77@0,1"));
  EXPECT_TRUE(is_identity("size 0")) << "a version table that never had a row";
  EXPECT_FALSE(is_identity("size 8192"));
  EXPECT_FALSE(is_identity(""));
  EXPECT_FALSE(parse_movement("role pgc_owner"));
}

TEST(ConcurrentIndex, IsFoundByItsName) {
  EXPECT_EQ(concurrent_index("CREATE INDEX CONCURRENTLY ix ON t (a)")->name, "ix");
  EXPECT_EQ(concurrent_index("create unique index concurrently if not exists \"My \"\"ix\" on t (a)")->name, "My \"ix");
  const auto dropped = concurrent_index("-- why\nDROP INDEX CONCURRENTLY IF EXISTS s.ix");
  EXPECT_EQ(dropped->name, "ix");
  EXPECT_EQ(dropped->schema, "s");
  EXPECT_EQ(concurrent_index("CREATE INDEX CONCURRENTLY ix ON ONLY s.t (a)")->schema, "s");
  EXPECT_EQ(concurrent_index("CREATE INDEX CONCURRENTLY ix ON t (a)")->schema, "");
  EXPECT_EQ(concurrent_index("REINDEX INDEX CONCURRENTLY s.ix")->name, "ix");
  EXPECT_TRUE(concurrent_index("REINDEX TABLE CONCURRENTLY t")->of_table);
  EXPECT_FALSE(concurrent_index("REINDEX INDEX ix"));
  EXPECT_EQ(concurrent_index("DROP INDEX CONCURRENTLY ix")->verb, ConcurrentIndex::Drop);
  EXPECT_FALSE(concurrent_index("CREATE INDEX CONCURRENTLY ON t (a)"));
  EXPECT_FALSE(concurrent_index("CREATE INDEX ix ON t (a)"));
}

}  // namespace
}  // namespace pgcontract::fleet
