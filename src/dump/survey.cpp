#include "dump/survey.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include "model/observation.hpp"
#include "walg/names.hpp"

namespace pgcontract::dump {
namespace {

template <typename Number>
Number number(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Every relation that pg_dump locks, or that a function it calls opens until the transaction ends.
constexpr std::string_view kSchemas = R"(
SELECT n.oid, n.nspname,
       pg_catalog.count(c.oid),
       pg_catalog.count(c.oid) FILTER (WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog._char)),
       COALESCE(pg_catalog.sum(GREATEST(c.relpages, 0)::pg_catalog.int8), 0),
       n.nspname OPERATOR(pg_catalog.=) 'public'
         OR EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extnamespace OPERATOR(pg_catalog.=) n.oid)
         OR EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
                      AND d.objid OPERATOR(pg_catalog.=) n.oid AND d.deptype OPERATOR(pg_catalog.=) 'e')
FROM pg_catalog.pg_namespace AS n
LEFT JOIN pg_catalog.pg_class AS c
  ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
 AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,S,v,m,f}'::pg_catalog._char)
WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
GROUP BY n.oid, n.nspname
ORDER BY n.nspname)";

// Which schemas need which: every dependency between objects of two. Parts of one thing (partitions, sequences of a
// column) are needed both ways. What is in no schema but restored before them (casts, wrappers) has 0 for its own.
constexpr std::string_view kNeeds = R"(
WITH home (class, object, schema) AS (
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, c.oid, c.relnamespace FROM pg_catalog.pg_class AS c
  UNION ALL SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.pronamespace FROM pg_catalog.pg_proc AS p
  UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typnamespace FROM pg_catalog.pg_type AS t
  UNION ALL SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid, k.connamespace
            FROM pg_catalog.pg_constraint AS k
  UNION ALL SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, o.oid, o.oprnamespace FROM pg_catalog.pg_operator AS o
  UNION ALL SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid, o.opcnamespace FROM pg_catalog.pg_opclass AS o
  UNION ALL SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, o.oid, o.opfnamespace
            FROM pg_catalog.pg_opfamily AS o
  UNION ALL SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, l.oid, l.collnamespace
            FROM pg_catalog.pg_collation AS l
  UNION ALL SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass, v.oid, v.connamespace
            FROM pg_catalog.pg_conversion AS v
  UNION ALL SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, x.oid, x.cfgnamespace
            FROM pg_catalog.pg_ts_config AS x
  UNION ALL SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, x.oid, x.dictnamespace FROM pg_catalog.pg_ts_dict AS x
  UNION ALL SELECT 'pg_catalog.pg_ts_parser'::pg_catalog.regclass, x.oid, x.prsnamespace
            FROM pg_catalog.pg_ts_parser AS x
  UNION ALL SELECT 'pg_catalog.pg_ts_template'::pg_catalog.regclass, x.oid, x.tmplnamespace
            FROM pg_catalog.pg_ts_template AS x
  UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, s.stxnamespace
            FROM pg_catalog.pg_statistic_ext AS s
  UNION ALL SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid, c.relnamespace
            FROM pg_catalog.pg_rewrite AS w JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) w.ev_class
  UNION ALL SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, g.oid, c.relnamespace
            FROM pg_catalog.pg_trigger AS g JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) g.tgrelid
            WHERE NOT g.tgisinternal -- those of foreign keys stand on the table referred to, and are made with the key
  UNION ALL SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, y.oid, c.relnamespace
            FROM pg_catalog.pg_policy AS y JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) y.polrelid
  UNION ALL SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, a.oid, c.relnamespace
            FROM pg_catalog.pg_attrdef AS a JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) a.adrelid),
pair (schema, needed, parts) AS (
  SELECT h.schema, r.schema, d.deptype OPERATOR(pg_catalog.<>) 'n'
  FROM pg_catalog.pg_depend AS d
  JOIN home AS h ON h.class OPERATOR(pg_catalog.=) d.classid AND h.object OPERATOR(pg_catalog.=) d.objid
  JOIN home AS r ON r.class OPERATOR(pg_catalog.=) d.refclassid AND r.object OPERATOR(pg_catalog.=) d.refobjid
  WHERE h.schema OPERATOR(pg_catalog.<>) r.schema
  UNION
  SELECT c.relnamespace, p.relnamespace, true
  FROM pg_catalog.pg_inherits AS i
  JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
  JOIN pg_catalog.pg_class AS p ON p.oid OPERATOR(pg_catalog.=) i.inhparent
  WHERE c.relnamespace OPERATOR(pg_catalog.<>) p.relnamespace
  UNION
  SELECT 0, r.schema, false
  FROM pg_catalog.pg_depend AS d
  JOIN home AS r ON r.class OPERATOR(pg_catalog.=) d.refclassid AND r.object OPERATOR(pg_catalog.=) d.refobjid
  WHERE d.classid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_cast'::pg_catalog.regclass,
          'pg_catalog.pg_transform'::pg_catalog.regclass, 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass,
          'pg_catalog.pg_language'::pg_catalog.regclass, 'pg_catalog.pg_am'::pg_catalog.regclass]::pg_catalog.oid[]))
