// rehearse/effects against a real server: what each kind of statement locks, rewrites, scans and builds.
#include <gtest/gtest.h>

#include <algorithm>

#include "rehearse/effects.hpp"
#include "support/deployment.hpp"

namespace pgcontract::test {
namespace {

// A server with a schema that has two tables of an earlier revision, and a shared one beside it.
struct World {
  Deployment deployment;
  FleetSchema schema{"Odd one", std::nullopt, "", false, {}};

  World() {
    auto connection = deployment.connect();
    expect(connection.execute(R"(CREATE SCHEMA "Odd one"; CREATE SCHEMA shared;
        CREATE TABLE shared.ref_kinds (id int PRIMARY KEY);
        CREATE TABLE "Odd one".parents (id int PRIMARY KEY);
        CREATE TYPE "Odd one".mood AS ENUM ('fine');
        CREATE TABLE "Odd one".notes (id int PRIMARY KEY, parent int, body text, kind int))"));
  }

  Effects observe(fleet::Mode mode, const std::vector<std::string>& statements) {
    fleet::Script script;
    script.parts.push_back({mode, {}, {"one"}, {}, {"one"}, {}, {}});
    for (const auto& text : statements) script.parts.back().statements.push_back({text, false, "one"});
    auto effects = expect(rehearse::observe_effects(deployment.place().contract, deployment.dsn(), "", schema, script));
    schema.has_table = true;
    return effects;
  }
  StatementEffect one(const std::string& statement, fleet::Mode mode = fleet::Mode::Transaction) {
    return observe(mode, {statement}).statements.at(0);
  }
};

std::string told(const StatementEffect& effect) {
  std::string text = effect.not_observed;
  for (const auto& lock : effect.locks)
    text += lock.mode + " on " + lock.relation + (lock.made ? " (made)" : "") + "\n";
  for (const auto& table : effect.rewritten)
    text += "rewrites " + table.relation + (table.made ? " (made)" : "") + "\n";
  for (const auto& table : effect.scanned) text += "scans " + table.relation + (table.made ? " (made)" : "") + "\n";
  for (const auto& index : effect.indexes)
    text += "builds " + index.index + " on " + index.table + (index.made ? " (made)" : "") + "\n";
  return text;
}

TEST(Effects, locks_rewrites_scans_and_index_builds_are_those_of_the_server) {
  World world;
  EXPECT_EQ(told(world.one("ALTER TABLE notes ADD COLUMN title text NOT NULL DEFAULT ''")),
            "ACCESS EXCLUSIVE on {schema}.notes\n");
  EXPECT_EQ(told(world.one("ALTER TABLE notes ADD COLUMN stamp timestamptz DEFAULT clock_timestamp()")),
            "ACCESS EXCLUSIVE on {schema}.notes\nACCESS EXCLUSIVE on {schema}.notes_pkey\nrewrites {schema}.notes\n"
            "scans {schema}.notes\nbuilds {schema}.notes_pkey on {schema}.notes\n");
  EXPECT_EQ(told(world.one("ALTER TABLE notes ALTER COLUMN body SET NOT NULL")),
            "ACCESS EXCLUSIVE on {schema}.notes\nscans {schema}.notes\n");
  EXPECT_EQ(told(world.one("CREATE INDEX ix_kind ON notes (kind)")),
            "SHARE on {schema}.notes\nACCESS EXCLUSIVE on {schema}.ix_kind (made)\nscans {schema}.notes\n"
            "builds {schema}.ix_kind on {schema}.notes\n");
  const auto key = world.one("ALTER TABLE notes ADD CONSTRAINT fk FOREIGN KEY (kind) REFERENCES shared.ref_kinds (id)");
  const auto locks = told(key);
  EXPECT_NE(locks.find("SHARE ROW EXCLUSIVE on shared.ref_kinds\n"), std::string::npos) << locks;
  EXPECT_NE(locks.find("SHARE ROW EXCLUSIVE on {schema}.notes\n"), std::string::npos) << locks;
  EXPECT_NE(locks.find("scans {schema}.notes\n"), std::string::npos) << locks;
  EXPECT_EQ(told(world.one("ALTER TABLE notes ADD CONSTRAINT later FOREIGN KEY (parent) REFERENCES parents (id) NOT "
                           "VALID")),
            "SHARE ROW EXCLUSIVE on {schema}.parents\nSHARE ROW EXCLUSIVE on {schema}.notes\n");
  const auto validated = told(world.one("ALTER TABLE notes VALIDATE CONSTRAINT later"));
  EXPECT_NE(validated.find("SHARE UPDATE EXCLUSIVE on {schema}.notes\n"), std::string::npos) << validated;
  EXPECT_NE(validated.find("scans {schema}.notes\n"), std::string::npos) << validated;
  EXPECT_NE(told(world.one("ALTER TABLE notes ALTER COLUMN kind TYPE bigint")).find("rewrites {schema}.notes"),
            std::string::npos);
  EXPECT_NE(told(world.one("DROP TABLE parents CASCADE")).find("ACCESS EXCLUSIVE on {schema}.parents\n"),
            std::string::npos);
  EXPECT_EQ(told(world.one("UPDATE notes SET kind = 1")), "ROW EXCLUSIVE on {schema}.notes\nscans {schema}.notes\n");
}

TEST(Effects, what_the_revision_made_itself_is_marked_and_a_lock_is_told_of_again) {
  World world;
  const auto effects = world.observe(fleet::Mode::Transaction,
                                     {"CREATE TABLE fresh (id int)", "CREATE INDEX ix_fresh ON fresh (id)",
                                      "ALTER TABLE notes ADD COLUMN a int", "ALTER TABLE notes ADD COLUMN b int"});
  EXPECT_EQ(told(effects.statements.at(0)), "ACCESS EXCLUSIVE on {schema}.fresh (made)\n");
  EXPECT_NE(told(effects.statements.at(1)).find("SHARE on {schema}.fresh (made)\n"), std::string::npos);
  EXPECT_NE(told(effects.statements.at(1)).find("builds {schema}.ix_fresh on {schema}.fresh (made)\n"),
            std::string::npos);
  EXPECT_EQ(told(effects.statements.at(2)), "ACCESS EXCLUSIVE on {schema}.notes\n");
  EXPECT_EQ(told(effects.statements.at(3)), "ACCESS EXCLUSIVE on {schema}.notes\n");
  EXPECT_FALSE(effects.server_version.empty());
}

TEST(Effects, statements_that_need_their_one_transaction_have_it) {
  World world;
  const auto effects =
      world.observe(fleet::Mode::Transaction, {"SET LOCAL app.note = 'x'", "LOCK TABLE notes IN SHARE MODE",
                                               "INSERT INTO notes (id, body) SELECT 1, current_setting('app.note')",
                                               "ALTER TABLE notes ADD c int"});
  EXPECT_EQ(told(effects.statements.at(0)), "");
  EXPECT_EQ(told(effects.statements.at(1)), "SHARE on {schema}.notes\n");
  EXPECT_EQ(told(effects.statements.at(2)), "ROW EXCLUSIVE on {schema}.notes\n");
  EXPECT_EQ(told(effects.statements.at(3)), "ACCESS EXCLUSIVE on {schema}.notes\n");
}

TEST(Effects, what_refuses_a_transaction_is_watched_from_outside) {
  World world;
  const auto index = world.one("CREATE INDEX CONCURRENTLY ix_late ON notes (body)", fleet::Mode::Autocommit);
  EXPECT_EQ(told(index),
            "SHARE UPDATE EXCLUSIVE on {schema}.notes\n"
            "scans {schema}.notes\nbuilds {schema}.ix_late on {schema}.notes\n");
  EXPECT_NE(told(world.one("DROP INDEX CONCURRENTLY ix_late", fleet::Mode::Autocommit))
                .find("SHARE UPDATE EXCLUSIVE on {schema}.notes\n"),
            std::string::npos);
  EXPECT_NE(
      told(world.one("VACUUM (FULL) notes", fleet::Mode::Autocommit)).find("ACCESS EXCLUSIVE on {schema}.notes\n"),
      std::string::npos);
  EXPECT_EQ(told(world.one("ALTER TYPE mood ADD VALUE 'low'", fleet::Mode::Autocommit)), "");
}

TEST(Effects, a_statement_that_fails_says_so_and_those_behind_it_are_not_observed) {
  World world;
  const auto effects = world.observe(fleet::Mode::Transaction,
                                     {"ALTER TABLE notes ADD COLUMN a int", "ALTER TABLE absent ADD COLUMN a int",
                                      "ALTER TABLE notes ADD COLUMN b int"});
  EXPECT_EQ(effects.statements.at(0).not_observed, "");
  EXPECT_EQ(effects.statements.at(1).not_observed, "it fails: relation \"absent\" does not exist");
  EXPECT_EQ(effects.statements.at(2).not_observed,
            "a statement before it fails, of revision one: relation \"absent\" does not exist");
  const auto misplaced = world.one("CREATE INDEX CONCURRENTLY ix ON notes (body)");
  EXPECT_NE(misplaced.not_observed.find("cannot run inside a transaction block"), std::string::npos);
}

}  // namespace
}  // namespace pgcontract::test
