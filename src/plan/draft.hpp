#pragma once
// A plan in the making: remedies add steps to phases, in any order; make_plan() puts them in sequence. Private to
// plan/.

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/finding.hpp"
#include "plan/plan.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::plan {

// In the order in which they run; each relies on the ones before it.
enum class Phase {
  Roles,   // everything else is owned by or granted to them
  Ledger,  // from here on steps are journalled
  Guard,   // policies call the functions
  Database,
  Schemas,
  Extensions,
  Migrations,  // creates the tables that the later phases protect
  Owners,
  RowSecurity,
  Grants,
  Tenants,
  TenantGrants,  // to roles that the tenants' steps bring back
  Seeds,
};

class Draft {
 public:
  explicit Draft(const Inputs& inputs)
      : inputs_(inputs), tenants_(tenancy::tenants(inputs.judged.contract, inputs.judged.observation)) {}

  const Contract& contract() const { return inputs_.judged.contract; }
  const Observation& observation() const { return inputs_.judged.observation; }
  const Inputs& inputs() const { return inputs_; }
  const std::vector<tenancy::TenantState>& tenants() const { return tenants_; }
  bool server_is_at_least(int major) const { return observation().server.version_num >= major * 10000; }

  // A step that mends `finding`. One with the same statements is added once.
  void add(Phase phase, const Finding& finding, Step step);
  // The fleet's steps for the finding's clause, once.
  void add_fleet(const Finding& finding);
  void add_manual(const Finding& finding);
  void set_continues(std::string text) { continues_ = std::move(text); }

  Plan finish() &&;

 private:
  const Inputs& inputs_;
  std::vector<tenancy::TenantState> tenants_;  // sorted by id
  std::vector<std::pair<Phase, Step>> steps_;
  std::unordered_set<std::size_t> seen_;  // hashes of their statements
  std::unordered_set<std::string> fleet_clauses_;
  std::vector<Plan::Manual> manual_;
  std::string continues_;
};

// What each group of clauses does about its findings. Each is given every unwaived finding of its clauses, one by one.
void mend_roles(const Finding& finding, Draft& draft);
void mend_ledger(const Finding& finding, Draft& draft);
void mend_guard(const Finding& finding, Draft& draft);
void mend_schema(const Finding& finding, Draft& draft);
void mend_telemetry(const Finding& finding, Draft& draft);
void mend_demo(const Finding& finding, Draft& draft);
void mend_owner(const Finding& finding, Draft& draft);
void mend_extension(const Finding& finding, Draft& draft);
void mend_application_migrations(const Finding& finding, Draft& draft);
void mend_row_security(const Finding& finding, Draft& draft);
void mend_policies(const Finding& finding, Draft& draft);
void mend_grants(const Finding& finding, Draft& draft);
void mend_tenant(const Finding& finding, Draft& draft);
void mend_limits(const Finding& finding, Draft& draft);
void mend_strict_catalog(const Finding& finding, Draft& draft);
// The statements that give a tenant's role its limits, for onboarding too.
void add_limits(const Draft& draft, const Uuid& tenant, Step& step);
void onboard(const NewTenant& tenant, Draft& draft);

}  // namespace pgcontract::plan
