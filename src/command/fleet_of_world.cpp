#include "command/fleet_of_world.hpp"

#include <algorithm>

#include "alembic/graph.hpp"
#include "fleet/message.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::command {
namespace {

constexpr const char* kApplication = "migrations.at_head";
constexpr const char* kTenants = "migrations.tenants_in_step";

bool is_asked_for(const World& world, const std::string& clause, const std::string& only) {
  if (!only.empty() && only != "migrations" && only != clause) return false;
  const ClauseResult* result = world.verdicts.find(clause);
  return result && result->verdict == Verdict::Broken;
}

FleetSchema fleet_schema(const Observation& seen, const Schema& schema) {
  FleetSchema out;
  out.name = schema.name;
  if (const VersionTable* table = seen.version_table_of(schema.oid)) {
    out.has_table = true;
    out.rows.assign(table->versions.begin(), table->versions.end());
    std::ranges::sort(out.rows);
  }
  return out;
}

fleet::Survey survey_of(const Contract& contract, const Observation& seen) {
  fleet::Survey out;
  out.application.application = true;
  const Schema* application = seen.schema_named(contract.schemas.application.name);
  // One that is not there yet is made by an earlier step.
  out.application.schemas.push_back(application ? fleet_schema(seen, *application)
                                                : FleetSchema{contract.schemas.application.name, {}, "", false, {}});
  if (!contract.tenancy) return out;
  for (const auto& tenant : tenancy::tenants(contract, seen)) {
    if (!tenant.schema || !tenant.registered || tenant.registered->state == "deleted") continue;
    FleetSchema schema = fleet_schema(seen, *tenant.schema);
    schema.tenant = tenant.id;
    if (tenant.role) schema.role = tenant.role->name;
    out.tenants.schemas.push_back(std::move(schema));
  }
  std::ranges::sort(out.tenants.schemas, {}, &FleetSchema::name);
  return out;
}

// Where Alembic cannot even be started the plan still says what is to be done; doing it says why it cannot.
void leave_to_alembic(const Error& why, Group& group) {
  group.script.from = group.rows;
  group.script.to = group.route.back().rows_after;
  group.script.route = group.route;
  fleet::Part part;
  part.mode = fleet::Mode::Delegate;
  for (const auto& step : group.route) part.revisions.push_back(step.revision);
  part.rows_before = group.rows;
  part.rows_after = group.script.to;
  part.target = "head";
  part.reason = why.message;
  group.script.parts = {std::move(part)};
}

}  // namespace

Result<FleetWork> fleet_work(const Place& place, const postgres::Dsn& dsn, const World& world,
                             const std::string& only) {
  FleetWork work;
  const Contract& contract = place.contract;
  Scope scope;
  if (!contract.migrations) return work;
  scope.application = is_asked_for(world, kApplication, only);
  scope.tenants = contract.tenancy && is_asked_for(world, kTenants, only);
  if (!scope.application && !scope.tenants) return work;
  const MigrationFiles& files = world.observation.migrations;
  const fleet::Survey survey = survey_of(contract, world.observation);
  work.groups = make_groups(survey, {files.application, files.tenant}, scope,
                            [](const alembic::RevisionMap& map, const FleetSchema& schema) {
                              return alembic::upgrade_route(map, schema.rows, "head");
                            });
  // Rows that no file has are findings of their own.
  std::erase_if(work.groups, [&](const Group& group) {
    const auto& graph = group.application ? files.application : files.tenant;
    return group.error ? !alembic::unknown_rows(graph, group.rows).empty() : group.route.empty();
  });
  if (auto rendered = render(place, dsn, work.groups, {}, [](std::string_view) {}); !rendered)
    for (auto& group : work.groups)
      if (!group.error && group.script.empty()) leave_to_alembic(rendered.error(), group);
  Plan plan = fleet_plan(contract, work.groups, survey);
  for (auto& step : plan.steps) step.of_fleet = true;
  work.steps = std::move(plan.steps);
  work.manual = std::move(plan.manual);
  std::erase_if(work.groups, [](const Group& group) { return group.error.has_value(); });
  return work;
}

plan::TenantMigration tenant_migration(const Place& place, const postgres::Dsn& dsn, const RevisionGraph& graph,
                                       const std::vector<std::string>& rows) {
  const Migrations& migrations = *place.contract.migrations;
  const auto route = alembic::upgrade_route(alembic::RevisionMap(graph), rows, "head");
  if (!route) return {{}, "Alembic itself decides what runs: " + route.error().message};
  const auto script = fleet::make_script(rows, *route, place.contract.directory, migrations.version_table,
                                         fleet::alembic_renderer(place.contract, migrations.tenant_section, dsn.url()));
  if (!script) return {{}, "a revision cannot be rendered as SQL, so Alembic itself runs it"};
  plan::TenantMigration out;
  for (const auto& part : script->parts) {
    if (part.mode == fleet::Mode::Delegate) return {{}, "Alembic itself runs it: " + part.reason};
    if (part.mode == fleet::Mode::Autocommit)
      return {{}, "a revision works outside a transaction, so Alembic itself runs it"};
    for (const auto& statement : part.statements)
      out.statements.push_back(fleet::text_for(statement, quoted(migrations.version_table)));
  }
  return out;
}

}  // namespace pgcontract::command
