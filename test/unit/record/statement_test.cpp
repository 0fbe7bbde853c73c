// What each statement means for a recording.
#include "record/statement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/sql_token.hpp"

namespace pgcontract::record {
namespace {

using testing::HasSubstr;

const Surroundings& surroundings() {
  static const Surroundings kOnes{"tenant_1f", "alembic_version", "pgc_owner", {"public", "stratmaster_api"}};
  return kOnes;
}
Judged judged(std::string_view sql) { return judge(sql, surroundings()); }

struct Case {
  const char* sql;
  Kind kind;
};

TEST(Statement, IsSortedByWhatItDoes) {
  for (const auto& [sql, kind] : std::initializer_list<Case>{
           {"BEGIN", Kind::Begin},
           {"BEGIN ISOLATION LEVEL READ COMMITTED", Kind::Begin},
           {"START TRANSACTION", Kind::Begin},
           {"COMMIT", Kind::Commit},
           {"ROLLBACK", Kind::Rollback},
           {"SAVEPOINT sa_savepoint_1", Kind::Savepoint},
           {"RELEASE SAVEPOINT sa_savepoint_1", Kind::Release},
           {"ROLLBACK TO SAVEPOINT sa_savepoint_1", Kind::RollbackTo},
           {"ALTER TABLE t ADD COLUMN c int", Kind::Change},
           {"/* why */ CREATE INDEX i ON t (c)", Kind::Change},
           {"INSERT INTO t VALUES (1)", Kind::Change},
           {"UPDATE t SET a = (SELECT max(b) FROM u)", Kind::Change},
           {"DO $$ BEGIN PERFORM 1; END $$", Kind::Change},
           {"SET CONSTRAINTS ALL DEFERRED", Kind::Change},
           {"SET LOCAL check_function_bodies = off", Kind::Change},
           {"UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a'", Kind::Rows},
           {"INSERT INTO \"tenant_1f\".alembic_version (version_num) VALUES ('a')", Kind::Rows},
           {"DELETE FROM alembic_version WHERE version_num = 'a'", Kind::Rows},
           {"CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)", Kind::Chatter},
           {"SET search_path TO \"tenant_1f\"", Kind::Chatter},
           {"SET LOCAL lock_timeout = '5s'", Kind::Chatter},
           {"SET ROLE pgc_owner", Kind::Chatter},
           {"show standard_conforming_strings", Kind::Chatter},
           {"  ", Kind::Chatter},
           {"SELECT alembic_version.version_num \nFROM alembic_version", Kind::Look},
           {"select pg_catalog.version()", Kind::Look},
           {"SELECT CAST('test plain returns' AS VARCHAR(60)) AS anon_1", Kind::Look},
           {"SELECT pg_try_advisory_lock(1885823860, 1)", Kind::Look},
           {"SELECT t.oid, typarray FROM pg_type t JOIN pg_namespace ns ON typnamespace = ns.oid WHERE typname = "
            "'hstore'",
            Kind::Look},
           {"select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where "
            "pg_catalog.pg_table_is_visible(c.oid) and relname='x'",
            Kind::Look},
           {"SELECT a.attname, (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d WHERE "
            "d.adrelid = a.attrelid AND a.atthasdef) AS DEFAULT FROM pg_catalog.pg_attribute a WHERE a.attrelid = "
            "16500",
            Kind::Look},
           {"WITH x AS (SELECT 1 AS a) SELECT a FROM x, pg_class c WHERE c.oid = 'tenant_1f.t'::regclass", Kind::Look},
           {"SELECT 1 FROM information_schema.columns WHERE table_schema = 'tenant_1f' AND column_name = 'c'",
            Kind::Look},
           {"SELECT extract(epoch FROM interval '1 day') IS DISTINCT FROM 1", Kind::Refused},  // extract() is nobody's
           {"SELECT 1 IS DISTINCT FROM 2", Kind::Look},
       })
    EXPECT_EQ(judged(sql).kind, kind) << sql << ": " << judged(sql).reason;
}

struct Refusal {
  const char* sql;
  const char* reason;
};

TEST(Statement, IsRefusedWhereItsAnswerIsTheSchemasOwn) {
  for (const auto& [sql, reason] : std::initializer_list<Refusal>{
           {"SELECT * FROM reports", "reads rows of reports"},
           {"SELECT 1 FROM pg_class c, reports WHERE c.oid = 20000", "reads rows of reports"},
           {"SELECT 1 FROM (reports JOIN pg_class ON true)", "reads rows of reports"},
           {"SELECT EXISTS (SELECT FROM ONLY \"Reports\" LIMIT 1)", "reads rows of Reports"},
           {"SELECT count(*) FROM stratmaster_api.ref_kinds", "reads rows of stratmaster_api.ref_kinds"},
           {"(SELECT 1) UNION (SELECT 1 FROM reports)", "reads rows of reports"},
           {"WITH x AS (SELECT 1 FROM reports) SELECT * FROM x", "reads rows of reports"},
           {"WITH x AS (DELETE FROM reports RETURNING 1) SELECT * FROM x", "changes or locks rows"},
           {"SELECT 1 FROM pg_class WHERE oid = 20000 FOR UPDATE", "changes or locks rows"},
           {"SELECT 1 INTO x", "changes or locks rows"},
           {"TABLE reports", "reads the rows of a table"},
           {"SELECT nextval('s')", "calls nextval()"},
           {"SELECT stratmaster_api.lower('A')", "calls lower()"},
           {"SELECT current_setting('app.tenant_id')", "calls current_setting()"},
           {"SELECT 1 FROM information_schema.tables WHERE table_name = 'x'", "every schema of the database"},
           {"SELECT 1 FROM pg_type WHERE typname = 'mood'", "every schema of the database"},
           {"SELECT 1 FROM pg_tables WHERE schemaname IN (current_schema(), 'public')", "looks at schema public"},
           {"SELECT to_regclass('stratmaster_api.reports')", "looks at schema stratmaster_api"},
           {"SELECT reltuples FROM pg_class WHERE oid = 20000", "asks for reltuples"},
           {"SELECT 1 FROM pg_roles WHERE rolname = 'x'", "looks at pg_roles"},
           {"SELECT 1 FROM pg_catalog.pg_policy WHERE polrelid = 20000", "looks at pg_policy"},
           {"SELECT 1 FROM pg_stat_user_tables", "looks at pg_stat_user_tables"},
           {"DELETE FROM reports RETURNING id", "changes rows and looks at them"},
           {"COPY reports FROM STDIN", "copies rows"},
           {"SET search_path TO tenant_1f, public", "sets search_path"},
           {"SET search_path TO public", "sets search_path"},
           {"SET LOCAL ROLE postgres", "sets role"},
           {"SET default_tablespace = fast", "sets default_tablespace"},
           {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "isolation"},
           {"BEGIN ISOLATION LEVEL REPEATABLE READ", "isolation"},
           {"SHOW app.tenant_id", "looks at a setting"},
           {"PREPARE TRANSACTION 'x'", "two phases"},
           {"FETCH 10 FROM c", "says fetch"},
           {"DECLARE c CURSOR FOR SELECT 1", "says declare"},
           {"EXPLAIN SELECT 1", "says explain"},
           {"DISCARD ALL", "says discard"},
       }) {
    EXPECT_EQ(judged(sql).kind, Kind::Refused) << sql;
    EXPECT_THAT(judged(sql).reason, HasSubstr(reason)) << sql;
  }
}

TEST(SqlTokens, SeesThroughStringsCommentsAndDollars) {
  std::string text;
  for (const auto& token : sql_tokens("a /* b /* c */ ' */ E'\\' d' \"e\"\"f\" $$ g $$ $x$ $$ $x$ $1 -- h\n 1.5 U"))
    text += "[" + token.text + "]";
  EXPECT_EQ(text, "[a][E'\\' d'][e\"f][$$ g $$][$x$ $$ $x$][$1][1.5][u]");
}

}  // namespace
}  // namespace pgcontract::record
