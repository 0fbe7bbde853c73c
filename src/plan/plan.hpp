#pragma once
// Findings → Steps: how the cluster gets to the contract, in an order that works. Pure: no I/O, no clock. A finding
// without a safe automatic remedy becomes Plan::manual with the statement a person should consider.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/clause.hpp"
#include "model/step.hpp"

namespace pgcontract::plan {

// The tenant branch from one set of version rows to its heads, rendered by Alembic beforehand.
struct TenantMigration {
  std::vector<std::string> statements;  // applicable under a search_path of the tenant's schema
  std::string online_reason;            // not empty: cannot be replayed, run Alembic itself; why
};

// A tenant to be added by this plan.
struct NewTenant {
  Uuid id;
  std::string display_name;
};

struct Inputs {
  const Judged& judged;
  const Verdicts& verdicts;
  std::map<std::string, TenantMigration> tenant_migrations;  // by migration_key()
  std::vector<Step> fleet;                                   // of the application and of tenants that have a schema
  std::vector<NewTenant> new_tenants;
  bool only_new_tenants = false;  // findings are left alone
  std::string only;               // an area ("migrations") or a clause; empty: everything
};

// The version rows of one tenant as a key: sorted, joined by commas; "" is base.
std::string migration_key(const std::vector<Text>& versions);
// The keys a plan over these verdicts will need: one per group of tenants at the same place. Empty: nothing to render.
std::vector<std::string> needed_tenant_migrations(const Judged& judged, const Verdicts& verdicts,
                                                  const std::vector<NewTenant>& new_tenants);

Plan make_plan(const Inputs& inputs);

}  // namespace pgcontract::plan
