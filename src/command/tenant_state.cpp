#include "command/tenant_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "command/bring.hpp"
#include "command/tenant_input.hpp"
#include "tenancy/tombstones.hpp"

namespace pgcontract::command {
namespace {

constexpr std::string_view kClause = "tenancy.role_per_tenant";

// A suspended tenant whose role logs in again, or whose sessions are there still, is suspended again.
bool is_done(const StateChange& change, const Place& place, const Observation& seen, const RegisteredTenant& tenant) {
  const Role* role = seen.role_named(place.contract.tenancy->role_of(tenant.id));
  return tenant.state == change.to && change.to == "active" && role && role->login;
}

}  // namespace

Error no_such_tenant(const Observation& observation, const Uuid& id) {
  const Text deleted = tenancy::deleted_at(observation, id);
  if (!deleted.empty())
    return {ErrorCode::NotFound, fmt::format("tenant {} was deleted at {}", id.canonical(), deleted), "", {}, {}, {}};
  return {ErrorCode::NotFound,
          fmt::format("there is no tenant {}", id.canonical()),
          "See them all: pgcontract tenant list",
          {},
          {},
          {}};
}

const RegisteredTenant* living_tenant(const Observation& observation, const Uuid& id) {
  const auto& tenants = observation.registry.tenants;
  const auto at = std::ranges::lower_bound(tenants, id, {}, &RegisteredTenant::id);
  return at != tenants.end() && at->id == id && at->state != "deleted" ? &*at : nullptr;
}

Result<void> check_may_become(postgres::Connection& connection, const Tenancy& tenancy, std::span<const Uuid> tenants) {
  const std::string_view right = connection.server_version() >= 160000 ? "SET" : "MEMBER";
  PGC_TRY(const auto rows, connection.query("SELECT r.rolname, current_user FROM pg_catalog.pg_roles AS r WHERE NOT "
                                            "pg_catalog.pg_has_role(current_user, r.oid, $1) ORDER BY 1",
                                            {std::string(right)}));
  std::vector<std::string> lacking;
  for (int i = 0; i < rows.size(); ++i) {
    const auto tenant = tenancy.tenant_of_role(rows.at(i, 0));
    if (rows.at(i, 0) == tenancy.roles.owner || (tenant && std::ranges::find(tenants, *tenant) != tenants.end()))
      lacking.push_back(quoted(rows.at(i, 0)));
  }
  if (lacking.empty()) return {};
  return fail(ErrorCode::Permission,
              fmt::format("the role of the DSN may not become {}{}", lacking.front(),
                          lacking.size() == 1 ? "" : fmt::format(" and {} more", lacking.size() - 1)),
              fmt::format("As a superuser: GRANT {} TO {}. Nothing was changed.", fmt::join(lacking, ", "),
                          quoted(rows.at(0, 1))));
}

Result<Report> change_state(const Arguments& arguments, const StateChange& change) {
  PGC_TRY(const auto asked, asked_tenants(arguments));
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const act::Options options, act_options(arguments, place, change.command));
  std::vector<Outcome> outcomes;
  const auto make_plan = [&](const World& world) -> Result<Plan> {
    std::vector<Uuid> ids;
    for (const auto& tenant : asked) {
      const RegisteredTenant* found = living_tenant(world.observation, tenant.id);
      if (!found)
        outcomes.push_back(outcome_on(tenant.id, kClause, no_such_tenant(world.observation, tenant.id)));
      else if (is_done(change, place, world.observation, *found))
        outcomes.push_back(outcome_on(tenant.id, kClause, std::nullopt));
      else
        ids.push_back(tenant.id);
    }
    return change.plan(judged(place, world.observation), ids);
  };
  PGC_TRY(Brought brought, carry_out(place, dsn, make_plan, options, arguments));
  if (asked.size() == 1 && !outcomes.empty() && outcomes.front().error) return fail(*outcomes.front().error);
  Report report;
  report.command = change.command;
  report.scene = scene_of(place, dsn.describe(), &brought.world);
  put_first(std::move(outcomes), brought.application);
  report.application = std::move(brought.application);
  std::size_t reached = 0;
  for (const auto& tenant : asked) {
    const RegisteredTenant* found = living_tenant(brought.world.observation, tenant.id);
    reached += found && found->state == change.to;
  }
  report.notes = {fmt::format("{} {} {}", counted_tenants(reached), reached == 1 ? "is" : "are", change.to)};
  return report;
}

}  // namespace pgcontract::command
