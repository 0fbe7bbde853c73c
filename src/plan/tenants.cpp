// Onboarding and mending of one tenant: one transaction with role, settings, schema, grants, the tenant branch of the
// migrations and the registry row. Every statement may run again without harm.
#include <fmt/format.h>

#include <algorithm>

#include "alembic/command.hpp"
#include "plan/draft.hpp"
#include "plan/tenant_sql.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::plan {
namespace {

constexpr std::string_view kTenantAttributes = "INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";

void add_role(const Draft& draft, const TenantNames& names, const tenancy::TenantState& state, Step& step) {
  const std::string group = quoted(draft.contract().tenancy->roles.tenant_group);
  const bool suspended = state.registered && state.registered->state == "suspended";
  step.statements.push_back(fmt::format("{} ROLE {} {} {}", state.role ? "ALTER" : "CREATE", names.role,
                                        suspended ? "NOLOGIN" : "LOGIN", kTenantAttributes));
  if (state.role)
    for (const auto& membership : draft.observation().memberships)
      if (membership.member == state.role->oid)
        for (auto& statement : revoke_membership(draft.observation(), membership))
          step.statements.push_back(std::move(statement));
  step.statements.push_back(fmt::format("GRANT {} TO {}{}", group, names.role,
                                        draft.server_is_at_least(16) ? " WITH INHERIT TRUE, SET FALSE" : ""));
  const std::string in_database =
      fmt::format("ALTER ROLE {} IN DATABASE {} SET", names.role, quoted(draft.observation().server.database));
  step.statements.push_back(
      fmt::format("{} {} = {}", in_database, draft.contract().tenancy->setting, quoted_literal(names.id.canonical())));
  step.statements.push_back(fmt::format("{} search_path = {}, {}", in_database, names.schema,
                                        quoted(draft.contract().schemas.application.name)));
  add_limits(draft, names.id, step);
}

void add_schema(const TenantNames& names, const tenancy::TenantState& state, Step& step) {
  if (!state.schema)
    step.statements.push_back(fmt::format("CREATE SCHEMA {} AUTHORIZATION {}", names.schema, names.owner));
  else
    step.statements.push_back(fmt::format("ALTER SCHEMA {} OWNER TO {}", names.schema, names.owner));
  step.statements.push_back(fmt::format("GRANT USAGE ON SCHEMA {} TO {}", names.schema, names.role));
  step.statements.push_back(fmt::format(
      "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
      names.owner, names.schema, names.role));
}

// The migrations run as the owner with the tenant's schema as search_path, as `alembic -n tenant` would.
void add_migrations(const Draft& draft, const TenantNames& names, const VersionTable* versions,
                    const TenantMigration& migration, Step& step) {
  const std::string table = quoted(draft.contract().migrations->version_table);
  step.statements.push_back(fmt::format("SET LOCAL ROLE {}", names.owner));
  step.statements.push_back(fmt::format("SET LOCAL search_path = {}", names.schema));
  // As Alembic makes it.
  if (!versions)
    step.statements.push_back(fmt::format(
        "CREATE TABLE {} (version_num pg_catalog.varchar(32) NOT NULL, CONSTRAINT {} PRIMARY KEY (version_num))", table,
        quoted(draft.contract().migrations->version_table + "_pkc")));
  step.statements.insert(step.statements.end(), migration.statements.begin(), migration.statements.end());
  step.statements.push_back("SET LOCAL search_path = pg_catalog, pg_temp");
  step.statements.push_back("RESET ROLE");
  step.statements.push_back(fmt::format("REVOKE ALL ON TABLE {}.{} FROM {}", names.schema, table, names.role));
}

// A row that is there stays as it is, unless it is the tombstone of a tenant whose id is used again.
void add_registry_row(const TenantNames& names, const std::string& display_name, Step& step) {
  step.statements.push_back(fmt::format(
      "INSERT INTO pgcontract.tenant AS t (id, display_name) VALUES ({}, {}) ON CONFLICT (id) DO UPDATE SET "
      "display_name "
      "= EXCLUDED.display_name, state = 'active', created_at = pg_catalog.now(), changed_at = pg_catalog.now(), "
      "deleted_at = NULL, inventory_sha256 = NULL WHERE t.state OPERATOR(pg_catalog.=) 'deleted'",
      quoted_literal(names.id.canonical()), quoted_literal(display_name)));
}

// Alembic itself, for a branch that cannot be replayed from its SQL.
void add_online_migrations(const Finding& finding, Draft& draft, const TenantNames& names, const std::string& why) {
  const Migrations& migrations = *draft.contract().migrations;
  Step step;
  step.object = "schema " + names.schema;
  step.reason = why;
  step.program = Program{alembic::upgrade_arguments(migrations, migrations.tenant_section, "head", /*sql=*/false),
                         draft.contract().tenancy->roles.owner, names.schema};
  step.lock = "as the revisions' statements take";
  step.risk = Risk::Lock;
  step.undo = "alembic downgrade to the revision it was at";
  step.tenant = names.id;
  draft.add(Phase::Seeds, finding, std::move(step));
}

// `migrates`: brings the schema to the head too. One that is there and registered is the fleet's.
void onboard_or_mend(const Uuid& id, const std::string& display_name, const tenancy::TenantState& state, bool migrates,
                     const Finding& finding, Draft& draft) {
  const TenantNames names = names_of(draft.contract(), id);
  Step step;
  step.tenant = id;
  step.object = "tenant " + id.canonical();
  step.reason = finding.message;
  step.lock = "none outside the tenant's schema";
  add_role(draft, names, state, step);
  add_schema(names, state, step);
  const VersionTable* table = state.schema ? draft.observation().version_table_of(state.schema->oid) : nullptr;
  const auto& migrations = draft.inputs().tenant_migrations;
  const auto migration =
      migrates ? migrations.find(migration_key(table ? table->versions : std::vector<Text>{})) : migrations.end();
  const bool online = migration != migrations.end() && !migration->second.online_reason.empty();
  if (migration != migrations.end() && !online) add_migrations(draft, names, table, migration->second, step);
  add_registry_row(names, display_name, step);
  if (!state.registered || state.registered->state == "deleted")
    step.statements.push_back(evidence("tenant_added", id,
                                       fmt::format("pg_catalog.jsonb_build_object('display_name', {}::pg_catalog.text)",
                                                   quoted_literal(display_name))));
  step.undo = state.schema ? "the tenant's role, grants and settings as they were"
                           : fmt::format("DROP SCHEMA {} CASCADE; DROP ROLE {}", names.schema, names.role);
  draft.add(Phase::Tenants, finding, std::move(step));
  if (online) add_online_migrations(finding, draft, names, migration->second.online_reason);
}

tenancy::TenantState state_of(const Draft& draft, const Uuid& id) {
  const auto at = std::ranges::lower_bound(draft.tenants(), id, {}, &tenancy::TenantState::id);
  if (at != draft.tenants().end() && at->id == id) return *at;
  return tenancy::TenantState{id, nullptr, nullptr, nullptr};
}

std::optional<Uuid> tenant_of(const Finding& finding, const Tenancy& tenancy) {
  if (finding.subject.kind == "tenant")
    if (const auto id = Uuid::parse(finding.subject.name)) return *id;
  for (const std::string& name : {finding.subject.name, finding.subject.schema}) {
    if (const auto id = tenancy.tenant_of_schema(name)) return id;
    if (const auto id = tenancy.tenant_of_role(name)) return id;
  }
  return std::nullopt;
}

}  // namespace

void mend_tenant(const Finding& finding, Draft& draft) {
  const auto id = tenant_of(finding, *draft.contract().tenancy);
  const bool by_hand = finding.tagged("unregistered") || finding.tagged("owns") || finding.tagged("unknown_revision");
  if (!id || by_hand) return draft.add_manual(finding);
  const auto state = state_of(draft, *id);
  if (!state.registered || state.registered->state == "deleted") return draft.add_manual(finding);
  if (state.schema && finding.clause == "migrations.tenants_in_step") return draft.add_fleet(finding);
  onboard_or_mend(*id, std::string(state.registered->display_name), state, !state.schema, finding, draft);
}

void onboard(const NewTenant& tenant, Draft& draft) {
  Finding finding;
  finding.clause = "tenancy.schema_per_tenant";
  finding.message = fmt::format("onboard tenant {}", tenant.display_name);
  onboard_or_mend(tenant.id, tenant.display_name, state_of(draft, tenant.id), /*migrates=*/true, finding, draft);
}

}  // namespace pgcontract::plan
