#include <fmt/format.h>

#include "command/bring.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_plan(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  if (arguments.has("--only")) PGC_CHECK(check_area_or_clause(arguments.get("--only")));
  PGC_TRY(const World world, look(place, dsn));
  Report report;
  report.command = "plan";
  report.scene = scene_of(place, dsn.describe(), &world);
  PGC_TRY(Planned planned, plan_now(place, dsn, world, Wish{"plan", arguments.get("--only"), {}, false, {}}));
  report.plan = std::move(planned.plan);
  for (const auto& [fact, reason] : world.observation.unreadable)
    report.notes.push_back(fmt::format("the plan may lack steps: the {} cannot be read: {}", to_string(fact), reason));
  if (!report.plan->empty()) report.next = {"pgcontract apply"};
  return report;
}

}  // namespace pgcontract::command
