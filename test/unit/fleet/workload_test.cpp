#include "fleet/workload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/portion.hpp"
#include "fleet/reach.hpp"
#include "fleet/token.hpp"

namespace pgcontract::fleet {
namespace {

using testing::HasSubstr;

Script script_of(const std::vector<std::string>& statements, Mode mode = Mode::Transaction) {
  Script script;
  Part part;
  part.mode = mode;
  for (const auto& text : statements) part.statements.push_back({text, false, "r"});
  script.parts.push_back(std::move(part));
  return script;
}

std::string work_of(const std::string& statement) {
  std::vector<std::string> made;
  return heavy_work(statement, made);
}

TEST(Token, FindsWhatAStatementIsAbout) {
  const auto named = [](std::string_view sql) {
    const Target target = target_of(sql);
    return target.verb + " " + target.schema + "." + target.name;
  };
  EXPECT_EQ(named("ALTER TABLE t ADD COLUMN c s.type"), "alter .t");
  EXPECT_EQ(named("alter table if exists only \"S\".\"t x\" drop column c"), "alter S.t x");
  EXPECT_EQ(named("CREATE TABLE s . t (x int REFERENCES other.u)"), "create s.t");
  EXPECT_EQ(named("CREATE TABLE t (x int REFERENCES other.u)"), "create .t");
  EXPECT_EQ(named("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON s.t (x)"), "create s.t");
  EXPECT_EQ(named("CREATE INDEX ON t (x)"), "create .t");
  EXPECT_EQ(named("CREATE TRIGGER g AFTER INSERT OR UPDATE ON s.t EXECUTE FUNCTION f()"), "create s.t");
  EXPECT_EQ(named("DROP INDEX s.ix"), "drop s.ix");
  EXPECT_EQ(named("/* a.b */ INSERT INTO t SELECT * FROM s.u -- c.d"), "insert .t");
  EXPECT_EQ(named("INSERT INTO s.t VALUES ('a.b')"), "insert s.t");
  EXPECT_EQ(named("DELETE FROM ONLY s.t"), "delete s.t");
  EXPECT_EQ(named("UPDATE t SET x = s.f()"), "update .t");
  EXPECT_EQ(named("COMMENT ON COLUMN t.c IS 'x'"), "comment .t");
  EXPECT_EQ(named("COMMENT ON COLUMN s.t.c IS 'x'"), "comment s.t");
  EXPECT_EQ(named("CREATE OR REPLACE FUNCTION s.f() RETURNS int"), "create s.f");
  EXPECT_EQ(named("SELECT s.f()"), " .");
  EXPECT_EQ(named(""), " .");
  EXPECT_TRUE(target_of("CREATE SCHEMA IF NOT EXISTS x").is_schema);
  EXPECT_FALSE(target_of("ALTER DEFAULT PRIVILEGES IN SCHEMA x GRANT SELECT ON TABLES TO y").is_schema);
}

TEST(Workload, TellsWorkOnTablesFromChangesOfTheCatalog) {
  for (const auto* light :
       {"ALTER TABLE t ADD COLUMN c text", "ALTER TABLE t ADD COLUMN c timestamptz DEFAULT now()",
        "ALTER TABLE t DROP COLUMN c", "COMMENT ON TABLE t IS 'update of a select'",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (x > 0) NOT VALID", "ALTER TABLE t ALTER c DROP NOT NULL",
        "ALTER TABLE t RENAME COLUMN type TO kind", "DROP TABLE t", "CREATE TABLE t (x int UNIQUE)"})
    EXPECT_EQ(work_of(light), "") << light;
  EXPECT_EQ(work_of("CREATE INDEX ix ON t (c)"), "CREATE INDEX");
  EXPECT_EQ(work_of("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (c)"), "CREATE INDEX");
  EXPECT_EQ(work_of("ALTER TABLE t VALIDATE CONSTRAINT k"), "VALIDATE CONSTRAINT");
  EXPECT_EQ(work_of("ALTER TABLE t ADD CONSTRAINT k CHECK (x > 0)"), "ADD CONSTRAINT");
  EXPECT_EQ(work_of("ALTER TABLE t ALTER COLUMN c SET NOT NULL"), "SET NOT NULL");
  EXPECT_EQ(work_of("ALTER TABLE t ALTER COLUMN c TYPE bigint"), "ALTER COLUMN TYPE");
  EXPECT_EQ(work_of("ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()"), "a column filled for each row");
  EXPECT_EQ(work_of("UPDATE t SET c = 1"), "UPDATE");
  EXPECT_EQ(work_of("DO $$ BEGIN END $$"), "DO");
}

TEST(Workload, ChoosesWorkersByTheHeaviestStatement) {
  const Script light = script_of({"ALTER TABLE t ADD COLUMN c text"});
  const Script new_table =
      script_of({"CREATE TABLE n (x int)", "CREATE INDEX ix ON n (x)", "INSERT INTO n VALUES (1)"});
  const Script index = script_of({"CREATE TABLE n (x int)", "CREATE INDEX ix ON t (x)"});
  const Script alembic = script_of({}, Mode::Delegate);
  EXPECT_EQ(workers_for({&light}).workers, 8);
  EXPECT_EQ(workers_for({&light, &new_table}).workers, 8) << "a table that was just made is empty";
  EXPECT_EQ(workers_for({&light, &index}).workers, 4);
  EXPECT_THAT(workers_for({&light, &index}).reason, HasSubstr("CREATE INDEX"));
  EXPECT_THAT(workers_for({&index, &alembic}).reason, HasSubstr("Alembic itself"));
}

TEST(Reach, RefusesWhatATenantsRevisionChangesElsewhere) {
  EXPECT_FALSE(reaches_out(script_of({"CREATE TABLE t (k text REFERENCES shared.ref_kinds)", "SELECT shared.f()"})));
  const auto error =
      reaches_out(script_of({"CREATE TABLE t (x int)", "ALTER TABLE shared.ref_kinds ADD COLUMN x int"}));
  ASSERT_TRUE(error);
  EXPECT_THAT(error->message, HasSubstr("shared.ref_kinds"));
  EXPECT_EQ(error->where, "revision r");
  EXPECT_TRUE(reaches_out(script_of({"CREATE SCHEMA other"})));
}

TEST(Portion, IsANumberOrAPercentageRoundedUp) {
  EXPECT_EQ((Portion{5, false}.of(3)), 5);
  EXPECT_EQ((Portion{1, true}.of(1000)), 10);
  EXPECT_EQ((Portion{1, true}.of(12)), 1);
  EXPECT_EQ((Portion{0, true}.of(12)), 0);
}

TEST(Portion, CountsAtLeastTwentyOfThoseTried) {
  EXPECT_FALSE(too_many({10, false}, 10, 10, 1000));
  EXPECT_TRUE(too_many({10, false}, 11, 500, 1000));
  EXPECT_FALSE(too_many({10, true}, 2, 2, 1000)) << "two of the first two are not yet a rate";
  EXPECT_TRUE(too_many({10, true}, 3, 3, 1000)) << "but three of twenty are more than 10%, whatever the others do";
  EXPECT_FALSE(too_many({10, true}, 50, 500, 1000));
  EXPECT_TRUE(too_many({10, true}, 51, 500, 1000));
  EXPECT_TRUE(too_many({10, true}, 1, 1, 5)) << "of five schemas, all are counted";
  EXPECT_TRUE(too_many({0, true}, 1, 1, 1000));
}

}  // namespace
}  // namespace pgcontract::fleet
