#include <chrono>

#include "command/bring.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_apply(const Arguments& arguments) {
  if (arguments.has("--dry-run")) return run_plan(arguments);
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  if (arguments.has("--only")) PGC_CHECK(check_area_or_clause(arguments.get("--only")));
  PGC_TRY(const act::Options options, act_options(arguments, place, "apply"));
  PGC_TRY(Brought brought,
          bring(place, dsn, Wish{"apply", arguments.get("--only"), {}, false, {}}, options, arguments));
  Report report;
  report.command = "apply";
  report.scene = scene_of(place, dsn.describe(), &brought.world);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const bool stopped = brought.application.count(StepState::Failed) + brought.application.count(StepState::NotRun) > 0;
  // The rest is what no step may mend; an empty plan is how "nothing to change" is said.
  const bool changed = !brought.application.outcomes.empty();
  if (!stopped && (!changed || !brought.rest.manual.empty())) report.plan = std::move(brought.rest);
  if (changed) report.application = std::move(brought.application);
  report.next = {stopped ? "pgcontract apply" : "pgcontract verify"};
  return report;
}

}  // namespace pgcontract::command
