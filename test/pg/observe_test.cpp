// observe/ against a real server: what it reads, what it may not read, and what tenants plant in its way.
#include <gtest/gtest.h>

#include <algorithm>

#include "compare/compare.hpp"
#include "observe/observe.hpp"
#include "support/deployment.hpp"

namespace pgcontract::test {
namespace {

Deployment& deployment() {
  static Deployment one;
  return one;
}

Observation observe_after(postgres::Connection& connection, const std::string& sql) {
  expect(connection.execute("BEGIN"));
  if (!sql.empty()) expect(connection.execute(sql));
  Observation observation = expect(observe::observe_server(connection, deployment().place().contract));
  expect(connection.execute("ROLLBACK"));
  return observation;
}

TEST(Observe, reads_columns_defaults_and_types_through_domains_and_arrays) {
  auto connection = deployment().connect();
  const auto seen = observe_after(connection,
                                  "CREATE SCHEMA s; CREATE DOMAIN s.moment AS timestamp; CREATE DOMAIN s.moments AS "
                                  "s.moment[]; CREATE TABLE s.\"Täble one\" (id int PRIMARY KEY, at s.moment DEFAULT "
                                  "now(), all_of s.moments, plain timestamp[], \"tab\tname\\\" text COLLATE \"C\", "
                                  "twice int GENERATED ALWAYS AS (id * 2) STORED)");
  const Schema* schema = seen.schema_named("s");
  ASSERT_NE(schema, nullptr);
  ASSERT_EQ(seen.relations_of(schema->oid).size(), 1u);
  const Relation& table = seen.relations_of(schema->oid)[0];
  EXPECT_EQ(seen.name_of(table), "s.\"Täble one\"");
  EXPECT_EQ(seen.column_named(table.oid, "at")->type_name, "s.moment");
  EXPECT_EQ(seen.column_named(table.oid, "at")->base_type_name, "timestamp without time zone");
  EXPECT_EQ(seen.column_named(table.oid, "at")->default_expression, "now()");
  EXPECT_EQ(seen.column_named(table.oid, "twice")->default_expression, "(id * 2)");
  EXPECT_EQ(seen.column_named(table.oid, "all_of")->base_type_name, "timestamp without time zone");
  EXPECT_EQ(seen.column_named(table.oid, "plain")->base_type_name, "timestamp without time zone");
  EXPECT_NE(seen.column_named(table.oid, "tab\tname\\"), nullptr);
  ASSERT_EQ(seen.indexes_of(table.oid).size(), 1u);
  EXPECT_EQ(seen.indexes_of(table.oid)[0].key_columns, std::vector<int>{1});
}

TEST(Observe, needs_the_same_number_of_statements_for_more_tables) {
  auto connection = deployment().connect();
  const int few = observe_after(connection, "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY)").statements;
  const int many = observe_after(connection,
                                 "CREATE SCHEMA s; SELECT pg_catalog.count(pg_catalog.query_to_xml(pg_catalog.format("
                                 "'SELECT 1'), false, false, '')); DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE "
                                 "pg_catalog.format('CREATE TABLE s.t%s (id int PRIMARY KEY)', i); END LOOP; END $$")
                       .statements;
  EXPECT_EQ(few, many);
  EXPECT_LE(many, 33);
}

TEST(Observe, reads_foreign_keys_policies_functions_and_defaults_acls) {
  auto connection = deployment().connect();
  const auto seen = observe_after(
      connection,
      "CREATE SCHEMA s; CREATE TABLE s.a (id int PRIMARY KEY); CREATE TABLE s.b (a_id int REFERENCES s.a, c int CHECK "
      "(c "
      "> 0)); ALTER TABLE s.b ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON s.b AS RESTRICTIVE FOR SELECT USING (c = "
      "1); "
      "CREATE FUNCTION s.f(x int, y text) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, "
      "pg_temp AS 'SELECT 1'; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC");
  const Schema* schema = seen.schema_named("s");
  ASSERT_NE(schema, nullptr);
  const auto relations = seen.relations_of(schema->oid);
  ASSERT_EQ(relations.size(), 2u);
  const auto constraints = seen.constraints_of(relations[1].oid);
  const auto key = std::ranges::find(constraints, 'f', &Constraint::kind);
  ASSERT_NE(key, constraints.end());
  EXPECT_EQ(key->referenced, relations[0].oid);
  EXPECT_NE(std::ranges::find(constraints, 'c', &Constraint::kind), constraints.end());
  ASSERT_EQ(seen.policies_of(relations[1].oid).size(), 1u);
  const Policy& policy = seen.policies_of(relations[1].oid)[0];
  EXPECT_FALSE(policy.permissive);
  EXPECT_EQ(policy.command, 'r');
  EXPECT_EQ(policy.roles, std::vector<Oid>{0});
  const Function& function = seen.functions_of(schema->oid)[0];
  EXPECT_EQ(seen.name_of(function), "s.f(x integer, y text)");
  EXPECT_EQ(function.settings, std::vector<Text>{"search_path=pg_catalog, pg_temp"});
  ASSERT_EQ(seen.default_acls.size(), 1u);
  EXPECT_EQ(seen.default_acls[0].schema, schema->oid);
}

TEST(Observe, reads_privileges_on_system_objects_by_the_names_that_sql_takes) {
  auto connection = deployment().connect();
  const auto seen = observe_after(connection,
                                  "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC; "
                                  "REVOKE SELECT ON pg_catalog.pg_stat_activity FROM PUBLIC");
  const auto acl_of = [&](std::string_view name) {
    const auto at = std::ranges::find(seen.system_objects, name, &SystemObject::name);
    return at == seen.system_objects.end() ? Text("?") : at->acl;
  };
  EXPECT_EQ(acl_of("set_config(text,text,boolean)").find("{="), Text::npos);
  EXPECT_EQ(acl_of("pg_stat_activity").find(",="), Text::npos) << acl_of("pg_stat_activity");
  EXPECT_NE(acl_of("information_schema.tables").find("=r/"), Text::npos);
  EXPECT_EQ(acl_of("lower(text)"), "?");  // never touched: PUBLIC's default holds
  // Neither, but the strict profile asks for it.
  EXPECT_EQ(acl_of("query_to_xml(text,boolean,boolean,text)"), "");
  EXPECT_EQ(acl_of("pg_advisory_lock(bigint)"), "");
}

// A tenant's operators, functions, casts and tables must never run or be read as PostgreSQL's own.
TEST(Observe, runs_nothing_that_a_tenant_planted) {
  auto connection = deployment().connect();
  expect(connection.execute("BEGIN"));
  expect(connection.execute(R"(
    CREATE SCHEMA trap; CREATE SEQUENCE trap.sprung; -- a sequence forgets nothing when a savepoint is rolled back
    CREATE TABLE trap.alembic_parent (version_num text);
    CREATE FUNCTION trap.spring(a name, b name) RETURNS bool LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_catalog.nextval('trap.sprung'); RETURN true; END $$;
    CREATE OPERATOR trap.= (LEFTARG = name, RIGHTARG = name, FUNCTION = trap.spring);
    CREATE FUNCTION trap.format_type(oid, int) RETURNS text LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_catalog.nextval('trap.sprung'); RETURN 'x'; END $$;
    CREATE VIEW trap.pg_class AS SELECT 1 AS oid;
    CREATE VIEW trap.alembic_version AS SELECT trap.format_type(1, 1)::varchar AS version_num;
    CREATE TABLE trap.secret (id int); ALTER TABLE trap.secret ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON trap.secret USING (trap.format_type(1, 1) = 'x');
    ALTER DATABASE stratmaster SET search_path = trap, pg_catalog;)"));
  const auto seen = expect(observe::observe_server(connection, deployment().place().contract));
  EXPECT_EQ(expect(connection.query("SELECT is_called FROM trap.sprung")).at(0, 0), "f");
  EXPECT_TRUE(seen.version_tables.empty());
  expect(connection.execute("ROLLBACK"));
}

TEST(Observe, pins_the_search_path_whatever_the_database_says) {
  auto admin = deployment().connect();
  expect(admin.execute("ALTER DATABASE stratmaster SET search_path = trap"));
  auto connection = deployment().connect();
  const auto path = expect(connection.query("SELECT pg_catalog.current_setting('search_path')"));
  EXPECT_EQ(path.at(0, 0), "pg_catalog,pg_temp");
  expect(admin.execute("ALTER DATABASE stratmaster RESET search_path"));
}

// The lock table holds 6,400 by default: ten thousand tenants' version tables must not wait there for the end.
TEST(Observe, keeps_no_lock_on_a_version_table) {
  auto connection = deployment().connect();
  expect(
      connection.execute("CREATE SCHEMA locked; CREATE TABLE locked.alembic_version (version_num text PRIMARY KEY)"));
  expect(connection.execute("BEGIN"));
  const auto seen = expect(observe::observe_server(connection, deployment().place().contract));
  ASSERT_EQ(seen.version_tables.size(), 1u);
  const auto locks = expect(connection.query(
      "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation "
      "WHERE l.pid = pg_catalog.pg_backend_pid() AND c.relname IN ('alembic_version', 'alembic_version_pkey')"));
  EXPECT_EQ(locks.at(0, 0), "0");
  expect(connection.execute("ROLLBACK; DROP SCHEMA locked CASCADE"));
}

// A fact the role may not read makes the clauses that need it unknown, with the reason; the others are judged.
TEST(Observe, says_what_the_role_may_not_read) {
  auto connection = deployment().connect();
  expect(connection.execute("BEGIN"));
  expect(connection.execute(
      "CREATE SCHEMA pgcontract; CREATE TABLE pgcontract.tenant (id uuid, display_name text, state text, created_at "
      "timestamptz); CREATE ROLE nobody_special; SET LOCAL ROLE nobody_special"));
  const auto seen = expect(observe::observe_server(connection, deployment().place().contract));
  expect(connection.execute("ROLLBACK"));
  ASSERT_TRUE(seen.unreadable.contains(Fact::Registry));
  EXPECT_NE(seen.unreadable.at(Fact::Registry).find("permission denied"), std::string::npos);
  const Verdicts verdicts = compare::judge(command::judged(deployment().place(), seen));
  const ClauseResult* unknown = verdicts.find("tenancy.schema_per_tenant");
  ASSERT_NE(unknown, nullptr);
  EXPECT_EQ(unknown->verdict, Verdict::Unknown);
  EXPECT_NE(unknown->reason.find("tenant registry"), std::string::npos) << unknown->reason;
  EXPECT_NE(verdicts.find("schema.application")->verdict, Verdict::Unknown);
}

}  // namespace
}  // namespace pgcontract::test
