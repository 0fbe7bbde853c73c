#include <fmt/format.h>

#include "command/bring.hpp"
#include "command/list.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::command {
namespace {

Plan drops_of(const Place& place, const Observation& observation) {
  Plan plan;
  for (const Schema* schema : tenancy::governed_schemas(place.contract, observation)) {
    Step step;
    step.number = static_cast<int>(plan.steps.size()) + 1;
    step.clause = "reset";
    step.object = "schema " + quoted(schema->name);
    step.reason = "reset was asked for";
    step.statements = {fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", quoted(schema->name))};
    step.lock = "ACCESS EXCLUSIVE on everything in it";
    step.risk = Risk::Data;
    step.undo = "none: restore from a backup";
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

}  // namespace

Result<Report> run_reset(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  if (place.environment.production)
    return fail(ErrorCode::Usage,
                fmt::format("environment {} is production: reset would destroy its rows", place.environment.name),
                "Restore or migrate instead.");
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const act::Options options, act_options(arguments, place, "reset"));
  PGC_TRY(const World world, look(place, dsn));
  Plan drops = drops_of(place, world.observation);
  std::string names;
  for (std::size_t i = 0; i < drops.steps.size() && i < 8; ++i) names += (i ? ", " : "") + drops.steps[i].object;
  if (drops.steps.size() > 8) names += fmt::format(" and {} more", drops.steps.size() - 8);
  if (!drops.empty()) {
    PGC_TRY(const bool agreed,
            confirmed(arguments, fmt::format("Drop with all their rows, on {}: {}?", dsn.describe(), names)));
    if (!agreed) return fail(ErrorCode::Cancelled, "nothing was dropped");
  }
  PGC_TRY(Brought brought, bring(place, dsn, Wish{"reset", "", {}, false, std::move(drops)}, options, arguments));
  Report report;
  report.command = "reset";
  report.scene = scene_of(place, dsn.describe(), &brought.world);
  report.application = std::move(brought.application);
  report.next = {"pgcontract verify"};
  return report;
}

}  // namespace pgcontract::command
