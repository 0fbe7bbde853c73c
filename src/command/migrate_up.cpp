#include "command/fleet.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_migrate_up(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const Scope scope, scope_of(arguments, place.contract));
  const std::string target = arguments.positionals.empty() ? "head" : arguments.positionals[0];
  PGC_CHECK(check_target(target, scope, arguments));
  PGC_TRY(const Histories histories, read_histories(place.contract, scope));
  if (scope.application) PGC_CHECK(check_history(histories.application));
  if (scope.tenants) PGC_CHECK(check_history(histories.tenant));
  Movement movement;
  movement.command = "migrate up";
  movement.groups = [&](const fleet::Survey& survey) -> Result<std::vector<Group>> {
    PGC_CHECK(check_schemas(survey, scope, place.contract));
    return make_groups(survey, histories, scope, [&](const alembic::RevisionMap& map, const auto& rows) {
      return alembic::upgrade_route(map, rows, target);
    });
  };
  PGC_TRY(Report report, move_fleet(arguments, place, movement));
  // New tables of the application are nobody's until the rest of the contract is applied to them.
  if (scope.application && report.application && report.next.front() == "pgcontract migrate status")
    report.next = {"pgcontract apply"};
  return report;
}

}  // namespace pgcontract::command
