#include "command/release.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "alembic/digest.hpp"
#include "alembic/graph.hpp"
#include "alembic/lineage.hpp"
#include "model/observation.hpp"

namespace pgcontract::command {
namespace {

// ('tenant/843e…', 'sha256', 'file'), …
std::string values_of(const Contract& contract, const std::string& section, const std::set<std::string>& rows) {
  if (rows.empty() || section.empty()) return {};
  const std::string config = (std::filesystem::path(contract.directory) / contract.migrations->config).string();
  RevisionGraph graph = alembic::read_graph(config, section, contract.directory);
  alembic::add_digests(graph, contract.directory);
  const alembic::Lineage lineage(graph.revisions);
  std::vector<int> reached;
  for (const auto& row : rows)
    if (const int revision = lineage.find(row); revision >= 0) reached.push_back(revision);
  const auto below = lineage.ancestors(reached);
  std::string values;
  for (std::size_t i = 0; i < graph.revisions.size(); ++i) {
    const Revision& revision = graph.revisions[i];
    if (!below[i] || revision.sha256.empty()) continue;
    values += fmt::format("{}({}, {}, {})", values.empty() ? "" : ", ", quoted_literal(section + "/" + revision.id),
                          quoted_literal(revision.sha256), quoted_literal(revision.file));
  }
  return values;
}

}  // namespace

Result<void> record_releases(postgres::Connection& connection, const Contract& contract, const Released& released) {
  if (!contract.migrations) return {};
  const Migrations& migrations = *contract.migrations;
  for (const auto& values : {values_of(contract, migrations.application_section, released.application),
                             values_of(contract, migrations.tenant_section, released.tenant)}) {
    if (values.empty()) continue;
    PGC_CHECK(connection.execute(fmt::format(
        "INSERT INTO pgcontract.evidence (kind, subject, detail) SELECT 'revision', n.subject, "
        "pg_catalog.jsonb_build_object('sha256', n.sha256, 'file', n.file) FROM (VALUES {}) AS n(subject, sha256, "
        "file) "
        "WHERE NOT EXISTS (SELECT FROM pgcontract.evidence AS e WHERE e.subject OPERATOR(pg_catalog.=) n.subject "
        "AND e.kind OPERATOR(pg_catalog.=) 'revision' "
        "AND e.detail OPERATOR(pg_catalog.->>) 'sha256' OPERATOR(pg_catalog.=) n.sha256)",
        values)));
  }
  return {};
}

}  // namespace pgcontract::command
