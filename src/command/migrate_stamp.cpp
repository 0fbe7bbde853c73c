#include "command/fleet.hpp"
#include "command/fleet_proof.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_migrate_stamp(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const Scope scope, scope_of(arguments, place.contract));
  const std::string target = arguments.positionals.at(0);
  if (!arguments.has("--application") && !arguments.has("--tenants"))
    return fail(ErrorCode::Usage, "say which history is stamped", "Add --application, or --tenants ID.");
  PGC_TRY(const Histories histories, read_histories(place.contract, scope));
  if (scope.application) PGC_CHECK(check_history(histories.application));
  if (scope.tenants) PGC_CHECK(check_history(histories.tenant));
  Movement movement;
  movement.command = "migrate stamp";
  movement.destroys = true;
  movement.renders = movement.proves = false;
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  movement.groups = [&](const fleet::Survey& survey) -> Result<std::vector<Group>> {
    auto groups = make_groups(survey, histories, scope, [&](const alembic::RevisionMap& map, const auto& rows) {
      return alembic::stamp_route(map, rows, target);
    });
    for (auto& group : groups)
      if (!group.error) group.script = fleet::stamp_script(group.rows, group.route);
    if (!arguments.has("--force")) PGC_CHECK(check_stamps(place, dsn, survey, groups));
    return groups;
  };
  return move_fleet(arguments, place, movement);
}

}  // namespace pgcontract::command
