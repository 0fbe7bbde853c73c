#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "command/bring.hpp"
#include "command/list.hpp"
#include "command/tenant_input.hpp"
#include "tenancy/tombstones.hpp"

namespace pgcontract::command {
namespace {

constexpr std::string_view kClause = "tenancy.schema_per_tenant";

// Onboarding grants what `apply` made; without it nothing would stand.
Result<void> check_ready(const Place& place, const Observation& observation) {
  const TenancyRoles& roles = place.contract.tenancy->roles;
  const bool ready = observation.registry.version == tenancy::kSchemaVersion && observation.role_named(roles.owner) &&
                     observation.role_named(roles.tenant_group) &&
                     observation.schema_named(place.contract.schemas.application.name);
  if (ready) return {};
  return fail(ErrorCode::NotFound, "this database is not under the contract yet", "Run first: pgcontract apply");
}

// Names of schemas, roles and tenants that onboarding would mend something of.
std::unordered_set<std::string> names_with_findings(const World& world) {
  std::unordered_set<std::string> names;
  for (const char* clause : {"tenancy.schema_per_tenant", "tenancy.role_per_tenant", "migrations.tenants_in_step"})
    if (const ClauseResult* result = world.verdicts.find(clause))
      for (const auto& finding : result->findings) names.insert({finding.subject.name, finding.subject.schema});
  return names;
}

// A schema or role of the tenant's name that the registry does not know is somebody's: taking it over would give the
// tenant what is in it, and it the tenant's rows.
std::optional<Error> foreign(const World& world, const tenancy::TenantState& state) {
  const Observation& seen = world.observation;
  std::vector<std::string> there;
  if (state.schema)
    there.push_back(fmt::format("schema {} (owned by {})", quoted(state.schema->name),
                                quoted(seen.role_name(state.schema->owner))));
  if (state.role) {
    std::vector<std::string> groups;
    for (const auto& m : std::ranges::equal_range(seen.memberships, state.role->oid, {}, &Membership::member))
      groups.push_back(quoted(seen.role_name(m.role)));
    there.push_back(fmt::format("role {} ({}{})", quoted(state.role->name),
                                groups.empty() ? "in no other" : "member of ", fmt::join(groups, ", ")));
  }
  if (there.empty()) return std::nullopt;
  return Error{ErrorCode::Conflict,
               fmt::format("{} {} there already, and the registry knows no such tenant", fmt::join(there, " and "),
                           there.size() == 1 ? "is" : "are"),
               "Look at what it is. With --adopt it becomes the tenant's: owner, grants, memberships and settings are "
               "then as the contract says.",
               {},
               {},
               {}};
}

class Onboarding {
 public:
  Onboarding(const Place& place, const postgres::Dsn& dsn, const Arguments& arguments,
             std::vector<contract::ListedTenant> asked)
      : place_(place),
        dsn_(dsn),
        adopt_(arguments.has("--adopt")),
        reuse_(arguments.has("--reuse-id")),
        asked_(std::move(asked)) {}

  Result<Plan> plan(const World& world) {
    PGC_CHECK(check_ready(place_, world.observation));
    const auto broken = names_with_findings(world);
    const auto known = tenancy::tenants(place_.contract, world.observation);
    Wish wish{"tenant add", "", {}, true, {}};
    for (auto& tenant : asked_) {
      const auto at = std::ranges::lower_bound(known, tenant.id, {}, &tenancy::TenantState::id);
      const auto state = at != known.end() && at->id == tenant.id ? *at : tenancy::TenantState{tenant.id, {}, {}, {}};
      if (auto error = refusal(world, state))
        outcomes_.push_back(outcome_on(tenant.id, kClause, std::move(error)));
      else if (is_complete(state, broken))
        outcomes_.push_back(outcome_on(tenant.id, kClause, std::nullopt));
      else
        wish.new_tenants.push_back({tenant.id, tenant.display_name});
    }
    if (wish.new_tenants.empty()) return Plan{};
    PGC_TRY(Planned planned, plan_now(place_, dsn_, world, wish));
    return std::move(planned.plan);
  }

  const std::vector<contract::ListedTenant>& asked() const { return asked_; }
  std::vector<Outcome>& outcomes() { return outcomes_; }

