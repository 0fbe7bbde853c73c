#include "command/fleet.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_migrate_up(const Arguments& arguments) {
  PGC_TRY(const Prepared prepared, prepare(arguments, /*to_move=*/true));
  const auto& [place, scope, histories] = prepared;
  const std::string target = arguments.positionals.empty() ? "head" : arguments.positionals[0];
  PGC_CHECK(check_target(target, scope, arguments));
  Movement movement;
  movement.command = "migrate up";
  movement.groups = [&](const postgres::Dsn&, const fleet::Survey& survey) -> Result<std::vector<Group>> {
    PGC_CHECK(check_schemas(survey, prepared.scope, prepared.place.contract));
    return make_groups(survey, prepared.histories, prepared.scope,
                       [&](const alembic::RevisionMap& map, const FleetSchema& schema) {
                         return alembic::upgrade_route(map, schema.rows, target);
                       });
  };
  PGC_TRY(Report report, move_fleet(arguments, place, movement));
  // New tables of the application are nobody's until the rest of the contract is applied to them.
  if (scope.application && report.application && report.next.front() == "pgcontract migrate status")
    report.next = {"pgcontract apply"};
  return report;
}

}  // namespace pgcontract::command
