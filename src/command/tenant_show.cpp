#include <fmt/format.h>

#include <algorithm>

#include "command/list.hpp"
#include "command/world.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::command {
namespace {

Table facts_of(const Place& place, const Observation& observation, const tenancy::TenantState& tenant) {
  Table table{"tenant", {{"fact", "FACT"}, {"value", "VALUE"}}, {}};
  const auto add = [&](std::string fact, std::optional<std::string> value) {
    table.rows.push_back({std::move(fact), std::move(value)});
  };
  add("id", tenant.id.canonical());
  add("display_name", tenant.registered ? std::optional<std::string>(tenant.registered->display_name) : std::nullopt);
  add("state", tenant.registered ? std::string(tenant.registered->state) : "unregistered");
  add("created_at", tenant.registered ? std::optional<std::string>(tenant.registered->created_at) : std::nullopt);
  add("schema", tenant.schema ? std::optional<std::string>(tenant.schema->name) : std::nullopt);
  add("role", tenant.role ? std::optional<std::string>(tenant.role->name) : std::nullopt);
  add("can_log_in", tenant.role ? std::optional<std::string>(tenant.role->login ? "true" : "false") : std::nullopt);
  if (tenant.schema) {
    std::int64_t pages = 0;
    int tables = 0;
    for (const auto& relation : observation.relations_of(tenant.schema->oid)) {
      pages += relation.size_pages;
      tables += tenancy::is_table(relation);
    }
    add("tables", std::to_string(tables));
    add("size_bytes_estimate", std::to_string(pages * 8192));
    const VersionTable* versions = observation.version_table_of(tenant.schema->oid);
    add("revision",
        versions ? std::optional<std::string>(fmt::format("{}", fmt::join(versions->versions, ", "))) : std::nullopt);
    add("heads", fmt::format("{}", fmt::join(observation.migrations.tenant.heads, ", ")));
  }
  (void)place;
  return table;
}

// The verdicts with the findings that speak of this tenant alone.
Verdicts verdicts_on(const Place& place, const Verdicts& all, const Uuid& id) {
  const Tenancy& tenancy = *place.contract.tenancy;
  Verdicts mine;
  for (const auto& result : all.clauses) {
    ClauseResult own = result;
    std::erase_if(own.findings, [&](const Finding& finding) {
      const auto names = {finding.subject.schema, finding.subject.name, finding.subject.part};
      return std::ranges::none_of(names, [&](const std::string& name) {
        return name == tenancy.schema_of(id) || name == tenancy.role_of(id) || name == id.canonical();
      });
    });
    if (!own.findings.empty()) mine.clauses.push_back(std::move(own));
  }
  return mine;
}

}  // namespace

Result<Report> run_tenant_show(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid id, tenant_argument(arguments.positionals.at(0)));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const World world, look(place, dsn));
  const auto tenants = tenancy::tenants(place.contract, world.observation);
  const auto at = std::ranges::find(tenants, id, &tenancy::TenantState::id);
  if (at == tenants.end())
    return fail(ErrorCode::NotFound, fmt::format("there is no tenant {}", id.canonical()),
                "See them all: pgcontract tenant list");
  Report report;
  report.command = "tenant show";
  report.scene = scene_of(place, dsn.describe(), &world);
  report.tables = {facts_of(place, world.observation, *at)};
  Verdicts mine = verdicts_on(place, world.verdicts, id);
  if (mine.clauses.empty())
    report.notes = {"no clause has a finding on this tenant"};
  else
    report.verdicts = std::move(mine);
  return report;
}

}  // namespace pgcontract::command
