#include <fmt/format.h>

#include <algorithm>

#include "command/bring.hpp"
#include "command/list.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::command {
namespace {

constexpr std::size_t kLongestDisplayName = 200;

// Onboarding grants what `apply` made; without it nothing would stand.
Result<void> check_ready(const Place& place, const Observation& observation) {
  const TenancyRoles& roles = place.contract.tenancy->roles;
  const bool ready = observation.registry.present && observation.role_named(roles.owner) &&
                     observation.role_named(roles.tenant_group) &&
                     observation.schema_named(place.contract.schemas.application.name);
  if (ready) return {};
  return fail(ErrorCode::NotFound, "this database is not under the contract yet", "Run first: pgcontract apply");
}

bool has_findings(const World& world, const Tenancy& tenancy, const Uuid& id) {
  for (const char* clause : {"tenancy.schema_per_tenant", "tenancy.role_per_tenant", "migrations.tenants_in_step"}) {
    const ClauseResult* result = world.verdicts.find(clause);
    if (!result) continue;
    for (const auto& finding : result->findings)
      for (const auto& name : {finding.subject.name, finding.subject.schema})
        if (name == tenancy.schema_of(id) || name == tenancy.role_of(id) || name == id.canonical()) return true;
  }
  return false;
}

bool is_registered(const Observation& observation, const Uuid& id) {
  return std::ranges::binary_search(observation.registry.tenants, id, {}, &RegisteredTenant::id);
}

}  // namespace

Result<Report> run_tenant_add(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid id, tenant_argument(arguments.positionals.at(0)));
  const std::string display_name = arguments.get("--display-name", id.canonical());
  if (display_name.empty() || display_name.size() > kLongestDisplayName)
    return fail(ErrorCode::Usage, fmt::format("--display-name takes 1 to {} bytes", kLongestDisplayName));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const act::Options options, act_options(arguments, place, "tenant add"));
  PGC_TRY(const World before, look(place, dsn));
  PGC_CHECK(check_ready(place, before.observation));
  Report report;
  report.command = "tenant add";
  if (is_registered(before.observation, id) && !has_findings(before, *place.contract.tenancy, id)) {
    report.scene = scene_of(place, dsn.describe(), &before);
    report.notes = {fmt::format("tenant {} is there already; nothing was changed", id.canonical())};
    return report;
  }
  PGC_TRY(Brought brought,
          bring(place, dsn, Wish{"tenant add", "", {{id, display_name}}, true, {}}, options, arguments));
  report.scene = scene_of(place, dsn.describe(), &brought.world);
  report.application = std::move(brought.application);
  if (report.application->count(StepState::Failed) == 0)
    report.notes = {fmt::format("tenant {} has schema {} and role {}", id.canonical(),
                                quoted(place.contract.tenancy->schema_of(id)),
                                quoted(place.contract.tenancy->role_of(id)))};
  report.next = {"pgcontract tenant show " + id.canonical()};
  return report;
}

}  // namespace pgcontract::command