SELECT p.schema, p.needed, pg_catalog.bool_or(p.parts) FROM pair AS p GROUP BY 1, 2)";

constexpr std::string_view kLockSpace = R"(
SELECT pg_catalog.current_setting('max_locks_per_transaction'), pg_catalog.current_setting('max_connections'),
       pg_catalog.current_setting('max_prepared_transactions'),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks AS l
        WHERE NOT l.fastpath AND l.mode OPERATOR(pg_catalog.<>) 'SIReadLock'))";

constexpr std::string_view kFilesOf = R"(
SELECT c.relnamespace, c.oid, c.relfilenode, n.nspname, c.relname
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
  AND ($1::pg_catalog.oid[] IS NULL OR c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[]))
  AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema')";

// {columns}: of 15 and later.
constexpr std::string_view kPublishedTables = R"(
SELECT p.pubname, n.nspname, c.relname, {}
FROM pg_catalog.pg_publication_rel AS r
JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) r.prrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
ORDER BY 1, 2, 3)";
constexpr std::string_view kPublishedParts =
    "pg_catalog.pg_get_expr(r.prqual, r.prrelid), (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), "
    "', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid OPERATOR(pg_catalog.=) r.prrelid AND "
    "a.attnum OPERATOR(pg_catalog.=) ANY (r.prattrs::pg_catalog.int2[]))";
constexpr std::string_view kPublishedSchemas = R"(
SELECT p.pubname, n.nspname
FROM pg_catalog.pg_publication_namespace AS r
JOIN pg_catalog.pg_publication AS p ON p.oid OPERATOR(pg_catalog.=) r.pnpubid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) r.pnnspid
ORDER BY 1, 2)";

}  // namespace

