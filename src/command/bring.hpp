#pragma once
// Bringing a cluster to the contract: observe, judge, plan, act, again and again until nothing is left, all under the
// advisory lock. The one path behind apply and reset; acts on tenants take one round of it.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "act/act.hpp"
#include "command/fleet_of_world.hpp"
#include "command/world.hpp"
#include "plan/plan.hpp"

namespace pgcontract::command {

struct Wish {
  std::string command;                       // for the journal: "apply"
  std::string only;                          // area or clause; empty: everything
  std::vector<plan::NewTenant> new_tenants;  // to onboard
  bool only_new_tenants = false;             // findings are left alone
  std::optional<Plan> first;                 // run before the first look (reset's drops)
};

// The plan as things stand; runs Alembic to render what the application and tenants need.
struct Planned {
  Plan plan;
  FleetWork fleet;  // behind the plan's steps that are the fleet's
};
Result<Planned> plan_now(const Place& place, const postgres::Dsn& dsn, const World& world, const Wish& wish);

struct Brought {
  Application application;  // of all rounds
  World world;              // as it is at the end
  Plan rest;                // what no step mends, or what is left after a failure
};
Result<Brought> bring(const Place& place, const postgres::Dsn& dsn, const Wish& wish, const act::Options& options,
                      const Arguments& arguments);

// One plan, made from a look under the lock, done once, and looked at again: the acts on tenants. `make_plan` may ask.
using Planner = std::function<Result<Plan>(const World& world)>;
Result<Brought> carry_out(const Place& place, const postgres::Dsn& dsn, const Planner& make_plan,
                          const act::Options& options, const Arguments& arguments);

// From --lock-timeout, --wait, --workers and the contract.
Result<act::Options> act_options(const Arguments& arguments, const Place& place, std::string command);

// For environments marked production: shows the plan and asks. True: go on.
Result<bool> production_agreed(const Arguments& arguments, const Place& place, const Plan& plan,
                               const std::string& target);

}  // namespace pgcontract::command
