#include "plan/lifecycle.hpp"

#include <fmt/format.h>

#include "plan/tenant_sql.hpp"
#include "plan/tenant_steps.hpp"

namespace pgcontract::plan {
namespace {

std::string set_state(const Uuid& tenant, std::string_view from, std::string_view to) {
  return fmt::format(
      "UPDATE pgcontract.tenant AS t SET state = {}, changed_at = pg_catalog.now() WHERE t.id OPERATOR(pg_catalog.=) "
      "{} "
      "AND t.state OPERATOR(pg_catalog.=) {}",
      quoted_literal(to), quoted_literal(tenant.canonical()), quoted_literal(from));
}

std::string display_name_of(std::string_view name) {
  return fmt::format("pg_catalog.jsonb_build_object('display_name', {}::pg_catalog.text)", quoted_literal(name));
}

}  // namespace

Step tenant_step(const Uuid& tenant, std::string_view clause, std::string reason) {
  Step step;
  step.clause = clause;
  step.tenant = tenant;
  step.object = "tenant " + tenant.canonical();
  step.reason = std::move(reason);
  step.lock = "none";
  return step;
}

void number(Plan& plan) {
  int next = 0;
  for (auto& step : plan.steps) step.number = ++next;
}

Step suspension(const Judged& judged, const Uuid& tenant, std::string_view why) {
  const TenantNames names = names_of(judged.contract, tenant);
  Step step = tenant_step(tenant, "tenancy.role_per_tenant", "a tenant whose role cannot log in is suspended");
  // The role may have gone with a restore, or not come with it.
  if (judged.observation.role_named(judged.contract.tenancy->role_of(tenant)))
    step.statements.push_back(fmt::format("ALTER ROLE {} NOLOGIN", names.role));
  step.statements.push_back(set_state(tenant, "active", "suspended"));
  step.statements.push_back(
      evidence("tenant_suspended", tenant,
               fmt::format("pg_catalog.jsonb_build_object('why', {}::pg_catalog.text)", quoted_literal(why))));
  step.undo = "pgcontract tenant resume " + tenant.canonical();
  return step;
}

// Behind the commit of NOLOGIN nobody comes in any more; a session that was half in is met by the next turn.
Step termination(const Judged& judged, const Uuid& tenant) {
  const std::string role = quoted_literal(judged.contract.tenancy->role_of(tenant));
  Step step = tenant_step(tenant, "tenancy.role_per_tenant", "sessions that were open stay open without it");
  step.object = "sessions of tenant " + tenant.canonical();
  step.statements = {do_block(fmt::format(R"(
DECLARE
  left_over pg_catalog.int8;
BEGIN
  FOR turn IN 1..20 LOOP
    PERFORM pg_catalog.pg_stat_clear_snapshot();
    PERFORM pg_catalog.pg_terminate_backend(a.pid, 1000) FROM pg_catalog.pg_stat_activity AS a
      WHERE a.usename OPERATOR(pg_catalog.=) {0};
    PERFORM pg_catalog.pg_stat_clear_snapshot();
    SELECT pg_catalog.count(*) INTO left_over FROM pg_catalog.pg_stat_activity AS a
      WHERE a.usename OPERATOR(pg_catalog.=) {0};
    EXIT WHEN left_over OPERATOR(pg_catalog.=) 0;
  END LOOP;
  IF left_over OPERATOR(pg_catalog.>) 0 THEN
    RAISE EXCEPTION '% sessions of the tenant do not end', left_over USING ERRCODE = 'object_in_use',
      HINT = 'They may wait for a disk or for a network: look at pg_stat_activity, then run it again.';
  END IF;
END
)",
                                          role))};
  step.undo = "the tenant's sessions connect again once it is resumed";
  return step;
}

Plan suspend_tenants(const Judged& judged, std::span<const Uuid> tenants) {
  Plan plan;
  for (const auto& tenant : tenants) {
    plan.steps.push_back(suspension(judged, tenant, "tenant suspend"));
    plan.steps.push_back(termination(judged, tenant));
  }
  number(plan);
  return plan;
}

namespace {

Step resumption(const Judged& judged, const Uuid& tenant) {
  const TenantNames names = names_of(judged.contract, tenant);
  Step step = tenant_step(tenant, "tenancy.role_per_tenant", "an active tenant's role can log in");
  // Where tables are gone already, resuming would show the tenant half of what it had.
  step.statements = {do_block(fmt::format(R"(
BEGIN
  IF (SELECT e.kind FROM pgcontract.evidence AS e WHERE e.subject OPERATOR(pg_catalog.=) {}
        AND e.kind OPERATOR(pg_catalog.=) ANY ('{{tenant_added,tenant_inventory,tenant_deleted}}'::pg_catalog._text)
      ORDER BY e.id DESC LIMIT 1) OPERATOR(pg_catalog.=) 'tenant_inventory' THEN
    RAISE EXCEPTION 'the deletion of this tenant has begun' USING ERRCODE = 'object_in_use',
      HINT = 'Complete it: pgcontract tenant delete';
  END IF;
END
)",
                                          quoted_literal(tenant.canonical()))),
                     set_state(tenant, "suspended", "active"), fmt::format("ALTER ROLE {} LOGIN", names.role),
                     evidence("tenant_resumed", tenant, "'{}'::pg_catalog.jsonb")};
  step.undo = "pgcontract tenant suspend " + tenant.canonical();
  return step;
}

}  // namespace

Plan resume_tenants(const Judged& judged, std::span<const Uuid> tenants) {
  Plan plan;
  for (const auto& tenant : tenants) plan.steps.push_back(resumption(judged, tenant));
  number(plan);
  return plan;
}

Plan rename_tenant(const Uuid& tenant, const std::string& display_name) {
  Step step = tenant_step(tenant, "contract.ledger", "people know the tenant by another name");
  step.statements = {
      fmt::format("UPDATE pgcontract.tenant AS t SET display_name = {}, changed_at = pg_catalog.now() WHERE t.id "
                  "OPERATOR(pg_catalog.=) {}",
                  quoted_literal(display_name), quoted_literal(tenant.canonical())),
      evidence("tenant_renamed", tenant, display_name_of(display_name))};
  step.undo = "pgcontract tenant rename with the name it had";
  Plan plan{{std::move(step)}, {}, {}};
  number(plan);
  return plan;
}

Plan record_export(const Uuid& tenant, const std::string& manifest_sha256) {
  Step step = tenant_step(tenant, "contract.ledger", "that the tenant's rows left the database is worth knowing");
  step.statements = {evidence("tenant_exported", tenant,
                              fmt::format("pg_catalog.jsonb_build_object('manifest_sha256', {}::pg_catalog.text)",
                                          quoted_literal(manifest_sha256)))};
  step.undo = "none: delete the files";
  Plan plan{{std::move(step)}, {}, {}};
  number(plan);
  return plan;
}

}  // namespace pgcontract::plan
