// What a target knows of the tables that migrations change.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/sha256.hpp"
#include "command/lint.hpp"
#include "observe/observe.hpp"

namespace pgcontract::command {
namespace {

// By pg_class alone, which costs nothing for a hundred thousand tables; the real size is asked of the largest only.
constexpr std::string_view kSizes = R"(
WITH pages AS (
  SELECT c.oid, n.nspname, c.relname, c.reltuples,
         c.relpages::pg_catalog.int8
         OPERATOR(pg_catalog.+) COALESCE((SELECT pg_catalog.sum(i.relpages) FROM pg_catalog.pg_index AS x
           JOIN pg_catalog.pg_class AS i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
           WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid), 0)
         OPERATOR(pg_catalog.+) COALESCE((SELECT t.relpages FROM pg_catalog.pg_class AS t
           WHERE t.oid OPERATOR(pg_catalog.=) c.reltoastrelid), 0) AS pages
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m}'::"char"[])
    AND n.nspname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])),
largest AS (
  SELECT DISTINCT ON (p.relname) p.* FROM pages AS p ORDER BY p.relname, p.pages DESC, p.nspname)
SELECT l.nspname, l.relname, COALESCE(pg_catalog.pg_total_relation_size(l.oid), 0), l.reltuples,
       pg_catalog.pg_stat_get_numscans(l.oid)
       OPERATOR(pg_catalog.+) COALESCE((SELECT pg_catalog.sum(pg_catalog.pg_stat_get_numscans(x.indexrelid))
         FROM pg_catalog.pg_index AS x WHERE x.indrelid OPERATOR(pg_catalog.=) l.oid), 0),
       pg_catalog.pg_stat_get_tuples_inserted(l.oid) OPERATOR(pg_catalog.+)
       pg_catalog.pg_stat_get_tuples_updated(l.oid) OPERATOR(pg_catalog.+)
       pg_catalog.pg_stat_get_tuples_deleted(l.oid)
FROM largest AS l ORDER BY l.relname)";

double number(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string array_of(const std::vector<FleetSchema>& schemas) {
  std::string text = "{";
  for (const auto& schema : schemas) {
    text += text.size() > 1 ? ",\"" : "\"";
    for (const char c : schema.name) text += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    text += '"';
  }
  return text + "}";
}

}  // namespace

Result<LintTarget> read_lint_target(const Place& place, const postgres::Dsn& dsn) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  LintTarget target;
  PGC_TRY(target.survey, fleet::survey(connection, place.contract));
  PGC_TRY(target.observation, observe::observe_world(connection, place.contract));
  target.server_version =
      fmt::format("{}.{}", connection.server_version() / 10000, connection.server_version() % 10000);
  return target;
}

Result<std::map<std::string, lint::TableSize>> read_sizes(const postgres::Dsn& dsn, const Fleet& fleet) {
  std::map<std::string, lint::TableSize> sizes;
  if (fleet.schemas.empty()) return sizes;
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const auto rows, connection.query(kSizes, {array_of(fleet.schemas)}));
  for (int row = 0; row < rows.size(); ++row)
    sizes[std::string(rows.at(row, 1))] = {std::string(rows.at(row, 0)), number(rows.at(row, 2)),
                                           number(rows.at(row, 3)), number(rows.at(row, 4)), number(rows.at(row, 5))};
  return sizes;
}

std::vector<std::string> edited_revisions(const Observation& seen, const RevisionGraph& graph,
                                          const std::map<std::string, std::string>& sources) {
  std::vector<std::string> edited;
  for (const auto& evidence : seen.evidence) {
    if (evidence.kind != "revision" || !evidence.subject.starts_with(graph.section + "/")) continue;
    const std::string id(evidence.subject.substr(graph.section.size() + 1));
    const auto source = sources.find(id);
    const Text released = evidence.value("sha256");
    if (source == sources.end() || released.empty() || released == sha256(source->second)) continue;
    if (std::ranges::find(edited, id) == edited.end()) edited.push_back(id);
  }
  return edited;
}

}  // namespace pgcontract::command
