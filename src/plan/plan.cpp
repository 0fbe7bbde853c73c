#include "plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/draft.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::plan {
namespace {

struct Remedy {
  std::string_view clause;
  void (*mend)(const Finding&, Draft&);
};

// A clause that is not here has no automatic remedy: changing a table's shape is a migration's business, changing the
// server's configuration a person's.
constexpr Remedy kRemedies[] = {
    {"contract.ledger", mend_ledger},
    {"tenancy.design_roles", mend_roles},
    {"schema.application", mend_schema},
    {"schema.demo", mend_demo},
    {"schema.telemetry", mend_telemetry},
    {"schema.owner", mend_owner},
    {"migrations.at_head", mend_application_migrations},
    {"migrations.tenants_in_step", mend_tenant},
    {"tenancy.schema_per_tenant", mend_tenant},
    {"tenancy.role_per_tenant", mend_tenant},
    {"tenancy.rls_enabled", mend_row_security},
    {"tenancy.rls_forced", mend_row_security},
    {"tenancy.rls_bound_to_role", mend_policies},
    {"tenancy.guard_function", mend_guard},
    {"tenancy.grants", mend_grants},
    {"tenancy.no_create_no_temp", mend_grants},
    {"tenancy.limits", mend_limits},
    {"tenancy.strict_catalog", mend_strict_catalog},
    {"monitoring.pg_stat_statements", mend_extension},
};

// Tables that migrations make are worth nothing to tenants, and a danger, until these hold too.
constexpr std::string_view kFollowMigrations[] = {"tenancy.rls_enabled", "tenancy.rls_forced",
                                                  "tenancy.rls_bound_to_role", "tenancy.grants", "schema.owner"};

// What migrations of a bare cluster need to be there before them.
constexpr std::string_view kPrecedeMigrations[] = {"contract.ledger", "tenancy.design_roles", "schema.application",
                                                   "tenancy.guard_function"};

bool wanted(const Inputs& inputs, std::string_view clause) {
  if (inputs.only == "migrations" && std::ranges::find(kPrecedeMigrations, clause) != std::end(kPrecedeMigrations))
    return true;
  if (inputs.only == "migrations" && std::ranges::find(kFollowMigrations, clause) != std::end(kFollowMigrations))
    return true;
  return inputs.only.empty() || inputs.only == clause ||
         (clause.starts_with(inputs.only) && clause.substr(inputs.only.size()).starts_with('.'));
}

void mend(const Finding& finding, Draft& draft) {
  const auto* remedy = std::ranges::find(kRemedies, std::string_view(finding.clause), &Remedy::clause);
  if (remedy == std::end(kRemedies) || !finding.consider.empty())
    draft.add_manual(finding);
  else
    remedy->mend(finding, draft);
}

}  // namespace

void Draft::add(Phase phase, const Finding& finding, Step step) {
  step.clause = finding.clause;
  // A hash, not the statements: those of thousands of tenants need not be kept twice.
  std::size_t key = step.tenant ? std::hash<std::string>{}(step.tenant->hex()) : 0;
  for (const auto& word : step.program ? step.program->arguments : step.statements)
    key = (key ^ std::hash<std::string>{}(word)) * 0x9e3779b97f4a7c15;
  if (!seen_.insert(key).second) return;
  steps_.emplace_back(phase, std::move(step));
}

void Draft::add_fleet(const Finding& finding) {
  if (!fleet_clauses_.insert(finding.clause).second) return;
  for (const auto& step : inputs_.fleet)
    if (step.clause == finding.clause) steps_.emplace_back(Phase::Migrations, step);
}

void Draft::add_manual(const Finding& finding) {
  manual_.push_back({finding.clause, finding.subject.label(), finding.message, finding.consider});
}

Plan Draft::finish() && {
  std::ranges::stable_sort(steps_, {}, &std::pair<Phase, Step>::first);
  Plan plan;
  for (auto& [phase, step] : steps_) {
    step.number = static_cast<int>(plan.steps.size()) + 1;
    plan.steps.push_back(std::move(step));
  }
  plan.manual = std::move(manual_);
  plan.continues = std::move(continues_);
  return plan;
}

std::string migration_key(const std::vector<Text>& versions) {
  std::vector<Text> sorted = versions;
  std::ranges::sort(sorted);
  return fmt::format("{}", fmt::join(sorted, ","));
}

std::vector<std::string> needed_tenant_migrations(const Judged& judged, const Verdicts& verdicts,
                                                  const std::vector<NewTenant>& new_tenants) {
  std::vector<std::string> keys;
  const Observation& observation = judged.observation;
  if (!judged.contract.tenancy || !observation.migrations.tenant.present) return keys;
  const auto need = [&](std::string key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
  };
  if (!new_tenants.empty()) need("");
  bool any_missing = false;
  for (const char* clause : {"tenancy.schema_per_tenant", "tenancy.role_per_tenant"})
    if (const ClauseResult* result = verdicts.find(clause)) any_missing |= result->verdict == Verdict::Broken;
  for (const auto& tenant : tenancy::tenants(judged.contract, observation)) {
    const bool is_new = std::ranges::find(new_tenants, tenant.id, &NewTenant::id) != new_tenants.end();
    const bool registered = tenant.registered && tenant.registered->state != "deleted";
    if (registered && any_missing && !tenant.schema) need("");
    const VersionTable* table = is_new && tenant.schema ? observation.version_table_of(tenant.schema->oid) : nullptr;
    if (table && !table->versions.empty()) need(migration_key(table->versions));
  }
  return keys;
}

Plan make_plan(const Inputs& inputs) {
  Draft draft(inputs);
  for (const auto& result : inputs.verdicts.clauses) {
    if (inputs.only_new_tenants || !wanted(inputs, result.clause)) continue;
    for (const auto& finding : result.findings)
      if (!finding.is_waived()) mend(finding, draft);
  }
  for (const auto& tenant : inputs.new_tenants) onboard(tenant, draft);
  return std::move(draft).finish();
}

}  // namespace pgcontract::plan
