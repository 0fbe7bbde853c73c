#include <fmt/format.h>

#include "command/list.hpp"
#include "command/world.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::command {

Result<Report> run_tenant_list(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const World world, look(place, dsn));
  Table table{"tenants",
              {{"id", "ID"},
               {"display_name", "NAME"},
               {"state", "STATE"},
               {"schema", "SCHEMA"},
               {"tables", "TABLES"},
               {"created_at", "CREATED"}},
              {}};
  for (const auto& tenant : tenancy::tenants(place.contract, world.observation)) {
    const auto text = [](Text value) { return std::optional<std::string>(value); };
    std::optional<std::string> tables;
    if (tenant.schema) {
      std::size_t count = 0;
      for (const auto& relation : world.observation.relations_of(tenant.schema->oid))
        count += tenancy::is_table(relation);
      tables = std::to_string(count);
    }
    table.rows.push_back({tenant.id.canonical(),
                          tenant.registered ? text(tenant.registered->display_name) : std::nullopt,
                          tenant.registered ? text(tenant.registered->state) : text("unregistered"),
                          tenant.schema ? text(tenant.schema->name) : std::nullopt, tables,
                          tenant.registered ? text(tenant.registered->created_at) : std::nullopt});
  }
  Report report;
  report.command = "tenant list";
  report.scene = scene_of(place, dsn.describe(), &world);
  if (table.rows.empty()) {
    report.notes = {"there are no tenants"};
    report.next = {"pgcontract tenant add ID --display-name NAME"};
  }
  report.tables = {std::move(table)};
  return report;
}

}  // namespace pgcontract::command