Result<Survey> Survey::begin(const postgres::Dsn& dsn) {
  postgres::ConnectOptions options;
  options.application_name = "pgcontract backup logical";
  options.statement_timeout_ms = 0;
  options.idle_in_transaction_session_timeout_ms = 0;
  PGC_TRY(auto session, postgres::Connection::open(dsn, options));
  PGC_CHECK(session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off"));
  PGC_TRY(const auto row,
          session.query("SELECT pg_catalog.pg_export_snapshot(), pg_catalog.current_database(), "
                        "pg_catalog.current_setting('server_version'), "
                        "CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE "
                        "pg_catalog.pg_current_wal_lsn() END"));
  Survey survey(std::move(session));
  survey.snapshot = row.at(0, 0);
  survey.database = row.at(0, 1);
  survey.server_version = row.at(0, 2);
  survey.lsn = walg::parse_lsn(row.at(0, 3)).value_or(0);
  survey.version_num = survey.session_.server_version();
  // Roles other than superusers may not be allowed to ask.
  PGC_TRY(const auto may, survey.session_.query("SELECT pg_catalog.has_function_privilege("
                                                "'pg_catalog.pg_control_system()', 'EXECUTE')"));
  if (may.at(0, 0) == "t") {
    PGC_TRY(const auto control,
            survey.session_.query("SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c"));
    survey.system_identifier = control.at(0, 0);
  }
  return survey;
}

Result<std::vector<SchemaLoad>> Survey::schemas(const std::string& only) {
  PGC_TRY(const auto rows, session_.query(kSchemas));
  std::vector<SchemaLoad> schemas;
  std::map<std::uint32_t, std::size_t> places;
  for (int i = 0; i < rows.size(); ++i) {
    if (!only.empty() && rows.at(i, 1) != only) continue;
    SchemaLoad load;
    load.oid = number<std::uint32_t>(rows.at(i, 0));
    load.name = rows.at(i, 1);
    load.locks = number<int>(rows.at(i, 2));
    load.tables = number<int>(rows.at(i, 3));
    load.bytes = number<std::uint64_t>(rows.at(i, 4)) * 8192;
    load.with_database = only.empty() && rows.at(i, 5) == "t";
    places.emplace(load.oid, schemas.size());
    schemas.push_back(std::move(load));
  }
  if (!only.empty()) return schemas;
  PGC_TRY(const auto needs, session_.query(kNeeds));
  for (int i = 0; i < needs.size(); ++i) {
    const auto from = places.find(number<std::uint32_t>(needs.at(i, 0)));
    const auto to = places.find(number<std::uint32_t>(needs.at(i, 1)));
    if (to == places.end()) continue;
    if (needs.at(i, 0) == "0") schemas[to->second].with_database = true;
    if (from == places.end()) continue;
    schemas[from->second].needs.push_back(to->second);
    if (needs.at(i, 2) == "t") schemas[to->second].needs.push_back(from->second);
  }
  return schemas;
}

Result<LockSpace> Survey::lock_space() {
  PGC_TRY(const auto row, session_.query(kLockSpace));
  return LockSpace{number<int>(row.at(0, 0)), number<int>(row.at(0, 1)), number<int>(row.at(0, 2)),
                   number<int>(row.at(0, 3))};
}

Result<std::map<std::uint32_t, std::vector<TableFile>>> Survey::table_files() {
  PGC_TRY(const auto rows, session_.query(kFilesOf, {std::nullopt}));
  std::map<std::uint32_t, std::vector<TableFile>> files;
  for (int i = 0; i < rows.size(); ++i)
    files[number<std::uint32_t>(rows.at(i, 0))].push_back(
        {number<std::uint32_t>(rows.at(i, 1)), number<std::uint32_t>(rows.at(i, 2))});
  return files;
}

Result<std::string> Survey::publications(const std::vector<SchemaLoad>& schemas,
                                         const std::vector<std::size_t>& with_database) {
  std::set<std::string, std::less<>> there;
  for (const auto i : with_database) there.insert(schemas[i].name);
  const bool has_parts = version_num >= 150000;
  std::string sql;
  PGC_TRY(const auto tables, session_.query(fmt::format(kPublishedTables, has_parts ? kPublishedParts : "NULL, NULL")));
  for (int i = 0; i < tables.size(); ++i) {
    if (there.contains(tables.at(i, 1))) continue;
    sql += fmt::format("ALTER PUBLICATION {} ADD TABLE ONLY {}.{}", quoted(tables.at(i, 0)), quoted(tables.at(i, 1)),
                       quoted(tables.at(i, 2)));
    if (!tables.is_null(i, 4)) sql += fmt::format(" ({})", tables.at(i, 4));
    if (!tables.is_null(i, 3)) sql += fmt::format(" WHERE ({})", tables.at(i, 3));
    sql += ";\n";
  }
  if (!has_parts) return sql;
  PGC_TRY(const auto published, session_.query(kPublishedSchemas));
  for (int i = 0; i < published.size(); ++i)
    if (!there.contains(published.at(i, 1)))
      sql += fmt::format("ALTER PUBLICATION {} ADD TABLES IN SCHEMA {};\n", quoted(published.at(i, 0)),
                         quoted(published.at(i, 1)));
  return sql;
}

Result<void> Survey::still_there() {
  const auto answer = session_.query("SELECT 1");
  if (!answer) return with_context(answer.error(), "the session that holds the snapshot");
  return {};
}

Result<std::vector<std::string>> changed_tables(const postgres::Dsn& dsn, const std::vector<std::uint32_t>& schemas,
                                                const std::map<std::uint32_t, std::vector<TableFile>>& files) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const auto rows, connection.query(kFilesOf, {fmt::format("{{{}}}", fmt::join(schemas, ","))}));
  struct Now {
    std::uint32_t file;
    int row;
  };
  std::unordered_map<std::uint32_t, Now> there;
  for (int i = 0; i < rows.size(); ++i)
    there.emplace(number<std::uint32_t>(rows.at(i, 1)), Now{number<std::uint32_t>(rows.at(i, 2)), i});
  std::vector<std::string> changed;
  for (const auto schema : schemas) {
    const auto before = files.find(schema);
    if (before == files.end()) continue;
    for (const auto& table : before->second) {
      const auto at = there.find(table.table);
      if (at == there.end())
        changed.push_back(fmt::format("the table of oid {}, which is gone", table.table));
      else if (at->second.file != table.file)
        changed.push_back(fmt::format("{}.{}", quoted(rows.at(at->second.row, 3)), quoted(rows.at(at->second.row, 4))));
    }
  }
  return changed;
}

}  // namespace pgcontract::dump
