#include <fmt/format.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/migrations/version_rows.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

bool is_deleted(const Observation& observation, const Uuid& id) {
  const auto& tenants = observation.registry.tenants;  // sorted by id
  const auto at = std::ranges::lower_bound(tenants, id, {}, &RegisteredTenant::id);
  return at != tenants.end() && at->id == id && at->state == "deleted";
}

Examined check(const Judged& judged) {
  const Contract& contract = judged.contract;
  if (!contract.migrations) return {{}, "no migrations in the contract", {}};
  if (!contract.tenancy) return {{}, "no tenancy in the contract", {}};
  const RevisionGraph& graph = judged.observation.migrations.tenant;
  if (contract.migrations->tenant_section.empty()) return {{}, "tenants have no migrations in the contract", {}};
  Examined examined;
  if (examined.unknown = unreadable_graph(graph); !examined.unknown.empty()) return examined;
  VersionRows rows(graph);
  std::size_t count = 0;
  for (const Schema& schema : judged.observation.schemas) {
    const auto id = contract.tenancy->tenant_of_schema(schema.name);
    if (!id || is_deleted(judged.observation, *id)) continue;
    ++count;
    if (auto finding = rows.judge(judged, schema)) examined.findings.push_back(*std::move(finding));
  }
  examined.examined = counted(count, "tenant schema");
  return examined;
}

}  // namespace

const Clause kMigrationsTenantsInStep = {
    .id = "migrations.tenants_in_step",
    .title = "every tenant's schema has every migration",
    .sentence = "Each tenant receives a dedicated schema (tenant_<id>). alembic is the source of truth.",
    .why =
        "One tenant that a deployment skipped fails alone, later, and looks like that tenant's fault. Every schema "
        "has Alembic's own version table, so the whole fleet can be compared at once.",
    .needs = {Fact::MigrationFiles, Fact::Schemas, Fact::VersionTables, Fact::Registry},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
