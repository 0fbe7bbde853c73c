#pragma once
// Bringing a cluster to the contract: observe, judge, plan, act, again and again until nothing is left, all under the
// advisory lock. The one path behind apply, reset and tenant add.

#include <optional>
#include <string>
#include <vector>

#include "act/act.hpp"
#include "command/world.hpp"
#include "plan/plan.hpp"

namespace pgcontract::command {

struct Wish {
  std::string command;                       // for the journal: "apply"
  std::string only;                          // area or clause; empty: everything
  std::vector<plan::NewTenant> new_tenants;  // to onboard
  bool only_new_tenants = false;
  std::optional<Plan> first;  // run before the first look (reset's drops)
};

// The plan as things stand; runs Alembic to render what tenants need.
Result<Plan> plan_now(const Place& place, const World& world, const Wish& wish);

struct Brought {
  Application application;  // of all rounds
  World world;              // as it is at the end
  Plan rest;                // what no step mends, or what is left after a failure
};
Result<Brought> bring(const Place& place, const postgres::Dsn& dsn, const Wish& wish, const act::Options& options,
                      const Arguments& arguments);

// From --lock-timeout, --wait, --workers and the contract.
Result<act::Options> act_options(const Arguments& arguments, const Place& place, std::string command);

// For environments marked production: shows the plan and asks. True: go on.
Result<bool> production_agreed(const Arguments& arguments, const Place& place, const Plan& plan,
                               const std::string& target);

}  // namespace pgcontract::command