 private:
  std::optional<Error> refusal(const World& world, const tenancy::TenantState& state) const {
    const bool registered = state.registered && state.registered->state != "deleted";
    const Text deleted = tenancy::deleted_at(world.observation, state.id);
    if (!deleted.empty() && !reuse_)
      return Error{ErrorCode::Conflict,
                   fmt::format("tenant {} was deleted at {}", state.id.canonical(), deleted),
                   "Give the tenant an id of its own, or add --reuse-id where it must be this one.",
                   {},
                   {},
                   {}};
    if (!deleted.empty() && registered)
      return Error{ErrorCode::Conflict,
                   fmt::format("tenant {} is here again from a backup", state.id.canonical()),
                   "Delete it first: pgcontract tenant delete --replay",
                   {},
                   {},
                   {}};
    return registered || adopt_ ? std::nullopt : foreign(world, state);
  }

  bool is_complete(const tenancy::TenantState& state, const std::unordered_set<std::string>& broken) const {
    const Tenancy& tenancy = *place_.contract.tenancy;
    return state.registered && state.registered->state != "deleted" && !broken.contains(tenancy.schema_of(state.id)) &&
           !broken.contains(tenancy.role_of(state.id)) && !broken.contains(state.id.canonical());
  }

  const Place& place_;
  const postgres::Dsn& dsn_;
  bool adopt_;
  bool reuse_;
  std::vector<contract::ListedTenant> asked_;
  std::vector<Outcome> outcomes_;  // of those that need no step
};

void tell(const Place& place, const std::vector<contract::ListedTenant>& asked, Report& report) {
  std::size_t added = 0, unchanged = 0, failed = 0;
  std::unordered_set<std::string> lost;
  for (const auto& outcome : report.application->outcomes)
    if (outcome.state == StepState::Failed || outcome.state == StepState::NotRun)
      lost.insert(outcome.step.tenant ? outcome.step.tenant->canonical() : "");
    else if (outcome.state == StepState::Unneeded)
      ++unchanged;
  failed = lost.size();
  added = asked.size() - std::min(asked.size(), unchanged + failed);
  const Uuid& first = asked.front().id;
  if (asked.size() > 1)
    report.notes = {fmt::format("{} added, {} unchanged, {} failed", added, unchanged, failed)};
  else if (added == 1)
    report.notes = {fmt::format("tenant {} has schema {} and role {}", first.canonical(),
                                quoted(place.contract.tenancy->schema_of(first)),
                                quoted(place.contract.tenancy->role_of(first)))};
  report.next = {asked.size() > 1 ? "pgcontract tenant list" : "pgcontract tenant show " + first.canonical()};
}

}  // namespace

Result<Report> run_tenant_add(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(auto asked, asked_tenants(arguments));
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  if (arguments.has("--display-name")) {
    if (asked.size() != 1 || arguments.has("--from"))
      return fail(ErrorCode::Usage, "--display-name is for one tenant", "Name many in the list that --from reads.");
    asked.front().display_name = arguments.get("--display-name");
    if (auto wrong = contract::display_name_problem(asked.front().display_name); !wrong.empty())
      return fail(ErrorCode::Usage, "--display-name " + wrong);
  }
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const act::Options options, act_options(arguments, place, "tenant add"));
  Onboarding onboarding(place, dsn, arguments, std::move(asked));
  PGC_TRY(Brought brought,
          carry_out(place, dsn, [&](const World& world) { return onboarding.plan(world); }, options, arguments));
  Report report;
  report.command = "tenant add";
  report.scene = scene_of(place, dsn.describe(), &brought.world);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto& tenants = onboarding.asked();
  if (tenants.size() == 1 && !onboarding.outcomes().empty()) {
    const Outcome& only = onboarding.outcomes().front();
    if (only.error) return fail(*only.error);
    report.notes = {fmt::format("tenant {} is there already; nothing was changed", tenants.front().id.canonical())};
    return report;
  }
  put_first(std::move(onboarding.outcomes()), brought.application);
  report.application = std::move(brought.application);
  tell(place, tenants, report);
  return report;
}

}  // namespace pgcontract::command
