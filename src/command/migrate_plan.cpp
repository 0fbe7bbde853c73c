#include "command/fleet.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_migrate_plan(const Arguments& arguments) {
  Arguments dry = arguments;
  dry.options["--dry-run"] = "";
  PGC_TRY(Report report, run_migrate_up(dry));
  report.command = "migrate plan";
  if (report.plan && !report.plan->empty()) report.next = {"pgcontract migrate up"};
  return report;
}

}  // namespace pgcontract::command
