#pragma once
// The migrations of an apply as work for the fleet: which schemas of an observed world are behind, grouped and
// rendered. One path for apply, reset and migrate up. Values; building them starts Alembic.

#include "command/fleet.hpp"
#include "plan/plan.hpp"

namespace pgcontract::command {

struct FleetWork {
  std::vector<Group> groups;         // with scripts
  std::vector<Plan::Manual> manual;  // why some schemas cannot go on
  std::vector<Step> steps;           // of the plan, one for each part of each group
};
// What the broken clauses about migrations ask for; empty where they are kept, or left out by `only`.
Result<FleetWork> fleet_work(const Place& place, const postgres::Dsn& dsn, const World& world, const std::string& only);

// The tenants' history from `rows` to its head, as statements of one transaction that has search_path set.
plan::TenantMigration tenant_migration(const Place& place, const postgres::Dsn& dsn, const RevisionGraph& graph,
                                       const std::vector<std::string>& rows);

}  // namespace pgcontract::command
